from __future__ import annotations

from django.urls import path

from forms.views import onboarding
from forms.views import pages as v

urlpatterns = [
    path("onboarding", onboarding.OnboardingPage.as_view(), name="onboarding"),
    path("onboarding/selesai", onboarding.OnboardingDonePage.as_view(), name="onboarding-done"),
    path("onboarding/<slug:step>", onboarding.OnboardingPage.as_view(), name="onboarding-step"),
    path("form", v.FormListPage.as_view(), name="forms"),
    path("form/baru", v.FormEditPage.as_view(), name="form-new"),
    path("form/<int:pk>", v.FormEditPage.as_view(), name="form-edit"),
    path("form/<int:pk>/status", v.FormStatusPage.as_view(), name="form-status"),
]
