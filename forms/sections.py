"""The parts of a buyer's page and their order."""

from __future__ import annotations

from collections.abc import Iterable

# in the order a new form has them
DEFAULT = (
    "gallery", "headline", "countdown", "benefits", "packages", "variants", "fields", "area", "courier", "payment",
    "bump", "voucher", "summary", "button", "description", "testimony", "faq",
)  # fmt: skip
# without these nobody could order
REQUIRED = frozenset({"packages", "variants", "fields", "area", "courier", "payment", "summary", "button"})
# these belong to the order and must stand before its button
INPUTS = REQUIRED | {"bump", "voucher"}


def arranged(keys: Iterable[str]) -> list[str]:
    """The sections to show, in order: each once, what an order needs added, nothing of the order behind the button."""
    chosen = [key for key in dict.fromkeys(keys) if key in DEFAULT] or list(DEFAULT)
    for index, key in enumerate(DEFAULT):
        if key in REQUIRED and key not in chosen:
            before = [k for k in DEFAULT[:index] if k in chosen]
            chosen.insert(chosen.index(before[-1]) + 1 if before else 0, key)
    chosen.remove("button")
    last = max(index for index, key in enumerate(chosen) if key in INPUTS)
    chosen.insert(last + 1, "button")
    return chosen


def columns(keys: list[str]) -> dict[str, list[str]]:
    """How the page lays them out: ``look`` (beside the form on a wide screen), ``buy``, ``more`` below the button."""
    look = [key for key in keys[:1] if key == "gallery"]
    rest = keys[len(look) :]
    cut = rest.index("button") + 1
    return {"look": look, "buy": rest[:cut], "more": rest[cut:]}
