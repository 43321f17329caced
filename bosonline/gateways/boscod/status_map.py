"""From the courier's code or words to our shipping status (product.md §7, axis 3)."""

from __future__ import annotations

from bosonline.gateways.boscod.assumptions import STATUS
from bosonline.gateways.boscod.client import Tracking
from bosonline.gateways.boscod.words import FINAL, NOTHING, UNSURE, Reading, read_words

# a journey that is told by words only ends where it has begun to be one
_MOVED = frozenset({"in_transit", "out_for_delivery", "problem", "return_in_transit"})


def reading_of(tracking: Tracking, now: str) -> Reading:
    """What a journey says: by a known code of its state or its newest event, else by that event's words.

    ``now`` is the parcel's present state: "Paket telah diterima" of a parcel that never moved was said by a branch.
    """
    newest = max(tracking.events, key=lambda event: event.occurred_at) if tracking.events else None
    for code in (tracking.last_status, newest.status if newest else None):
        if code and code in STATUS:
            return Reading(STATUS[code], False, by_code=True)
    if newest is None:
        return UNSURE if tracking.last_status else NOTHING
    reading = read_words(newest.note or newest.description, newest.branch)
    if reading.status in FINAL and now not in _MOVED and not _moved(tracking):
        return UNSURE
    return reading


def _moved(tracking: Tracking) -> bool:
    return any(
        (event.status in STATUS and STATUS[event.status or ""] in _MOVED)
        or read_words(event.note, event.branch).status in _MOVED
        for event in tracking.events
    )
