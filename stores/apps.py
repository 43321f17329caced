from django.apps import AppConfig


class StoresConfig(AppConfig):
    name = "stores"

    def ready(self) -> None:
        # registers the outbox handlers
        from stores.services import domains, notifications, warehouses  # noqa: F401 - imported for their handlers
