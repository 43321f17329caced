"""Random numbers collide one day: then another one is drawn, and the buyer notices nothing."""

from __future__ import annotations

import random
import secrets
from typing import Any

import pytest

from tests.factories import make_shop


@pytest.mark.parametrize("constraint", ["number", "amount"])
def test_a_collision_draws_again(committed_db: None, monkeypatch: pytest.MonkeyPatch, constraint: str) -> None:
    shop = make_shop(stock=100)
    changes: dict[str, Any] = {"payment_method": "bank_transfer"} if constraint == "amount" else {}
    first = shop.place(**changes)
    # the source of chance repeats itself once, then goes on
    if constraint == "number":
        digits = first.order_number[7:]
        alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        bits = sum(alphabet.index(c) << (5 * i) for i, c in enumerate(digits))
        values = iter([bits])
        monkeypatch.setattr(secrets, "randbits", lambda n: next(values, None) or random.getrandbits(n))
    else:
        values = iter([first.bill.unique_code - 1])
        monkeypatch.setattr(secrets, "randbelow", lambda n: next(values, None) or random.randrange(n))
    second = shop.place(phone="081234567899", **changes)
    assert second.order_id != first.order_id
    assert second.order_number != first.order_number
