from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "forms"

    def ready(self) -> None:
        from bosonline import changes, guards
        from forms.queries import warehouse_needed_by_forms
        from forms.services.forms import products_changed, store_changed

        changes.subscribe("product", products_changed)
        changes.subscribe("store", store_changed)
        for action in ("warehouse.delete", "warehouse.deactivate"):
            guards.guard(action, warehouse_needed_by_forms)
