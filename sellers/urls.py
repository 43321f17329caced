from __future__ import annotations

from django.urls import path

from sellers.views import auth, own_stores, people, profile, store
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
    path("toko/baru", own_stores.StoreNewPage.as_view(), name="store-new"),
    path("pengumuman/<int:pk>/tutup", store.AnnouncementClosePage.as_view(), name="announcement-close"),
    path("unduhan", own_stores.DownloadsPage.as_view(), name="downloads"),
    path("unduhan/<int:pk>", own_stores.DownloadFilePage.as_view(), name="download-file"),
    path("unduhan/<int:pk>/batal", own_stores.DownloadCancelPage.as_view(), name="download-cancel"),
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
    path("pengaturan/karyawan", people.StaffListPage.as_view(), name="settings-staff"),
    path("pengaturan/karyawan/baru", people.StaffEditPage.as_view(), name="settings-staff-new"),
    path("pengaturan/karyawan/massal/<slug:action>", people.StaffBulkPage.as_view(), name="settings-staff-bulk"),
    path("pengaturan/karyawan/<int:pk>", people.StaffEditPage.as_view(), name="settings-staff-edit"),
    path("pengaturan/karyawan/<int:pk>/<slug:action>", people.StaffAction.as_view(), name="settings-staff-action"),
    path(
        "pengaturan/undangan/<int:pk>/<slug:action>",
        people.InvitationAction.as_view(),
        name="settings-staff-invitation",
    ),
    path("pengaturan/peran", people.RoleListPage.as_view(), name="settings-roles"),
    path("pengaturan/peran/baru", people.RoleEditPage.as_view(), name="settings-roles-new"),
    path("pengaturan/peran/<int:pk>", people.RoleEditPage.as_view(), name="settings-roles-edit"),
    path("pengaturan/peran/<int:pk>/hapus", people.RoleDeletePage.as_view(), name="settings-roles-delete"),
    path("pengaturan/kepemilikan", own_stores.OwnershipPage.as_view(), name="settings-ownership"),
    path("pengaturan/kepemilikan/keluar", own_stores.StoreLeavePage.as_view(), name="settings-ownership-leave"),
    path("pengaturan/profil", profile.ProfilePage.as_view(), name="settings-profile"),
    path("pengaturan/profil/konfirmasi", profile.ConfirmAgainPage.as_view(), name="settings-profile-confirm"),
    path("pengaturan/keamanan", profile.SecurityPage.as_view(), name="settings-security"),
    path("pengaturan/keamanan/dua-langkah", profile.SecondFactorPage.as_view(), name="settings-security-factor"),
    path(
        "pengaturan/keamanan/dua-langkah/<slug:action>",
        profile.SecondFactorChangePage.as_view(),
        name="settings-security-change",
    ),
    path("pengaturan/sesi", profile.SessionsPage.as_view(), name="settings-sessions"),
    path("pengaturan/sesi/akhiri", profile.SessionEndPage.as_view(), name="settings-sessions-end-others"),
    path("pengaturan/sesi/<int:pk>/akhiri", profile.SessionEndPage.as_view(), name="settings-sessions-end"),
    path("pengaturan/notifikasi", profile.NotificationSettingsPage.as_view(), name="settings-notifications"),
    path("pengaturan/hapus-akun", profile.DeletionPage.as_view(), name="settings-deletion"),
]
