from django.apps import AppConfig


class BosOnlineConfig(AppConfig):
    name = "bosonline"
