from __future__ import annotations

from bosonline.api.paths import both
from orders.api import views as v
from orders.money import api as money

buyer_patterns = [
    *both("checkout/orders", v.CheckoutOrdersView.as_view()),
    *both("checkout/orders/<str:token>/payment-method", v.CheckoutMethodView.as_view()),
    *both("checkout/orders/<str:token>/qris", v.CheckoutQrisView.as_view()),
]

urlpatterns = [
    *both("store/orders", v.OrdersView.as_view()),
    *both("store/orders/recap", v.OrderRecapView.as_view()),
    *both("store/orders/status", v.OrderStatusView.as_view()),
    *both("store/orders/shipments", v.ShipmentsView.as_view()),
    *both("store/orders/download", v.OrdersDownloadView.as_view()),
    *both("store/exports", v.ExportsView.as_view()),
    *both("store/exports/<int:pk>", v.ExportView.as_view()),
    *both("store/exports/<int:pk>/file", v.ExportFileView.as_view()),
    *both("store/orders/invoices", v.InvoicesView.as_view()),
    *both("store/orders/<int:pk>", v.OrderView.as_view()),
    *both("store/orders/<int:pk>/follow-ups", v.FollowUpsView.as_view()),
    *both("store/orders/<int:pk>/confirm-payment", money.ConfirmPaymentView.as_view()),
    *both("store/orders/<int:pk>/receipts", money.ReceiptsView.as_view()),
    *both("store/orders/<int:pk>/receipts/<int:receipt>/take-back", money.TakeBackView.as_view()),
    *both("store/orders/<int:pk>/payment-method", v.OrderMethodView.as_view()),
    *both("store/orders/<int:pk>/shipping", v.OrderShippingView.as_view()),
    *both("store/order/tracking", v.TrackingView.as_view()),
    *both("payments/winpay", v.WinpayView.as_view()),
]
