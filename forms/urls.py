from __future__ import annotations

from django.urls import path, re_path

from forms.views import editor, onboarding
from forms.views import pages as v

urlpatterns = [
    path("onboarding", onboarding.OnboardingPage.as_view(), name="onboarding"),
    path("onboarding/selesai", onboarding.OnboardingDonePage.as_view(), name="onboarding-done"),
    path("onboarding/sembunyikan", onboarding.SetupHidePage.as_view(), name="setup-hide"),
    path("onboarding/<slug:step>", onboarding.OnboardingPage.as_view(), name="onboarding-step"),
    path("form", v.FormListPage.as_view(), name="forms"),
    path("form/baru", v.FormNewPage.as_view(), name="form-new"),
    path("terbengkalai", v.AbandonedPage.as_view(), name="form-abandoned"),
    path("daftar-hitam", v.BlocklistPage.as_view(), name="order-blocklist"),
    path("form/konversi", v.EventsPage.as_view(), name="form-events"),
    path("form/massal/<slug:action>", v.FormBulkPage.as_view(), name="form-bulk"),
    path("form/<int:pk>", editor.EditorPage.as_view(), name="form-edit"),
    path("form/<int:pk>/draf", editor.DraftPage.as_view(), name="form-draft"),
    path("form/<int:pk>/pratinjau", editor.PreviewPage.as_view(), name="form-preview"),
    path("form/<int:pk>/uji", editor.TestOrderPage.as_view(), name="form-test"),
    path("form/<int:pk>/periksa", editor.DoctorPage.as_view(), name="form-doctor"),
    path("form/<int:pk>/versi", editor.VersionsPage.as_view(), name="form-versions"),
    path("form/<int:pk>/gambar", editor.ImagePage.as_view(), name="form-image"),
    path("form/<int:pk>/token", editor.TokenPage.as_view(), name="form-token"),
    re_path(r"^form/(?P<pk>\d{1,18})/qr\.(?P<kind>png|svg)$", editor.QrPage.as_view(), name="form-qr"),
    path("form/<int:pk>/menunggu", v.WaitingPage.as_view(), name="form-waiting"),
    path("form/<int:pk>/status", v.FormStatusPage.as_view(), name="form-status"),
    path("form/<int:pk>/sukses", v.SuccessEditPage.as_view(), name="form-success"),
    path("form/<int:pk>/sukses/pratinjau", v.SuccessPreviewPage.as_view(), name="form-success-preview"),
    path("form/<int:pk>/sukses/host", v.HostsPage.as_view(), name="form-hosts"),
]
