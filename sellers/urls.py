from __future__ import annotations

from django.urls import path

from sellers.views import auth, store

urlpatterns = [
    path("masuk", auth.LoginPage.as_view(), name="login"),
    path("masuk/kode", auth.LoginCodePage.as_view(), name="login-code"),
    path("kata-sandi/lupa", auth.ForgotPage.as_view(), name="forgot-password"),
    path("kata-sandi/baru", auth.ResetPage.as_view(), name="reset-password"),
    path("konfirmasi-email", auth.ConfirmEmailPage.as_view(), name="confirm-email"),
    path("undangan", auth.InvitationPage.as_view(), name="invitation"),
    path("daftar", auth.RegisterPage.as_view(), name="register"),
    path("keluar", auth.LogoutPage.as_view(), name="logout"),
    path("bahasa", auth.set_language, name="set-language"),
    path("toko/ganti", auth.StoreSwitchPage.as_view(), name="store-switch"),
    path("toko/alamat/cek", store.SubdomainCheckPage.as_view(), name="subdomain-check"),
]
