from __future__ import annotations

from bosonline.api.paths import both
from stores.api import notifications as n
from stores.api import views as v

urlpatterns = [
    *both("store", v.StoreView.as_view()),
    *both("store/subdomain/check", v.SubdomainCheckView.as_view()),
    *both("store/subdomain", v.SubdomainView.as_view()),
    *both("store/logo", v.LogoView.as_view()),
    *both("store/domains", v.DomainsView.as_view()),
    *both("store/domains/default", v.DefaultDomainView.as_view()),
    *both("store/domains/<int:pk>", v.DomainView.as_view()),
    *both("store/domains/<int:pk>/verify", v.DomainVerifyView.as_view()),
    *both("store/warehouses", v.WarehouseCreateView.as_view()),
    *both("profile/warehouses", v.WarehouseListView.as_view()),
    *both("profile/warehouses/<int:pk>", v.WarehouseView.as_view()),
    *both("profile/warehouses/<int:pk>/default", v.DefaultWarehouseView.as_view()),
    *both("store/shipping/warehouses", v.WarehouseRegisterView.as_view()),
    *both("regions", v.RegionView.as_view()),
    *both("regions/provinces", v.ProvinceView.as_view()),
    *both("store/shipping/areas", v.ShippingAreaView.as_view()),
    *both("banks", v.BankListView.as_view()),
    *both("store/bank-accounts", v.BankAccountsView.as_view()),
    *both("store/bank-accounts/<int:pk>", v.BankAccountView.as_view()),
    *both("store/bank-accounts/<int:pk>/status", v.BankAccountStatusView.as_view()),
    *both("store/couriers", v.CourierListView.as_view()),
    *both("store/notifications", n.NotificationsView.as_view()),
    *both("store/notifications/preferences", n.PreferencesView.as_view()),
    *both("store/announcements", n.AnnouncementsView.as_view()),
    *both("store/announcements/<int:pk>/dismiss", n.DismissView.as_view()),
    *both("store/tips", n.TipsView.as_view()),
    *both("store/bospay/balance", v.BosPayView.as_view()),
]
