from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        # registers the outbox handlers
        from orders import exports  # noqa: F401 - registers its job
        from orders.services import callbacks, events, payments, shipping  # noqa: F401 - imported for their handlers
