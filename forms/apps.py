from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "forms"

    def ready(self) -> None:
        from bosonline import changes, guards
        from catalog import ports as catalog_ports
        from forms import (
            exports,  # noqa: F401 - registers its job
            notices,  # noqa: F401 - declares its kinds
        )
        from forms.queries import uses_of_products, warehouse_needed_by_forms
        from forms.services import conversions  # noqa: F401 - registers its outbox handler
        from forms.services.erasure import store_erase
        from forms.services.forms import products_changed, store_changed
        from forms.services.restock import stock_changed
        from sellers import ports

        ports.register_erasure("forms", store_erase)
        changes.subscribe("product", products_changed)
        changes.subscribe("store", store_changed)
        changes.subscribe("stock", stock_changed)
        catalog_ports.register_uses("form", uses_of_products)
        for action in ("warehouse.delete", "warehouse.deactivate"):
            guards.guard(action, warehouse_needed_by_forms)
