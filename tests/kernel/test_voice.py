"""One voice in Indonesian: the product says *kamu* to everybody, sellers and buyers alike, and never *Anda*."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import ROOT

FORMAL = re.compile(r"\b(Anda|anda|saudara|Saudara)\b")
FOLDERS = (
    "bosonline",
    "stores",
    "sellers",
    "catalog",
    "forms",
    "orders",
    "adminpanel",
    "templates",
    "static/src",
    "locale",
)
KINDS = {".py", ".html", ".js", ".po"}
# couriers' words that are read, not ours that are said
READ_ONLY = {"bosonline/gateways/boscod/words.py"}


def test_no_sentence_of_the_product_says_anda() -> None:
    said: list[str] = []
    for folder in FOLDERS:
        for file in (ROOT / folder).rglob("*"):
            name = str(file.relative_to(ROOT))
            if file.suffix not in KINDS or name in READ_ONLY or "/migrations/" in name:
                continue
            for number, line in enumerate(Path(file).read_text(encoding="utf-8").splitlines(), 1):
                if FORMAL.search(line):
                    said.append(f"{name}:{number}: {line.strip()[:80]}")
    assert said == []
