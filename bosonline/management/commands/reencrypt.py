"""``manage.py reencrypt``: what former keys encrypted is encrypted with ``FIELD_KEY``; afterwards they may go."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from bosonline import crypto
from bosonline.tenancy import all_stores


class Command(BaseCommand):
    help = "Encrypt with FIELD_KEY what keys in FIELD_KEY_FALLBACKS encrypted; may be run again, and beside the product"

    def handle(self, *args: Any, **options: Any) -> None:
        done = unreadable = 0
        with all_stores():
            for model in apps.get_models():
                for column in getattr(model, "encrypted", ()):
                    new, lost = _column(model, column)
                    done, unreadable = done + new, unreadable + lost
        self.stdout.write(f"encrypted anew: {done}")
        if unreadable:
            raise CommandError(f"{unreadable} values are of a key that is neither FIELD_KEY nor in FIELD_KEY_FALLBACKS")


def _column(model: type[Model], column: str) -> tuple[int, int]:
    """How many were written anew, and how many nobody can read."""
    done = unreadable = 0
    rows = model._default_manager.exclude(**{column: ""}).values_list("pk", column).order_by("pk")
    for pk, token in rows.iterator(chunk_size=500):
        if crypto.is_current(token):
            continue
        new = crypto.rotated(token)
        if not new:
            unreadable += 1
        else:  # only what we read: somebody may have set another one meanwhile, with the present key
            done += model._default_manager.filter(**{"pk": pk, column: token}).update(**{column: new})
    return done, unreadable
