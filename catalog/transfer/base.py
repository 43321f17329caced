"""What the three import resources share: lines compared with what is there, collected, then written at once.

A resource never saves row by row. ``import_data`` (django-import-export) parses and judges every row and calls it new,
changed, unchanged or wrong; only with ``write=True`` :meth:`TableResource.write` stores all good lines in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from import_export import resources
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import RowResult

from bosonline.actor import Actor
from bosonline.errors import Conflict
from catalog.services.variants import values_errors
from stores.models import Store

CHUNK = 2000


class Line:
    """One row on its way: values as attributes, ``before`` as they are in the database (None when new)."""

    sku: str
    options: list[str]
    group: Any

    def __init__(self, number: int, values: Mapping[str, Any], before: Mapping[str, Any] | None) -> None:
        self.number = number
        self.before = before
        self.pk: int | None = None
        self.target: Any = None
        self.__dict__.update(values)

    def values(self, names: Any) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names}

    def changes(self) -> dict[str, list[Any]]:
        """Field → [before, after] of what differs."""
        if self.before is None:
            return {}
        return {k: [v, getattr(self, k)] for k, v in self.before.items() if getattr(self, k) != v}


def chunks(items: list[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


class TableResource(resources.Resource):
    """``store``, who imports, and a callback for the progress. Lists of :class:`Line` after ``import_data``."""

    kind = ""

    class Meta:
        import_id_fields = ("sku",)
        skip_diff = True
        report_skipped = True
        store_instance = True
        instance_loader_class = BaseInstanceLoader  # not asked: ``load`` has read everything

    def __init__(
        self, *, store: Store, actor: Actor, filename: str = "", progress: Callable[[int], None] | None = None,
        before_write: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.store, self.actor, self.filename = store, actor, filename
        self.progress = progress or (lambda _n: None)
        self.before_write = before_write or (lambda: None)
        self.columns: set[str] = set()
        self.seen: dict[Any, int] = {}
        self.row_numbers: list[int] = []
        self.row_problems: dict[int, str] = {}
        self.new: list[Line] = []
        self.changed: list[Line] = []

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        self.columns = set(dataset.headers or ())
        self.load([dict(zip(dataset.headers, row, strict=True)) for row in dataset])

    def load(self, rows: list[dict[str, Any]]) -> None:
        """Read everything the rows will be compared with, in a few queries."""
        raise NotImplementedError

    def number_of(self, row_number: int) -> int:
        """The row's number in the person's file."""
        return self.row_numbers[row_number - 1] if self.row_numbers else row_number + 1

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        self.current = self.number_of(kwargs["row_number"])
        if problem := self.row_problems.get(self.current):
            raise ValidationError(problem)

    def skip_row(self, instance: Line, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        errors = import_validation_errors if import_validation_errors is not None else {}
        # cells that could not be read and rules that are broken are told together
        found: dict[str, Any] = dict(errors)
        self.judge(instance, row, found)
        errors.update({name: problem for name, problem in found.items() if name not in errors})
        return not errors and instance.before is not None and not instance.changes()

    def judge(self, line: Line, row: Any, errors: dict[str, Any]) -> None:
        """Rules over several cells and rows; add to ``errors`` at the column."""
        raise NotImplementedError

    def once(self, key: Any, errors: dict[str, Any], column: str = "sku") -> None:
        """The same key a second time in one file is wrong, and says where the first is."""
        first = self.seen.setdefault(key, self.current)
        if first != self.current:
            errors[column] = ValidationError(_("The same as row %(row)s.") % {"row": first})

    @staticmethod
    def check_values(line: Any, errors: dict[str, Any]) -> None:
        for name, text in values_errors(line).items():
            errors.setdefault(name, ValidationError(text))

    def save_instance(self, instance: Line, is_create: bool, row: Any, **kwargs: Any) -> None:
        (self.new if is_create else self.changed).append(instance)

    def after_import_row(self, row: Any, row_result: RowResult, **kwargs: Any) -> None:
        self.progress(kwargs["row_number"])

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        if not kwargs.get("write"):
            return
        if (result.has_errors() or result.has_validation_errors()) and not kwargs.get("skip_errors"):
            raise Conflict(_("The file still has wrong rows. Nothing was imported."), code="rows_wrong")
        if self.new or self.changed:
            with transaction.atomic():
                self.before_write()
                self.write()

    def write(self) -> None:
        """Store new and changed lines; the caller's transaction."""
        raise NotImplementedError


def changed_meanwhile() -> Conflict:
    return Conflict(
        _("Somebody changed these rows while the file was imported. Nothing was imported; check it again."),
        code="changed_meanwhile",
    )
