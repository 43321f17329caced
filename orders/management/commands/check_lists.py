"""``manage.py check_lists``: the tallies behind counts and figures equal the orders."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bosonline.tenancy import all_stores
from orders.models import Order
from orders.services.reading import store_check, store_rebuild


class Command(BaseCommand):
    help = (
        "Compare the tallies behind counts and figures with the orders; --rebuild makes tallies and search words anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--store", type=int, help="only this store")
        parser.add_argument("--rebuild", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        with all_stores():
            stores = list(Order.objects.order_by("store_id").values_list("store_id", flat=True).distinct())
        wrong = 0
        for store_id in [options["store"]] if options["store"] else stores:
            if options["rebuild"]:
                store_rebuild(store_id=store_id)
            for row in store_check(store_id=store_id):
                wrong += 1
                self.stdout.write(
                    f"store {store_id}, {row.day}, {', '.join(row.axes)}: kept {row.kept}, true {row.true}"
                )
        if wrong:
            raise CommandError(f"{wrong} tallies differ from the orders; --rebuild makes them anew")
        self.stdout.write("lists: every tally equals the orders")
