"""``manage.py startup``: everything between a fresh database and a running product, in one process."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate, load regions, match them to BosCOD, seed the demo store; each only when needed"

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--demo", action="store_true", help="seed a demo store on the first start")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        call_command("move_files")
        call_command("load_regions")
        call_command("boscod_match", if_needed=True)
        if options["demo"] and "seed_demo" in get_commands():
            call_command("seed_demo")
