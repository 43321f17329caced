"""Stock: set, adjusted and moved all or nothing; the ledger; alerts; exact whatever happens at once."""

from __future__ import annotations

import threading
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bosonline.actor import SYSTEM
from bosonline.errors import DomainError
from bosonline.tenancy import all_stores, store_scope
from catalog.models import StockEntry, StockLevel
from catalog.queries import stock_mismatches
from catalog.services import stock
from catalog.services.stock import Pieces, StockLine
from orders.models import Order
from orders.services.events import order_placed
from orders.services.status import order_set_status
from orders.stock_uses import reserved_mismatches
from stores.models import Notification, Warehouse
from stores.notices import told
from stores.services.stores import store_update, warehouse_create
from tests.catalog.api import call, refused
from tests.factories import JUWANA, Shop, make_shop


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(stock=10)


def second_warehouse(shop: Shop) -> Warehouse:
    with store_scope(shop.store):
        return warehouse_create(
            store=shop.store, name="Surabaya", contact_name="Budi", phone="081234567891", district_id=JUWANA,
            address="Jl. Rungkut Industri 5", actor=SYSTEM,
        )  # fmt: skip


def line(shop: Shop, index: int = 0, **changes: Any) -> dict[str, Any]:
    return {"variant_id": shop.variants[index].pk, "warehouse_id": shop.warehouse.pk, "qty": 25} | changes


def test_a_count_is_written_with_who_and_why(client: Client, shop: Shop) -> None:
    answer = call(client, shop, "put", "/inventory", {"lines": [line(shop, expected=10), line(shop, 1, mode="adjust", qty=-3)],
                                                      "reason": "Hitung ulang"})  # fmt: skip
    assert answer.status_code == 200, answer.content
    assert [r["on_hand"] for r in answer.json()["data"]] == [25, 7]
    rows = call(client, shop, "get", "/inventory/ledger").json()["data"]
    assert [(r["kind"], r["on_hand_before"], r["on_hand_after"], r["reason"], r["actor"]) for r in rows[:2]] == [
        ("adjust", 10, 7, "Hitung ulang", "Ratna Sari"), ("set", 10, 25, "Hitung ulang", "Ratna Sari"),
    ]  # fmt: skip
    assert {r["reason"] for r in rows[2:]} == {"Stok awal"}


def test_a_line_that_changes_nothing_leaves_no_row(client: Client, shop: Shop) -> None:
    before = call(client, shop, "get", "/inventory/ledger").json()["total"]
    call(client, shop, "put", "/inventory", {"lines": [line(shop, qty=10)]})
    assert call(client, shop, "get", "/inventory/ledger").json()["total"] == before


def test_a_level_somebody_changed_meanwhile_is_a_conflict_with_the_current_figures(client: Client, shop: Shop) -> None:
    call(client, shop, "put", "/inventory", {"lines": [line(shop, qty=12)]})
    answer = call(
        client, shop, "put", "/inventory", {"lines": [line(shop, 1, qty=99), line(shop, expected=10, qty=30)]}
    )
    told = refused(answer, 409, code="stock_changed", field="lines.1.expected")
    assert told["conflicts"] == [
        {"line": 1, "variant_id": shop.variants[0].pk, "warehouse_id": shop.warehouse.pk, "expected": 10, "on_hand": 12,
         "reserved": 0}
    ]  # fmt: skip
    assert (shop.level(0).on_hand, shop.level(1).on_hand) == (12, 10)


def test_wrong_lines_are_all_named_and_nothing_is_written(client: Client, shop: Shop) -> None:
    other = make_shop()
    shop.place(items=[{"variant_id": shop.variants[0].pk, "qty": 4}])
    lines = [
        line(shop, qty=3),
        line(shop, 1, mode="adjust", qty=-11),
        line(shop, 1, variant_id=other.variants[0].pk),
        line(shop, 1, warehouse_id=other.warehouse.pk),
        line(shop, 1, qty=5),
    ]
    told = refused(call(client, shop, "put", "/inventory", {"lines": lines}), 422)
    assert set(told["errors"]) == {
        "lines.0.qty",
        "lines.1.qty",
        "lines.2.variant_id",
        "lines.3.variant_id",
        "lines.4.variant_id",
    }
    assert "4" in told["errors"]["lines.0.qty"][0]
    assert (shop.level(0).on_hand, shop.level(1).on_hand) == (10, 10)
    for bad, field in (([], "lines"), ([line(shop, qty=10**9)], "lines.0.qty"), ([line(shop, mode="x")], "lines.0.mode"),
                       ([line(shop, qty="banyak")], "lines.0.qty")):  # fmt: skip
        refused(call(client, shop, "put", "/inventory", {"lines": bad}), 422, field=field)


