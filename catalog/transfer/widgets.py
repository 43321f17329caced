"""How a cell becomes a value and back: import-export widgets that know Indonesian numbers and distrust spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from import_export.widgets import Widget

from bosonline import cleaning
from bosonline.tables import BadCell

_SHORTENED = re.compile(r"^\d[.,]\d+E\+\d+$", re.I)
_TIER = re.compile(r"^\s*(\d{1,7})\s*[:=](.{1,30})$")


def trusted(value: Any) -> Any:
    """The cell's value; a cell that the reader distrusted says why."""
    if isinstance(value, BadCell):
        raise ValueError(value.problem)
    return value


class Text(Widget):
    """A text of at most ``length`` characters. Empty means: leave it as it is."""

    def __init__(self, length: int, *, required: bool = False) -> None:
        super().__init__()
        self.length, self.required = length, required

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str | None:
        text = self.plain(str(trusted(value) if value is not None else ""))
        if not text:
            if self.required:
                raise ValueError(_("This cell is empty."))
            return None
        if len(text) > self.length:
            raise ValueError(_("At most %(count)s characters.") % {"count": self.length})
        return text

    @staticmethod
    def plain(text: str) -> str:
        return text.strip()


class Name(Text):
    """A name on one line."""

    plain = staticmethod(cleaning.line)


class Code(Text):
    """A SKU: a number stays as it was typed, and one that Excel shortened is refused instead of guessed."""

    plain = staticmethod(cleaning.code)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str | None:
        if isinstance(value, float):
            raise ValueError(_("Excel made a number of this code. Format the column as text."))
        text = super().clean(value, row, **kwargs)
        if text and _SHORTENED.match(text):
            raise ValueError(_("Excel shortened this code to %(text)s. Format the column as text.") % {"text": text})
        return text


class Whole(Widget):
    """A whole number between ``low`` and ``high``. Empty means: leave it as it is."""

    def __init__(self, low: int, high: int, *, required: bool = False) -> None:
        super().__init__()
        self.low, self.high, self.required = low, high, required

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        value = trusted(value)
        if isinstance(value, bool | float):
            raise ValueError(_("Enter a whole number."))
        if not isinstance(value, int):
            text = str(value or "").strip()
            if not text:
                if self.required:
                    raise ValueError(_("This cell is empty."))
                return None
            value = self._parse(text)
        if not self.low <= value <= self.high:
            raise ValueError(_("Must be between %(low)s and %(high)s.") % {"low": self.low, "high": self.high})
        return int(value)

    @staticmethod
    def _parse(text: str) -> int:
        value = cleaning.whole_of(text)
        if value is None:
            raise ValueError(_("“%(text)s” is no whole number.") % {"text": text[:30]})
        return value


class Choice(Widget):
    """One of a few words, in Indonesian, English or as the API says it."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        super().__init__()
        self.words = words

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        value = trusted(value)
        text = str(value if value is not None else "").strip().lower()
        if not text:
            return None
        if text not in self.words:
            shown = ", ".join(list(self.words)[:4])
            raise ValueError(_("“%(text)s” is unknown here. Use: %(words)s.") % {"text": text[:30], "words": shown})
        return self.words[text]


class Tiers(Widget):
    """``3:45000; 10:40000``: from 3 pieces Rp 45.000 each. ``0`` takes all tiers away."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[dict[str, int]] | None:
        text = str(trusted(value) if value is not None else "").strip()
        if not text:
            return None
        if text == "0":
            return []
        tiers = []
        for part in text.rstrip(";").split(";"):
            match = _TIER.match(part)
            price = cleaning.whole_of(match[2]) if match else None
            if match is None or price is None or price < 0:
                raise ValueError(_("Write tiers like this: 3:45000; 10:40000"))
            tiers.append({"min_qty": int(match[1]), "price": price})
        return tiers


def tiers_text(tiers: list[dict[str, int]]) -> str:
    """What :class:`Tiers` reads."""
    return "; ".join(f"{t['min_qty']}:{t['price']}" for t in tiers)


STATUS_WORDS = {
    "aktif": "active", "draf": "draft", "nonaktif": "inactive", "active": "active", "draft": "draft",
    "inactive": "inactive", "tidak aktif": "inactive",
}  # fmt: skip
ON_WORDS = {
    "aktif": True,
    "nonaktif": False,
    "active": True,
    "inactive": False,
    "tidak aktif": False,
    "1": True,
    "0": False,
}
YES_WORDS = {"ya": True, "tidak": False, "yes": True, "no": False, "1": True, "0": False, "true": True, "false": False}
STATUS_TEXT = {"active": "aktif", "draft": "draf", "inactive": "nonaktif"}
