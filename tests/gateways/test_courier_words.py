"""A courier's words make a final state only when they name it without doubt."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bosonline.gateways.boscod import Tracking, TrackingEvent
from bosonline.gateways.boscod.assumptions import STATUS
from bosonline.gateways.boscod.status_map import reading_of
from bosonline.gateways.boscod.words import read_words

ROWS = list(csv.DictReader((Path(__file__).parent.parent / "data" / "courier_words.csv").open()))
FINAL = {"delivered", "returned", "lost", "damaged"}
FINAL_ROWS = [r for r in ROWS if r["status"] in FINAL]
# written here and not taken from the reader: what a person knows to deny, doubt or place a sentence
SPOILERS = ["belum", "tidak", "gagal", "bukan", "batal", "not", "undelivered", "failed", "akan", "menunggu", "kemungkinan",
            "diduga", "jika", "estimasi", "will be", "di gudang", "di hub", "oleh gateway", "di DC Cakung", "di kantor cabang",
            "at warehouse", "to the agent", "oleh satpam", "oleh tetangga", "kurir", "oleh agen", "?"]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["note"][:50])
def test_each_phrase_is_read_as_a_person_would(row: dict[str, str]) -> None:
    reading = read_words(row["note"], row["branch"])
    assert (reading.status or "") == row["status"]
    assert reading.doubtful == (not row["status"]), "what says nothing sure is listed for a person"


@settings(max_examples=400, deadline=None)
@given(row=st.sampled_from(FINAL_ROWS), spoiler=st.sampled_from(SPOILERS), at=st.integers(0, 12), upper=st.booleans())
def test_a_denied_doubted_or_placed_phrase_is_never_final(
    row: dict[str, str], spoiler: str, at: int, upper: bool
) -> None:
    words = row["note"].split()
    words.insert(min(at, len(words)), spoiler)
    note = " ".join(words)
    assert read_words(note.upper() if upper else note).status not in FINAL, note


@settings(max_examples=300, deadline=None)
@given(row=st.sampled_from([r for r in FINAL_ROWS if "a.n" not in r["note"].lower() and "nama" not in r["note"].lower()
                            and "a/n" not in r["note"].lower()]),
       word=st.text("abcdefghijklmnopqrstuvwxyz", min_size=7, max_size=12), at=st.integers(0, 12))  # fmt: skip
def test_a_word_nobody_knows_makes_a_final_phrase_unsure(row: dict[str, str], word: str, at: int) -> None:
    words = row["note"].split()
    words.insert(min(at, len(words)), f"x{word}")
    assert read_words(" ".join(words)).status not in FINAL


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_text_is_read(note: str, branch: str) -> None:
    reading = read_words(note, branch)
    assert not (reading.status and reading.doubtful)


def journey(*events: tuple[str, str | None], last: str = "") -> Tracking:
    """The oldest first."""
    rows = [TrackingEvent(note, "", "", 1_700_000_000 + n, status, None) for n, (note, status) in enumerate(events)]
    return Tracking(last, rows[::-1], "", None, None)


def test_a_known_code_counts_more_than_words() -> None:
    for code, status in STATUS.items():
        assert reading_of(journey(("Paket telah diterima", None), last=code), "booked").status == status
        assert reading_of(journey(("UNDELIVERED", code)), "booked").status == status


def test_words_decide_where_the_code_is_unknown() -> None:
    way = (("Paket telah diterima oleh JUWANA_HUB", None), ("Paket akan dikirimkan ke JKT_GATEWAY", None))
    done = reading_of(journey(*way, ("Paket telah diterima", "77"), last="77"), "awaiting_pickup")
    assert (done.status, done.by_code) == ("delivered", False)
    assert reading_of(journey(*way, ("UNDELIVERED", "77"), last="77"), "in_transit").status == "problem"


def test_a_parcel_that_never_moved_is_not_delivered_by_words() -> None:
    reading = reading_of(journey(("Paket telah diterima", None)), "awaiting_pickup")
    assert (reading.status, reading.doubtful) == (None, True)
    assert reading_of(journey(("Paket telah diterima", None)), "in_transit").status == "delivered"


def test_silence_is_not_doubt_but_a_code_nobody_knows_is() -> None:
    assert reading_of(journey(), "booked").doubtful is False
    assert reading_of(journey(last="99"), "booked").doubtful is True