def test_pieces_move_between_warehouses_and_the_sum_stays(client: Client, shop: Shop) -> None:
    there = second_warehouse(shop)
    shop.place(items=[{"variant_id": shop.variants[0].pk, "qty": 2}])
    move = {"from_warehouse_id": shop.warehouse.pk, "to_warehouse_id": there.pk, "reason": "Stok timur",
            "lines": [{"variant_id": shop.variants[0].pk, "qty": 8}]}  # fmt: skip
    assert call(client, shop, "post", "/inventory/transfers", move).status_code == 200
    with store_scope(shop.store):
        levels = StockLevel.objects.filter(variant=shop.variants[0]).order_by("warehouse_id")
        assert list(levels.values_list("on_hand", "reserved")) == [(2, 2), (8, 0)]
        assert (
            list(StockEntry.objects.filter(kind="transfer").values_list("reason", flat=True))
            == ["Gudang → Surabaya: Stok timur"] * 2
        )
    told = refused(call(client, shop, "post", "/inventory/transfers", move), 422, field="lines.0.qty")
    assert "0" in told["message"]
    refused(
        call(client, shop, "post", "/inventory/transfers", move | {"to_warehouse_id": shop.warehouse.pk}),
        422,
        field="to_warehouse_id",
    )
    foreign = make_shop().warehouse.pk
    refused(
        call(client, shop, "post", "/inventory/transfers", move | {"to_warehouse_id": foreign}),
        422,
        field="to_warehouse_id",
    )


def test_a_repeated_transfer_with_one_key_moves_once(client: Client, shop: Shop) -> None:
    there = second_warehouse(shop)
    move = {
        "from_warehouse_id": shop.warehouse.pk,
        "to_warehouse_id": there.pk,
        "lines": [{"variant_id": shop.variants[0].pk, "qty": 3}],
    }
    for _n in range(3):
        assert (
            call(client, shop, "post", "/inventory/transfers", move, HTTP_IDEMPOTENCY_KEY="pindah-1").status_code == 200
        )
    assert shop.level(0).on_hand == 7


def test_a_new_warehouse_has_a_level_for_every_variant(client: Client, shop: Shop) -> None:
    there = second_warehouse(shop)
    rows = call(client, shop, "get", "/inventory", {"warehouse": there.pk}).json()
    assert rows["total"] == 2 and {r["on_hand"] for r in rows["data"]} == {0}


def test_the_ledger_follows_an_order_to_the_door_and_back(client: Client, shop: Shop) -> None:
    order = shop.order(items=[{"variant_id": shop.variants[0].pk, "qty": 3}])
    with store_scope(shop.store):
        for status in ("confirmed", "processing", "ready", "shipped"):
            order_set_status(order_id=order.pk, status=status, actor=shop.owner)
        pieces = [Pieces(shop.variants[0].pk, 3)]
        stock.stock_restock(pieces=pieces, warehouse_id=shop.warehouse.pk, order_id=order.pk, actor=SYSTEM)
    rows = call(client, shop, "get", "/inventory/ledger", {"order_id": order.pk}).json()["data"]
    assert [(r["kind"], r["on_hand_change"], r["reserved_change"], r["order_number"]) for r in rows] == [
        ("restock", 3, 0, order.order_number), ("commit", -3, -3, order.order_number), ("reserve", 0, 3, order.order_number),
    ]  # fmt: skip
    for bad, field in (("kind=x", "kind"), ("from=x", "from"), ("variant_id=x", "variant_id")):
        refused(call(client, shop, "get", f"/inventory/ledger?{bad}"), 422, field=field)
    assert call(client, make_shop(), "get", "/inventory/ledger", {"order_id": order.pk}).json()["total"] == 0


