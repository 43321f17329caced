from __future__ import annotations

from bosonline.api.paths import both
from forms.api import seller
from forms.api import views as v
from forms.api.abandoned import AbandonedListView, AbandonedStatusView
from forms.api.onboarding import OnboardingView

buyer_patterns = [
    *both("checkout/forms/<slug:slug>", v.CheckoutFormView.as_view()),
    *both("checkout/rates", v.RatesView.as_view()),
    *both("checkout/vouchers", v.CheckoutVouchersView.as_view()),
    *both("checkout/forget", v.ForgetView.as_view()),
    *both("checkout/abandoned", v.AbandonedView.as_view()),
    *both("checkout/abandoned/<str:token>", v.AbandonedUpdateView.as_view()),
    *both("checkout/views", v.ViewsView.as_view()),
    *both("checkout/whatsapp/validate", v.WhatsAppCheckoutView.as_view()),
]

urlpatterns = [
    *both("store/forms", seller.FormsView.as_view()),
    *both("store/forms/download", seller.FormsDownloadView.as_view()),
    *both("store/forms/duplicate", seller.DuplicateBatchView.as_view()),
    *both("store/forms/redirect-hosts", seller.RedirectHostsView.as_view()),
    *both("store/forms/redirect-hosts/<int:pk>", seller.RedirectHostView.as_view()),
    *both("store/forms/abandoned", AbandonedListView.as_view()),
    *both("store/forms/abandoned/<int:pk>", AbandonedStatusView.as_view()),
    *both("store/forms/pixel-tokens", seller.PixelTokensView.as_view()),
    *both("store/forms/pixel-tokens/<int:pk>", seller.PixelTokenView.as_view()),
    *both("store/forms/events", seller.EventsView.as_view()),
    *both("store/forms/blocklist", seller.BlocklistView.as_view()),
    *both("store/forms/blocklist/<int:pk>", seller.BlockEntryView.as_view()),
    *both("store/forms/<int:pk>/doctor", seller.DoctorView.as_view()),
    *both("store/forms/<int:pk>/test-link", seller.TestLinkView.as_view()),
    *both("store/forms/<int:pk>", seller.FormView.as_view()),
    *both("store/forms/<int:pk>/status", seller.FormStatusView.as_view()),
    *both("store/forms/<int:pk>/success-page", seller.SuccessPageView.as_view()),
    *both("store/forms/<int:pk>/duplicate", seller.DuplicateView.as_view()),
    *both("store/forms/<int:pk>/versions", seller.VersionsView.as_view()),
    *both("store/forms/<int:pk>/versions/<int:number>/restore", seller.VersionRestoreView.as_view()),
    *both("store/forms/<int:pk>/qr", seller.FormQrView.as_view()),
    *both("store/onboarding", OnboardingView.as_view()),
    *both("store/shipping/rates", v.StoreRatesView.as_view()),
    *both("store/whatsapp/validate", v.WhatsAppStoreView.as_view()),
]
