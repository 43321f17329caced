from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from bosonline import guards
        from catalog.queries import warehouse_holds_stock

        guards.guard("warehouse.delete", warehouse_holds_stock)