def test_an_alert_is_told_once_per_fall(client: Client, shop: Shop) -> None:
    def alerts() -> list[str]:
        with store_scope(shop.store):
            rows = Notification.objects.filter(kind="stock.low").order_by("id")
            return [told(row).body for row in rows]

    order = shop.order(items=[{"variant_id": shop.variants[0].pk, "qty": 6}])
    for _n in range(2):  # the outbox may run it twice
        order_placed([{"order_id": order.pk, "store_id": shop.store.pk}])
    assert alerts() == ["Madu Hutan 100gr: sisa 4"]
    call(client, shop, "put", "/inventory", {"lines": [line(shop, mode="adjust", qty=-1)]})
    assert len(alerts()) == 1
    assert [r["id"] for r in call(client, shop, "get", "/inventory", {"stock": "low"}).json()["data"]] == [
        shop.level(0).pk
    ]
    call(client, shop, "put", "/inventory", {"lines": [line(shop, qty=50)]})
    assert call(client, shop, "get", "/inventory", {"stock": "low"}).json()["total"] == 0
    call(client, shop, "put", "/inventory", {"lines": [line(shop, qty=8)]})
    assert alerts()[-1] == "Madu Hutan 100gr: sisa 2" and len(alerts()) == 2


def test_another_limit_marks_what_is_low_without_an_alert(client: Client, shop: Shop) -> None:
    for limit, low in ((20, 2), (3, 0)):
        with store_scope(shop.store):
            store_update(store=shop.store, low_stock_at=limit, actor=SYSTEM)
        assert call(client, shop, "get", "/inventory", {"stock": "low"}).json()["total"] == low
    with store_scope(shop.store):
        assert not Notification.objects.filter(kind="stock.low").exists()


def test_days_of_cover_come_from_what_was_sold(client: Client, shop: Shop) -> None:
    first = shop.order(items=[{"variant_id": shop.variants[0].pk, "qty": 3}])
    shop.order(items=[{"variant_id": shop.variants[0].pk, "qty": 1}], phone="081234567899")
    with store_scope(shop.store):
        order_set_status(order_id=first.pk, status="cancelled", actor=shop.owner)
    assert stock.sales_refresh() == 1 and stock.sales_refresh() == 0
    rows = {r["variant_id"]: r for r in call(client, shop, "get", "/inventory").json()["data"]}
    assert (rows[shop.variants[0].pk]["sold_28d"], rows[shop.variants[0].pk]["days_of_cover"]) == (1, 9 * 28)
    assert rows[shop.variants[1].pk]["days_of_cover"] is None


def test_rights_of_the_inventory(client: Client, shop: Shop) -> None:
    for preset, view, edit in (
        ("warehouse", 200, 200),
        ("viewer", 200, 403),
        ("customer_service", 403, 403),
        ("finance", 403, 403),
    ):
        user = shop.staff(preset).user
        assert call(client, shop, "get", "/inventory", user=user).status_code == view, preset
        assert call(client, shop, "get", "/inventory/ledger", user=user).status_code == view, preset
        assert (
            call(client, shop, "put", "/inventory", {"lines": [line(shop, qty=10)]}, user=user).status_code == edit
        ), preset


def test_check_stock_finds_what_is_wrong(shop: Shop) -> None:
    shop.order(items=[{"variant_id": shop.variants[0].pk, "qty": 2}])
    out = StringIO()
    call_command("check_stock", stdout=out)
    assert "every level equals its ledger" in out.getvalue()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_stocklevel SET on_hand = on_hand + 1 WHERE variant_id = %s", [shop.variants[1].pk]
        )
    with pytest.raises(CommandError, match="1 levels differ from their ledger, 0"):
        call_command("check_stock", stderr=StringIO())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_orderitem SET qty = 1")
    with pytest.raises(CommandError, match="1 from the open orders"):
        call_command("check_stock", stderr=StringIO())


def test_the_ledger_cannot_be_changed(shop: Shop) -> None:
    with store_scope(shop.store):
        entry = StockEntry.objects.first()
        for change in (lambda: entry.delete(), lambda: StockEntry.objects.filter(pk=entry.pk).update(on_hand_after=1)):
            with pytest.raises(Exception, match="append-only"), transaction.atomic():
                change()


