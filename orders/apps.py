from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        # registers the outbox handlers
        from forms.ports import count_orders_with
        from orders import exports  # noqa: F401 - registers its job
        from orders.queries import orders_of_forms
        from orders.services import callbacks, events, payments, shipping  # noqa: F401 - imported for their handlers

        count_orders_with(orders_of_forms)
