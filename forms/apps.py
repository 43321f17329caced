from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "forms"

    def ready(self) -> None:
        from bosonline import changes, guards
        from forms.queries import warehouse_needed_by_forms
        from forms.services.erasure import store_erase
        from forms.services.forms import products_changed, store_changed
        from sellers import ports

        ports.register_erasure("forms", store_erase)
        changes.subscribe("product", products_changed)
        changes.subscribe("store", store_changed)
        for action in ("warehouse.delete", "warehouse.deactivate"):
            guards.guard(action, warehouse_needed_by_forms)
