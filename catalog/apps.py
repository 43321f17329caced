from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from bosonline import changes, guards
        from catalog import (
            exports,  # noqa: F401 - registers its job
            notices,  # noqa: F401 - declares its kinds
        )
        from catalog.queries import warehouse_holds_stock
        from catalog.services import imports  # noqa: F401 - registers its jobs
        from catalog.services.erasure import store_erase
        from catalog.services.stock import levels_for_warehouses
        from catalog.services.stock_alerts import levels_review
        from sellers import ports

        changes.subscribe("warehouse", levels_for_warehouses)
        changes.subscribe("store", levels_review)
        guards.guard("warehouse.delete", warehouse_holds_stock)
        ports.register_erasure("catalog", store_erase)
