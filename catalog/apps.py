from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from bosonline import changes
        from catalog import exports  # noqa: F401 - registers its job
        from catalog.services import imports  # noqa: F401 - registers its jobs
        from catalog.services.erasure import store_erase
        from catalog.services.stock import levels_for_warehouses
        from sellers import ports

        changes.subscribe("warehouse", levels_for_warehouses)
        ports.register_erasure("catalog", store_erase)
