"""``manage.py check_stock``: every level equals the sum of its ledger."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bosonline.tenancy import all_stores
from catalog.queries import stock_mismatches


class Command(BaseCommand):
    help = "Prove that every stock level equals the sum of its ledger"

    def handle(self, *args: Any, **options: Any) -> None:
        with all_stores():
            wrong = stock_mismatches()
        for row in wrong:
            self.stderr.write(str(row))
        if wrong:
            raise CommandError(f"{len(wrong)} levels differ from their ledger")
        self.stdout.write("stock: every level equals its ledger")
