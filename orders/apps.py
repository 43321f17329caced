from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        # registers the outbox handlers
        from catalog import ports
        from orders import (
            exports,  # noqa: F401 - registers its job
            stock_uses,
        )
        from orders.services import callbacks, events, payments, shipping  # noqa: F401 - imported for their handlers

        ports.register_uses("order", stock_uses.uses_of)
        ports.register_order_names(stock_uses.order_names)
