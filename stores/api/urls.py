from __future__ import annotations

from bosonline.api.paths import both
from stores.api import bank_accounts, domains, warehouses
from stores.api import notifications as n
from stores.api import views as v

urlpatterns = [
    *both("store", v.StoreView.as_view()),
    *both("store/subdomain/check", domains.SubdomainCheckView.as_view()),
    *both("store/subdomain", domains.SubdomainView.as_view()),
    *both("store/logo", v.LogoView.as_view()),
    *both("store/domains", domains.DomainsView.as_view()),
    *both("store/domains/default", domains.DefaultDomainView.as_view()),
    *both("store/domains/<int:pk>", domains.DomainView.as_view()),
    *both("store/domains/<int:pk>/verify", domains.DomainVerifyView.as_view()),
    *both("store/warehouses", warehouses.WarehouseCreateView.as_view()),
    *both("profile/warehouses", warehouses.WarehouseListView.as_view()),
    *both("profile/warehouses/<int:pk>", warehouses.WarehouseView.as_view()),
    *both("profile/warehouses/<int:pk>/default", warehouses.DefaultWarehouseView.as_view()),
    *both("store/shipping/warehouses", warehouses.WarehouseRegisterView.as_view()),
    *both("regions/provinces", v.ProvinceView.as_view()),
    *both("store/shipping/areas", v.ShippingAreaView.as_view()),
    *both("banks", bank_accounts.BankListView.as_view()),
    *both("store/bank-accounts", bank_accounts.BankAccountsView.as_view()),
    *both("store/bank-accounts/<int:pk>", bank_accounts.BankAccountView.as_view()),
    *both("store/bank-accounts/<int:pk>/status", bank_accounts.BankAccountStatusView.as_view()),
    *both("store/couriers", v.CourierListView.as_view()),
    *both("store/notifications", n.NotificationsView.as_view()),
    *both("store/notifications/preferences", n.PreferencesView.as_view()),
    *both("store/announcements", n.AnnouncementsView.as_view()),
    *both("store/announcements/<int:pk>/dismiss", n.DismissView.as_view()),
    *both("store/tips", n.TipsView.as_view()),
    *both("store/bospay/balance", v.BosPayView.as_view()),
]
