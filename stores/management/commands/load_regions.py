"""``manage.py load_regions``: regions, banks, couriers. Quick when they are there."""

from typing import Any

from django.core.management.base import BaseCommand

from stores.models import District, RegionWord
from stores.services.reference import reference_load
from stores.services.regions import region_words_load, regions_load, regions_loaded


class Command(BaseCommand):
    help = "Load regions, banks and couriers (does nothing when they are loaded)"

    def handle(self, *args: Any, **options: Any) -> None:
        reference_load()
        if not regions_loaded():
            self.stdout.write(f"regions: {regions_load()}")
        elif not RegionWord.objects.exists() or not District.objects.exclude(village_text="").exists():
            self.stdout.write(f"words of the regions: {region_words_load()}")
