from __future__ import annotations

from django.urls import path, re_path

from orders.views import buyer

urlpatterns = [
    path("", buyer.home, name="buyer-home"),
    re_path(r"^theme/(?P<colour>[0-9a-f]{6})\.css$", buyer.theme_css, name="theme-css"),
    path("o/<str:token>", buyer.OrderPage.as_view(), name="buyer-order"),
    path("o/<str:token>/bukti", buyer.order_proof, name="buyer-order-proof"),
    path("o/<str:token>/status", buyer.order_status, name="buyer-order-status"),
    path("<slug:slug>/kabari", buyer.RestockPage.as_view(), name="buyer-restock"),
    path("<slug:slug>", buyer.order_form, name="buyer-form"),
]
