"""CSV and XLSX from outside, read row by row and distrusted.

``table_open`` looks at the file (type by content, size, encoding, separator, compression) and refuses what cannot be a
table of ours with one clear sentence. Rows then come as plain text and whole numbers; a cell that cannot be trusted
(a formula, a date where Excel guessed one, an error) is a :class:`BadCell` that says why, so that the row is refused and
not the file.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter
from python_calamine import CalamineError, CalamineWorkbook

from bosonline.errors import DomainError
from bosonline.sheets import plain

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_CELL = 20_000
# what an honest workbook of 10 MB unpacks to; a bomb is thousands of times its size
MAX_UNPACKED = 300 * 1024 * 1024
MAX_STRINGS = 60 * 1024 * 1024
SEPARATORS = ",;\t|"
# the line by which Excel is told a file's separator
_TOLD = re.compile(r"\"?sep=([,;\t|])\"?[,;\t| ]*\r?\n", re.IGNORECASE)
# the number format of a code: 00123 is kept as 123 and shown with its zeros
_ZEROS = re.compile(r"(0{2,20})(?:;@|;0+)*")


class TableRefused(DomainError):
    """The file cannot be read as a table; nothing of it was used."""

    status, code = 422, "file_unreadable"

    def __init__(self, message: str, **kwargs: Any) -> None:
        super().__init__(message, errors={"file": [message]}, **kwargs)


class BadCell(str):
    """What stood in a cell that cannot be trusted. ``problem`` is for the person who made the file."""

    problem: str

    def __new__(cls, shown: str, problem: str) -> BadCell:
        cell = super().__new__(cls, shown)
        cell.problem = problem
        return cell


Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number in the file, as the person sees it there; ``problem`` refuses the whole row."""

    number: int
    cells: list[Cell]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file: its headers, and its rows as often as one asks for them."""

    path: Path
    kind: str
    headers: list[str]
    separator: str = ","
    encoding: str = "utf-8"
    # lines before the headers: Excel's own "sep=;"
    skip: int = 0

    def rows(self) -> Iterator[Row]:
        """Rows that are not empty. Raises :class:`TableRefused` beyond ``MAX_ROWS``."""
        count = 0
        for row in self._csv() if self.kind == "csv" else _xlsx_rows(self.path, len(self.headers)):
            if row.problem or any(cell not in (None, "") for cell in row.cells):
                count += 1
                if count > MAX_ROWS:
                    raise TableRefused(
                        _("The file has more than %(count)s rows. Split it.") % {"count": MAX_ROWS},
                        code="too_many_rows",
                    )
                yield row

    def _csv(self) -> Iterator[Row]:
        width = len(self.headers)
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.separator)
            try:
                for index, cells in enumerate(reader):
                    if index <= self.skip:
                        continue
                    extra = any(cell.strip() for cell in cells[width:])
                    problem = _("This row has more cells than there are columns.") if extra else ""
                    padded = cells[:width] + [""] * (width - len(cells))
                    yield Row(index + 1, [_text(cell) for cell in padded], problem)
            except csv.Error as exc:
                raise TableRefused(
                    _("Row %(row)s cannot be read: a quotation mark is not closed or a cell is too long.")
                    % {"row": reader.line_num}
                ) from exc


def _text(value: str) -> str:
    if len(value) > MAX_CELL:
        return BadCell(value[:50], _("This cell is too long."))
    if "\x00" in value:
        return BadCell(value.replace("\x00", "")[:50], _("This cell holds a character that no text has."))
    return plain(value.replace("\r\n", "\n").replace("\r", "\n").strip())


def table_open(path: Path) -> Table:
    """Look at a file and read its headers. Raises :class:`TableRefused`."""
    size = path.stat().st_size
    if size == 0:
        raise TableRefused(_("The file is empty."))
    if size > MAX_BYTES:
        raise TableRefused(
            _("The file is larger than %(size)s MB.") % {"size": MAX_BYTES // 1_048_576}, code="too_large", status=413
        )
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PK\x03\x04"):
        _check_zip(path)
        return _checked(Table(path, "xlsx", _xlsx_headers(path)))
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableRefused(_("This is an old Excel file (.xls) or protected by a password. Save it as .xlsx or CSV."))
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as text:
        sample = text.read(65_536)
    told = _TOLD.match(sample)
    if told:
        sample = sample[told.end() :]
    separator = told[1] if told else _separator(sample)
    try:
        first = next(csv.reader(io.StringIO(sample), delimiter=separator), [])
    except csv.Error:
        first = []
    return _checked(Table(path, "csv", [_text(cell) for cell in first], separator, encoding, 1 if told else 0))


def _checked(table: Table) -> Table:
    headers = table.headers
    while headers and not headers[-1]:
        headers.pop()
    if not headers:
        raise TableRefused(_("The first row must name the columns."))
    if len(headers) > MAX_COLUMNS:
        raise TableRefused(_("The file has more than %(count)s columns.") % {"count": MAX_COLUMNS})
    for index, name in enumerate(headers):
        if not name or isinstance(name, BadCell):
            headers[index] = _("Column %(n)s") % {"n": index + 1}
    lower = [h.lower() for h in headers]
    double = next((h for n, h in enumerate(headers) if h.lower() in lower[:n]), None)
    if double is not None:
        raise TableRefused(_("Two columns are called “%(name)s”.") % {"name": double[:60]})
    return table


def _encoding(path: Path) -> str:
    data = path.read_bytes()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif data.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    else:
        encoding = "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise TableRefused(
            _("The file is not UTF-8 (row %(row)s). In Excel choose “Save as → CSV UTF-8”.") % {"row": line},
            code="wrong_encoding",
        ) from None
    if "\x00" in text:
        raise TableRefused(_("This is no CSV or XLSX file."))
    return encoding


def _separator(sample: str) -> str:
    """The separator by which most of the first rows have as many cells as the header; the one with more cells of two."""
    text = sample.rsplit("\n", 1)[0] if len(sample) >= 65_536 else sample

    def score(separator: str) -> tuple[int, int]:
        try:
            rows = [
                row
                for row, _n in zip(csv.reader(io.StringIO(text), delimiter=separator), range(20), strict=False)
                if row
            ]
        except csv.Error:
            return 0, 0
        if not rows or len(rows[0]) < 2:
            return 0, 0
        return sum(len(row) == len(rows[0]) for row in rows), len(rows[0])

    return max(SEPARATORS, key=score)


# --- XLSX -------------------------------------------------------------------------------------------------------------
def _check_zip(path: Path) -> None:
    """Refuse bombs, entities and what is no workbook, before anything of it is unpacked into memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            names = {info.filename for info in infos}
            if "xl/workbook.xml" not in names:
                raise TableRefused(_("This is no CSV or XLSX file."))
            unpacked = sum(info.file_size for info in infos)
            strings = sum(i.file_size for i in infos if i.filename.endswith("sharedStrings.xml"))
            if len(infos) > 2000 or unpacked > MAX_UNPACKED or strings > MAX_STRINGS:
                raise TableRefused(_("This workbook unpacks to far more than a product list."), code="too_large")
            for info in infos:
                if info.filename.endswith((".xml", ".rels")):
                    with archive.open(info) as part:
                        start = part.read(2048)
                    if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                        raise TableRefused(_("This workbook holds definitions that a product list never has."))
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError):
        raise TableRefused(_("This workbook is damaged or protected by a password.")) from None


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    """The workbook, streamed. Opened by hand, because openpyxl goes by the name's ending."""
    with path.open("rb") as file:
        book = _load(file)
        try:
            yield book
        finally:
            book.close()


