from django.apps import AppConfig


class SellersConfig(AppConfig):
    name = "sellers"

    def ready(self) -> None:
        # registers the outbox handlers
        from sellers.services import digests, letters  # noqa: F401 - imported for its handlers
