from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from bosonline import guards, outbox
        from bosonline.sqlfunctions import install_after_migrate
        from orders.services.erasure import store_erase
        from orders.services.staff import hand_over, open_orders_of
        from sellers import ports
        from stores.notices import register_orders_of

        post_migrate.connect(install_after_migrate, sender=self)
        ports.register_staff_work(ports.StaffWork("orders", open_orders_of, hand_over))
        ports.register_erasure("orders", store_erase)
        # registers the outbox handlers
        from catalog import ports as catalog_ports
        from forms.ports import count_orders_with
        from orders import (
            documents,  # noqa: F401 - registers its job
            exports,  # noqa: F401 - registers its job
            notices,  # noqa: F401 - declares its kinds
            stock_uses,
        )
        from orders.lists import orders_seen_by
        from orders.money import clocks, moves, ways  # noqa: F401 - imported for their handlers
        from orders.queries import order_count_of_form, orders_of_forms, warehouse_has_open_orders
        from orders.services import callbacks, events, shipping  # noqa: F401
        from orders.services.status import on_move

        # of the buyers' lane (6 at once): a slow Winpay leaves room for the messages about money that came
        outbox.limit_topics(4, "payment.create")
        outbox.limit_topics(1, "payment.close")
        on_move(moves.money_follows_move)
        catalog_ports.register_uses("order", stock_uses.uses_of)
        catalog_ports.register_order_names(stock_uses.order_names)
        register_orders_of(orders_seen_by)
        for action in ("warehouse.delete", "warehouse.deactivate"):
            guards.guard(action, warehouse_has_open_orders)
        count_orders_with(orders_of_forms, order_count_of_form)
