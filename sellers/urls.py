from __future__ import annotations

from django.urls import path

from sellers.views import auth, store
from sellers.views import settings_bank_accounts as accounts
from sellers.views import settings_domain as domains
from sellers.views import settings_store as shop
from sellers.views import settings_warehouses as warehouses

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
    path("pengaturan", shop.SettingsIndexPage.as_view(), name="settings"),
    path("pengaturan/toko", shop.StoreSettingsPage.as_view(), name="settings-store"),
    path("pengaturan/toko/logo", shop.LogoPage.as_view(), name="settings-store-logo"),
    path("pengaturan/domain", domains.DomainSettingsPage.as_view(), name="settings-domain"),
    path("pengaturan/domain/alamat", domains.SubdomainSettingsPage.as_view(), name="settings-domain-subdomain"),
    path("pengaturan/domain/<int:pk>/<slug:action>", domains.DomainAction.as_view(), name="settings-domain-action"),
    path("pengaturan/gudang", warehouses.WarehouseListPage.as_view(), name="settings-warehouses"),
    path("pengaturan/gudang/baru", warehouses.WarehouseEditPage.as_view(), name="settings-warehouses-new"),
    path("pengaturan/gudang/<int:pk>", warehouses.WarehouseEditPage.as_view(), name="settings-warehouses-edit"),
    path(
        "pengaturan/gudang/<int:pk>/<slug:action>",
        warehouses.WarehouseAction.as_view(),
        name="settings-warehouses-action",
    ),
    path("pengaturan/rekening", accounts.BankAccountListPage.as_view(), name="settings-bank-accounts"),
    path("pengaturan/rekening/baru", accounts.BankAccountNewPage.as_view(), name="settings-bank-accounts-new"),
    path("pengaturan/rekening/<int:pk>", accounts.BankAccountEditPage.as_view(), name="settings-bank-accounts-edit"),
    path(
        "pengaturan/rekening/<int:pk>/<slug:action>",
        accounts.BankAccountAction.as_view(),
        name="settings-bank-accounts-action",
    ),
]
