from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from bosonline import changes
        from catalog.services.stock import levels_for_warehouses

        changes.subscribe("warehouse", levels_for_warehouses)
