from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "forms"

    def ready(self) -> None:
        from bosonline import changes
        from catalog import ports
        from forms.queries import uses_of_products
        from forms.services.forms import products_changed, store_changed

        changes.subscribe("product", products_changed)
        changes.subscribe("store", store_changed)
        ports.register_uses("form", uses_of_products)
