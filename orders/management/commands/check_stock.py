"""``manage.py check_stock``: every level equals the sum of its ledger, and what is reserved the open orders."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.queries import stock_mismatches
from orders.stock_uses import reserved_mismatches


class Command(BaseCommand):
    help = "Prove that every stock level equals the sum of its ledger and its reserved pieces the open orders"

    def handle(self, *args: Any, **options: Any) -> None:
        ledger, reserved = stock_mismatches(), reserved_mismatches()
        for row in (*ledger, *reserved):
            self.stderr.write(str(row))
        if ledger or reserved:
            raise CommandError(f"{len(ledger)} levels differ from their ledger, {len(reserved)} from the open orders")
        self.stdout.write("stock: every level equals its ledger, every reserved piece has an open order")
