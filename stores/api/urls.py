from __future__ import annotations

from bosonline.api.paths import both
from stores.api import notifications as n
from stores.api import views as v

urlpatterns = [
    *both("store", v.StoreView.as_view()),
    *both("store/subdomain/check", v.SubdomainCheckView.as_view()),
    *both("store/subdomain", v.SubdomainView.as_view()),
    *both("store/warehouses", v.WarehouseCreateView.as_view()),
    *both("profile/warehouses", v.WarehouseListView.as_view()),
    *both("regions", v.RegionView.as_view()),
    *both("regions/provinces", v.ProvinceView.as_view()),
    *both("store/shipping/areas", v.ShippingAreaView.as_view()),
    *both("banks", v.BankListView.as_view()),
    *both("store/bank-accounts", v.BankAccountsView.as_view()),
    *both("store/bank-accounts/<int:pk>", v.BankAccountView.as_view()),
    *both("store/couriers", v.CourierListView.as_view()),
    *both("store/notifications", n.NotificationsView.as_view()),
    *both("store/notifications/preferences", n.PreferencesView.as_view()),
    *both("store/announcements", n.AnnouncementsView.as_view()),
    *both("store/announcements/<int:pk>/dismiss", n.DismissView.as_view()),
    *both("store/tips", n.TipsView.as_view()),
    *both("store/bospay/balance", v.BosPayView.as_view()),
]
