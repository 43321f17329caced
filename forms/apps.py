from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "forms"

    def ready(self) -> None:
        from bosonline import changes
        from forms.services.erasure import store_erase
        from forms.services.forms import products_changed, store_changed
        from sellers import ports

        ports.register_erasure("forms", store_erase)
        changes.subscribe("product", products_changed)
        changes.subscribe("store", store_changed)