def _load(file: BinaryIO) -> Any:
    try:
        return openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, SyntaxError, TypeError, AttributeError, IndexError):
        raise TableRefused(_("This workbook is damaged or protected by a password.")) from None


def _sheet(book: Any) -> Any:
    sheets = [s for s in book.worksheets if s.sheet_state == "visible"]
    if not sheets:
        raise TableRefused(_("This workbook has no sheet."))
    return sheets[0]


def _xlsx_headers(path: Path) -> list[str]:
    with _book(path) as book:
        for row in _sheet(book).iter_rows(min_row=1, max_row=1, max_col=MAX_COLUMNS + 1):
            return [str(cell if (cell := _cell(c)) is not None else "") for c in row]
        return []


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _merged_rows(path: Path, sheet: str) -> dict[int, str]:
    """Row → the merged range that touches it, which the streaming reader does not tell."""
    rows: dict[int, str] = {}
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            ranges = book.get_sheet_by_name(sheet).merged_cell_ranges or []
    except (CalamineError, OSError):
        raise TableRefused(_("This workbook is damaged or protected by a password.")) from None
    for (top, left), (bottom, right) in ranges:
        label = f"{get_column_letter(left + 1)}{top + 1}:{get_column_letter(right + 1)}{bottom + 1}"
        for number in range(top + 1, min(bottom, top + MAX_ROWS) + 2):
            rows.setdefault(number, label)
    return rows


def _xlsx_rows(path: Path, width: int) -> Iterator[Row]:
    with _book(path) as book:
        sheet = _sheet(book)
        merged = _merged_rows(path, sheet.title)
        rows = sheet.iter_rows(min_row=2, max_col=width)
        number = 1
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except (ValueError, KeyError, TypeError, SyntaxError, OSError, zipfile.BadZipFile, EOFError):
                raise TableRefused(_("Row %(row)s of this workbook is damaged.") % {"row": number + 1}) from None
            number += 1
            problem = (
                _("The cells %(range)s are merged. Split them.") % {"range": merged[number]} if number in merged else ""
            )
            yield Row(number, [_cell(c) for c in cells] + [""] * (width - len(cells)), problem)


def _cell(cell: Any) -> Cell:
    value, kind = cell.value, getattr(cell, "data_type", "n")
    if value is None:
        return ""
    if kind == "f":
        return BadCell(str(value)[:50], _("This is a formula. Paste its result as a value."))
    if kind == "e":
        return BadCell(str(value)[:50], _("This cell shows an error."))
    if isinstance(value, datetime.datetime | datetime.date | datetime.time | datetime.timedelta):
        return BadCell(str(value)[:10], _("Excel made a date of this cell. Format the column as text."))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if type(value) is int:
        zeros = _ZEROS.fullmatch(str(cell.number_format or "").replace("\\", ""))
        return str(value).zfill(len(zeros[1])) if zeros and value >= 0 else value
    if isinstance(value, str):
        # how the format writes what XML cannot: _x000D_ is a carriage return
        return _text(_ESCAPED.sub(lambda m: chr(int(m[1], 16)), value) if "_x" in value else value)
    return value if isinstance(value, int | float | bool) else str(value)
