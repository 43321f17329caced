from django.apps import AppConfig


class StoresConfig(AppConfig):
    name = "stores"

    def ready(self) -> None:
        # registers the outbox handlers
        from stores.services import warehouses  # noqa: F401 - imported for its handler
