"""Phones, tokens, transitions, messages: the small rules everything else stands on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bosonline import crypto
from bosonline.errors import DomainError
from bosonline.phone import InvalidPhone, display, masked, normalise
from bosonline.whatsapp import chat_link
from orders.messages import BUILT_IN, STAGES, check, render
from orders.models import Order
from orders.transitions import BY_EVENT, BY_PERSON, EVENT_PATH, event_steps, move_of

S = Order.Status


@given(
    st.integers(10_000_000, 99_999_999),
    st.sampled_from(["0812{}", "62812{}", "+62 812-{}", "812{}", "+62812{}", "0812 {}", "(0812) {}", "620812{}"]),
)
def test_every_usual_form_of_a_phone_is_the_same_number(digits: int, form: str) -> None:
    assert normalise(form.format(digits)) == f"+62812{digits}"


@pytest.mark.parametrize(
    "text", ["", "abc", "0812", "08123456789012345678", "😀" * 10, "'; DROP TABLE x;--", "0" * 10_000, "+1"]
)
def test_what_is_no_phone_is_refused(text: str) -> None:
    with pytest.raises(InvalidPhone):
        normalise(text)


def test_phones_on_screen() -> None:
    assert display("+6281234567890") == "0812-3456-7890"
    assert masked("+6281234567890") == "0812-••••-7890"


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=20), max_size=4))
def test_a_signed_token_comes_back_as_it_went(data: dict[str, object]) -> None:
    data.pop("x", None)
    if any(isinstance(v, int) and abs(v) >= 2**63 for v in data.values()):
        return
    assert crypto.unsign(crypto.sign(data, salt="a", expires_in=60), salt="a") == data


@given(st.text(max_size=80))
def test_a_forged_token_is_always_a_bad_token(text: str) -> None:
    good = crypto.sign({"p": 1}, salt="a", expires_in=60)
    for token in (text, good + text, text + good, good[:-3] + "abc"):
        if token != good:
            with pytest.raises(crypto.BadToken):
                crypto.unsign(token, salt="a")
    with pytest.raises(crypto.BadToken):
        crypto.unsign(good, salt="b")


def test_an_old_token_is_expired_not_forged() -> None:
    with pytest.raises(crypto.ExpiredToken):
        crypto.unsign(crypto.sign({"p": 1}, salt="a", expires_in=-1), salt="a")


def test_the_table_of_moves_is_the_one_of_the_design() -> None:
    people = {start: {m.to for m in moves} for start, moves in BY_PERSON.items()}
    assert people == {
        S.NEW: {S.CONFIRMED, S.PROCESSING, S.READY, S.CANCELLED},
        S.CONFIRMED: {S.NEW, S.PROCESSING, S.READY, S.CANCELLED},
        S.PROCESSING: {S.CONFIRMED, S.READY, S.SHIPPED, S.CANCELLED},
        S.READY: {S.PROCESSING, S.SHIPPED, S.CANCELLED},
        S.SHIPPED: {S.DELIVERED, S.RETURNING, S.CLOSED, S.READY},
        S.DELIVERED: {S.COMPLETED, S.RETURNING},
        S.RETURNING: {S.RETURNED, S.SHIPPED, S.CLOSED},
        S.RETURNED: {S.RETURNING}, S.COMPLETED: {S.DELIVERED}, S.CANCELLED: {S.NEW}, S.CLOSED: {S.SHIPPED},
    }  # fmt: skip


@given(st.sampled_from(S.values), st.sampled_from(S.values))
def test_events_only_take_steps_of_the_table(start: str, target: str) -> None:
    steps = event_steps(start, target)
    here = start
    for step in steps:
        forward = here in EVENT_PATH and step in EVENT_PATH and EVENT_PATH.index(step) == EVENT_PATH.index(here) + 1
        assert step in BY_EVENT[here] or forward
        here = step
    assert not steps or steps[-1] == target
    assert move_of(start, start) is None


def test_message_variables_are_filled_once_and_unknown_ones_refused() -> None:
    assert render("Halo {nama}, {lain}", {"nama": "{total}"}) == "Halo {total}, {lain}"
    with pytest.raises(DomainError):
        check("Halo {namanya}")
    assert set(BUILT_IN) == set(STAGES)
    for texts in BUILT_IN.values():
        for text in texts:
            assert check(text) == text
    assert chat_link("+6281", "a&b c") == "https://wa.me/6281?text=a%26b%20c"
