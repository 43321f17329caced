"""``manage.py boscod_match``: write BosCOD's district ids beside ours and report what did not match."""

from typing import Any

from django.core.management.base import BaseCommand

from bosonline.gateways.base import GatewayError
from bosonline.gateways.boscod import boscod_client
from stores.models import District
from stores.services.regions import regions_match


class Command(BaseCommand):
    help = "Match our districts to BosCOD's ids"

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--if-needed", action="store_true", help="do nothing when ids are already there")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_needed"] and District.objects.filter(boscod_id__isnull=False).exists():
            return
        try:
            report = regions_match(boscod_client())
        except GatewayError as exc:
            self.stderr.write(f"BosCOD did not answer ({exc.message}); run boscod_match again later")
            return
        self.stdout.write(
            f"matched {report.districts} districts; {len(report.unmatched_theirs)} of BosCOD's and "
            f"{report.unmatched_ours} of ours have no partner"
        )
        for name in report.unmatched_theirs[:50]:
            self.stdout.write(f"  no partner: {name}")
