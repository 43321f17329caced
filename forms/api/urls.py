from __future__ import annotations

from bosonline.api.paths import both
from forms.api import views as v
from forms.api.onboarding import OnboardingView

buyer_patterns = [
    *both("checkout/forms/<slug:slug>", v.CheckoutFormView.as_view()),
    *both("checkout/rates", v.RatesView.as_view()),
    *both("checkout/abandoned", v.AbandonedView.as_view()),
    *both("checkout/abandoned/<str:token>", v.AbandonedUpdateView.as_view()),
    *both("checkout/views", v.ViewsView.as_view()),
    *both("checkout/whatsapp/validate", v.WhatsAppCheckoutView.as_view()),
]

urlpatterns = [
    *buyer_patterns,
    *both("store/onboarding", OnboardingView.as_view()),
    *both("store/forms", v.FormsView.as_view()),
    *both("store/forms/<int:pk>", v.FormView.as_view()),
    *both("store/forms/<int:pk>/status", v.FormStatusView.as_view()),
    *both("store/shipping/rates", v.StoreRatesView.as_view()),
    *both("store/whatsapp/validate", v.WhatsAppStoreView.as_view()),
]
