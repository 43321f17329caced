"""CSV and XLSX written row by row with flat memory; cells that a spreadsheet would run are neutralised (product.md §7)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

# "csv-excel": for the Indonesian Excel, which takes a comma for the decimal sign and so wants semicolons
FORMATS = ("csv", "csv-excel", "xlsx")
FORMAT_LABELS = (("csv", "CSV"), ("csv-excel", "CSV (Excel Indonesia)"), ("xlsx", "Excel (XLSX)"))


def extension(file_format: str) -> str:
    return file_format.partition("-")[0]


DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_FIRST = frozenset("".join(DANGEROUS) + "'")


def neutral(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is made plain by a leading apostrophe.

    A text that already looks like a neutralised one gets another, so that :func:`plain` gives back every text exactly.
    """
    if isinstance(value, str) and value[:1] in _FIRST and value and value.lstrip("'").startswith(DANGEROUS):
        return f"'{value}"
    return value


def plain(value: str) -> str:
    """The text that :func:`neutral` was given."""
    return value[1:] if value.startswith("'") and value.lstrip("'").startswith(DANGEROUS) else value


def write_rows(
    path: Path, file_format: str, *, title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Iterator[int]:
    """Write ``rows`` below ``header`` and yield how many are done, as :mod:`bosonline.jobs` wants it."""
    if extension(file_format) == "csv":
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file, delimiter=";" if file_format == "csv-excel" else ",")
            writer.writerow(header)
            for done, row in enumerate(rows, 1):
                # what is plainly harmless is not asked: most cells of a million rows
                writer.writerow([neutral(c) if isinstance(c, str) and c[:1] in _FIRST else c for c in row])
                yield done
        return
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet(title[:31])
        sheet.write_row(0, 0, header)
        for done, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                # by type: guessing it from every cell is what costs most
                if type(cell) is int:
                    sheet.write_number(done, column, cell)
                elif cell is not None and cell != "":
                    sheet.write_string(done, column, str(neutral(cell)))
            yield done
