"""What receipts make of an order, over random histories."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orders.money.states import Sums, payment_state, surplus

amounts = st.integers(0, 500_000)


@st.composite
def sums(draw: st.DrawFn) -> Sums:
    came = draw(amounts)
    return Sums(came, draw(st.integers(0, came)), draw(st.sampled_from([0, came])))


@given(sums(), st.integers(1, 500_000), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_money_nobody_asked_for_is_always_a_conflict_and_nothing_else_is(
    of: Sums, total: int, is_cod: bool, is_cancelled: bool, proof: bool, expired: bool
) -> None:
    state = payment_state(
        of, total=total, is_cod=is_cod, is_cancelled=is_cancelled, proof_waits=proof, is_expired=expired
    )
    too_much = surplus(of, total=total, is_cod=is_cod, is_cancelled=is_cancelled)
    if too_much:
        assert state == "conflict"
    if state == "conflict":
        assert too_much or (is_cod and 0 < of.came < total)
    if state == "paid":
        assert of.came >= total and of.net > 0 and not is_cod and not is_cancelled
    if state == "cod_collected":
        assert of.cash and of.net > 0
    if state in ("unpaid", "expired", "cod_pending"):
        assert of.net == 0
    if state == "partially_paid":
        assert 0 < of.came < total


@given(sums(), st.integers(1, 500_000), st.booleans(), st.booleans())
def test_giving_back_what_is_too_much_ends_a_conflict(of: Sums, total: int, is_cod: bool, is_cancelled: bool) -> None:
    too_much = surplus(of, total=total, is_cod=is_cod, is_cancelled=is_cancelled)
    after = Sums(of.came, of.left + too_much, of.cash)
    state = payment_state(after, total=total, is_cod=is_cod, is_cancelled=is_cancelled)
    assert surplus(after, total=total, is_cod=is_cod, is_cancelled=is_cancelled) == 0
    assert state != "conflict" or (is_cod and of.cash and of.came < total)