moves = st.lists(
    st.tuples(st.sampled_from(["reserve", "release", "commit", "restock", "uncommit", "set", "adjust", "transfer"]), st.integers(1, 6)),
    max_size=12,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_any_sequence_keeps_levels_equal_to_the_ledger_and_above_zero(shop: Shop, moves: list[tuple[str, int]]) -> None:
    there = getattr(shop, "there", None) or second_warehouse(shop)
    shop.there = there  # type: ignore[attr-defined]  # made once for all examples
    variant, here = shop.variants[0].pk, shop.warehouse.pk
    with transaction.atomic(), store_scope(shop.store):
        for name, qty in moves:
            arguments: dict[str, Any] = {
                "pieces": [Pieces(variant, qty)],
                "warehouse_id": here,
                "order_id": 1,
                "actor": SYSTEM,
            }
            try:
                with transaction.atomic():
                    if name in ("set", "adjust"):
                        lines = [StockLine(variant, here, name, qty if name == "set" else qty - 3)]
                        stock.stock_update(store=shop.store, lines=lines, reason="", actor=SYSTEM)
                    elif name == "transfer":
                        stock.stock_transfer(store=shop.store, from_id=here, to_id=there.pk, pieces=[Pieces(variant, qty)],
                                             reason="", actor=SYSTEM)  # fmt: skip
                    else:
                        getattr(stock, f"stock_{name}")(**arguments)
            except (DomainError, IntegrityError):
                continue
        level = StockLevel.objects.get(variant_id=variant, warehouse_id=here)
        assert level.on_hand >= level.reserved >= 0
        assert stock_mismatches() == []
        transaction.set_rollback(True)


def _at_once(count: int, work: Any) -> list[Any]:
    results: list[Any] = [None] * count
    gate = threading.Barrier(count)

    def run(n: int) -> None:
        gate.wait()
        try:
            results[n] = work(n)
        except DomainError as exc:
            results[n] = exc.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_counts_of_one_level_at_once_are_one_count_and_one_conflict(committed_db: None) -> None:
    shop = make_shop(stock=10)

    def count(n: int) -> str:
        with store_scope(shop.store):
            lines = [StockLine(shop.variants[0].pk, shop.warehouse.pk, "set", 20 + n, expected=10)]
            stock.stock_update(store=shop.store, lines=lines, reason="", actor=SYSTEM)
        return "ok"

    assert sorted(_at_once(8, count)) == ["ok"] + ["stock_changed"] * 7


def test_orders_cancellations_counts_and_transfers_at_once_leave_the_stock_exact(committed_db: None) -> None:
    shop = make_shop(stock=30)
    there = second_warehouse(shop)
    a, b = (v.pk for v in shop.variants)

    def work(n: int) -> str:
        if n % 4 == 3:
            with store_scope(shop.store):
                if n % 8 == 3:
                    lines = [StockLine(v, shop.warehouse.pk, "adjust", 2) for v in (b, a)]
                    stock.stock_update(store=shop.store, lines=lines, reason="", actor=SYSTEM)
                else:
                    stock.stock_transfer(store=shop.store, from_id=shop.warehouse.pk, to_id=there.pk,
                                         pieces=[Pieces(b, 1), Pieces(a, 1)], reason="", actor=SYSTEM)  # fmt: skip
            return "ok"
        items = [{"variant_id": v, "qty": 2} for v in ((a, b) if n % 2 else (b, a))]
        order = shop.order(items=items, phone=f"0812888{n:05d}")
        if n % 4 == 0:
            with store_scope(shop.store):
                order_set_status(order_id=order.pk, status="cancelled", actor=shop.owner)
        return "ok"

    results = _at_once(24, work)
    assert set(results) <= {"ok", "out_of_stock"}
    with all_stores():
        assert stock_mismatches() == [] and reserved_mismatches() == []
        waiting = Order.objects.filter(status="new").count()
        level = StockLevel.objects.get(variant_id=a, warehouse=shop.warehouse)
        assert level.reserved == waiting * 2 and level.on_hand >= level.reserved


def test_a_hot_variant_never_sells_more_than_there_is(committed_db: None) -> None:
    shop = make_shop(stock=7)
    results = _at_once(20, lambda n: shop.place(phone=f"0812999{n:05d}").status)
    assert sorted(set(results)) == ["new", "out_of_stock"] and results.count("new") == 7
    assert shop.level().available == 0 and stock_mismatches() == [] == reserved_mismatches()
