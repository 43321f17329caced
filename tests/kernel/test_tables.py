"""Tables from outside: what is no honest CSV or XLSX is refused with a sentence, a cell that lies with its reason."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bosonline.sheets import neutral, plain, write_rows
from bosonline.tables import MAX_BYTES, MAX_ROWS, BadCell, Row, TableRefused, table_open


def csv_file(tmp_path: Path, data: str | bytes) -> Path:
    path = tmp_path / "t.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def rows(path: Path) -> list[Row]:
    return list(table_open(path).rows())


def book(tmp_path: Path, lines: list[list[Any]], change: Any = None) -> Path:
    workbook = openpyxl.Workbook()
    for line in lines:
        workbook.active.append(line)
    if change:
        change(workbook.active)
    path = tmp_path / "t.xlsx"
    workbook.save(path)
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_usual_separator_and_encoding_is_read(tmp_path: Path, separator: str, encoding: str) -> None:
    text = (
        separator.join(["SKU", "Nama; lengkap" if separator == "," else "Nama, lengkap"])
        + "\r\n"
        + separator.join(["A1", '"Madu\r\nHutan é"'])
    )
    table = table_open(csv_file(tmp_path, text.encode(encoding)))
    assert (table.headers[0], len(table.headers)) == ("SKU", 2)
    assert [r.cells for r in table.rows()] == [["A1", "Madu\nHutan é"]]


def test_a_file_in_another_encoding_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(TableRefused) as caught:
        table_open(csv_file(tmp_path, "SKU,Nama\nA1,Kopi\nA2,Caf\xe9\n".encode("cp1252")))
    assert caught.value.code == "wrong_encoding" and "3" in caught.value.message


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b",,,\nx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old excel", b"PK\x03\x04broken", b"a,b\x00\nc", b"SKU,sku\nA,B",
     ",".join(f"c{n}" for n in range(101)).encode()],
)  # fmt: skip
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(TableRefused) as caught:
        table_open(csv_file(tmp_path, data))
    assert caught.value.errors["file"] == [caught.value.message]


def test_size_and_number_of_rows_have_limits(tmp_path: Path) -> None:
    with pytest.raises(TableRefused) as caught:
        table_open(csv_file(tmp_path, b"a\n" + b"x" * MAX_BYTES))
    assert caught.value.status == 413
    with pytest.raises(TableRefused) as many:
        rows(csv_file(tmp_path, "a\n" + "1\n" * (MAX_ROWS + 1)))
    assert many.value.code == "too_many_rows"
    assert len(rows(csv_file(tmp_path, "a\n" + "1\n\n" * MAX_ROWS))) == MAX_ROWS


def test_rows_too_long_for_the_columns_are_wrong_as_rows(tmp_path: Path) -> None:
    good, short, long = rows(csv_file(tmp_path, "a,b\n1,2\n1\n1,2,3\n"))
    assert not good.problem and short.cells == ["1", ""] and long.problem and long.number == 4


def test_an_open_quotation_mark_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableRefused):
        rows(csv_file(tmp_path, 'a,b\n"' + "x" * 200_000))


def test_formulas_dates_and_errors_in_cells_say_so(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        [["SKU", "Harga", "Item"], ["A1", "=1+1", date(2026, 10, 12)], [7, 50_000.0, 1.5], ["007", True, None]],
    )
    first, second, third = rows(path)
    assert isinstance(first.cells[1], BadCell) and isinstance(first.cells[2], BadCell)
    assert first.cells[1].problem != first.cells[2].problem
    assert second.cells == [7, 50_000, 1.5] and third.cells == ["007", True, ""]


def test_merged_cells_are_refused_by_row(tmp_path: Path) -> None:
    path = book(tmp_path, [["SKU", "Harga"], ["A1", 1], ["A2", 2], ["A3", 3]], lambda s: s.merge_cells("A3:A4"))
    assert [bool(r.problem) for r in rows(path)] == [False, True] or [bool(r.problem) for r in rows(path)] == [
        False,
        True,
        True,
    ]
    assert "A3:A4" in rows(path)[1].problem


def _zip(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", data)
    return path


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    honest = book(tmp_path, [["SKU"], ["A1"]]).read_bytes()
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(io.BytesIO(honest)) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            target.writestr(info.filename, source.read(info))
        with target.open("xl/media/x.bin", "w", force_zip64=True) as part:
            for _n in range(400):
                part.write(b"0" * 1_048_576)
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(TableRefused) as caught:
        table_open(bomb)
    assert caught.value.code == "too_large"


def test_entities_and_foreign_archives_are_refused(tmp_path: Path) -> None:
    lol = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'
    for parts in ({"xl__workbook": lol}, {"word__document": b"<x/>"}, {"xl__workbook": b"<workbook"}):
        with pytest.raises(TableRefused):
            table_open(_zip(tmp_path / "x.xlsx", **parts))


texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=12)
hostile = st.sampled_from(
    ["=1+1", "'=1", "''=x", "-5", "+62812", "@x", "'", "''", "it's", "\t=x", '="a"', "a;b", 'say "x"', "007", "1.5"]
)


@given(texts | hostile)
def test_neutralising_can_be_taken_back_exactly(text: str) -> None:
    shown = neutral(text)
    assert not str(shown).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert plain(shown) == text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_written_is_read_back(tmp_path: Path, kind: str) -> None:
    lines: list[list[Any]] = [
        ["=1+1", 5, "007"],
        ["a_x000D_", 1, "tab\tend"],
        ["'=x", -3, 'a "b"; c,\nd'],
        ["-5", 0, "🍯 madu"],
        ["", 10**12, "+62"],
    ]
    path = tmp_path / f"t.{kind}"
    assert list(write_rows(path, kind, title="T", header=["a", "b", "c"], rows=lines)) == [1, 2, 3, 4, 5]
    read = [r.cells for r in rows(path)]
    assert [[str(c) for c in r] for r in read] == [[str(c) for c in line] for line in lines]
