"""``manage.py boscod_match``: write BosCOD's ids beside our regions and report what did not match.

The report is printed and kept (``stores.RegionMatch``); ``--show`` prints the last one without asking BosCOD.
"""

from typing import Any

from django.core.management.base import BaseCommand

from bosonline.gateways.base import GatewayError
from bosonline.gateways.boscod import boscod_client
from stores.models import District, RegionMatch
from stores.services.regions import MatchReport, regions_match


class Command(BaseCommand):
    help = "Match our districts to BosCOD's ids"

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--if-needed", action="store_true", help="do nothing when ids are already there")
        parser.add_argument("--show", action="store_true", help="print the last report again")
        parser.add_argument("--all", action="store_true", help="print every name, not only the first 50")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["show"]:
            last = RegionMatch.objects.order_by("-id").first()
            if last is None:
                self.stdout.write("no report yet")
            else:
                self._print(MatchReport(last.districts, last.unmatched_theirs, last.unmatched_ours), options["all"])
            return
        if options["if_needed"] and District.objects.filter(boscod_id__isnull=False).exists():
            return
        try:
            report = regions_match(boscod_client())
        except GatewayError as exc:
            self.stderr.write(f"BosCOD did not answer ({exc.message}); run boscod_match again later")
            return
        self._print(report, options["all"])

    def _print(self, report: MatchReport, everything: bool) -> None:
        theirs, ours = report.unmatched_theirs, report.unmatched_ours
        self.stdout.write(
            f"matched {report.districts} districts; {len(theirs)} of BosCOD's and {len(ours)} of ours have no partner"
        )
        for title, names in (("BosCOD's", theirs), ("ours", ours)):
            shown = names if everything else names[:50]
            for name in shown:
                self.stdout.write(f"  no partner ({title}): {name}")
            if len(shown) < len(names):
                self.stdout.write(f"  … and {len(names) - len(shown)} more (--all)")
