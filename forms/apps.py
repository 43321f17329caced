from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "forms"

    def ready(self) -> None:
        from bosonline import changes
        from forms import exports  # noqa: F401 - registers its job
        from forms.services import conversions  # noqa: F401 - registers its outbox handler
        from forms.services.forms import products_changed, store_changed

        changes.subscribe("product", products_changed)
        changes.subscribe("store", store_changed)
