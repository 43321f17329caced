from __future__ import annotations

from django.urls import path, re_path
from django.views.generic import RedirectView

from orders.actions import ON_ONE
from orders.views import buyer, callbacks
from orders.views import pages as v

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="home")),
    path("beranda", v.HomePage.as_view(), name="home"),
    path("pesanan", v.OrderListPage.as_view(), name="orders"),
    path("pesanan/baru", v.NewOrdersCount.as_view(), name="orders-new-count"),
    path("pesanan/massal/<slug:action>", v.BulkAction.as_view(), name="orders-bulk"),
    path("pesanan/<int:pk>", v.OrderDetailPage.as_view(), name="order-detail"),
    *(path(f"pesanan/<int:pk>/{a.path}", v.OrderActionPage.as_view(action=a), name=f"order-{a.key}") for a in ON_ONE),
    path("pesanan/<int:pk>/bukti", v.OrderProofPage.as_view(), name="order-proof"),
    path("pesanan/<int:pk>/whatsapp", v.OrderWhatsApp.as_view(), name="order-whatsapp"),
    path("pesanan/<int:pk>/label.pdf", v.LabelPdf.as_view(), name="order-label"),
    path("pesanan/<int:pk>/invoice.pdf", v.InvoicePdf.as_view(), name="order-invoice"),
    path("follow-up/<int:pk>", v.FollowUpResult.as_view(), name="followup-result"),
    path("antrean", v.QueuePage.as_view(), name="cs-queue"),
    path("notifikasi", v.NotificationsPage.as_view(), name="notifications"),
    path("notifikasi/<int:pk>", v.NotificationOpen.as_view(), name="notification-open"),
    path("cari", v.SearchPage.as_view(), name="search"),
    re_path(r"^theme/(?P<colour>[0-9a-f]{6})\.css$", buyer.theme_css, name="theme-css"),
    path("callbacks/winpay/v1.0/transfer-va/payment", callbacks.winpay_va),
    path("callbacks/winpay/v1.0/qr/qr-mpm-notify", callbacks.winpay_qr),
    path("callbacks/boscod", callbacks.boscod),
]
