"""Conversion events: planned once, sent with the browser's id, logged with the reply, never for test or suspicious orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import Client

from bosonline import outbox
from bosonline.actor import SYSTEM
from bosonline.gateways.base import GatewayUnavailable
from bosonline.gateways.conversions import hashed
from bosonline.models import OutboxMessage
from bosonline.tenancy import store_scope
from forms.models import ConversionEvent, PixelToken
from forms.services.conversions import conversion_send
from forms.services.tokens import token_save
from orders.models import Order
from orders.services.conversions import order_tell, reached
from orders.services.events import order_placed, order_status_changed
from orders.services.status import order_event, order_lock
from tests.factories import Shop, make_shop
from tests.forms.test_forms_api import Api

META, TIKTOK, GOOGLE = "1234567890123456", "C4ABCDEFGHIJKLMNOPQR", "G-ABC123DEF4"
BROWSER = {"fbp": "fb.1.1.2", "fbclid": "abc", "fbc": "fb.1.2.abc", "ttclid": "tt1", "ga": "GA1.1.111.222"}


@pytest.fixture
def tracked(shop: Shop, republish: Callable[..., None]) -> Shop:
    requests.post(f"{settings.SANDBOX_URL}/control/reset", timeout=5)
    republish(shop, pixels={"meta": [META], "tiktok": [TIKTOK], "google": [GOOGLE]})
    with store_scope(shop.store):
        for provider, pixel in (("meta", META), ("tiktok", TIKTOK), ("google", GOOGLE)):
            token_save(store=shop.store, provider=provider, pixel_id=pixel, token="token-rahasia-1", actor=SYSTEM)
    return shop


def placed(shop: Shop, **changes: Any) -> Order:
    return shop.order(event_ids={"lead": "lead-1", "purchase": "purchase-1"}, utm=BROWSER, **changes)


def told(shop: Shop, order: Order) -> None:
    order_placed([{"store_id": shop.store.pk, "order_id": order.pk}])


def send_all(shop: Shop) -> list[ConversionEvent]:
    with store_scope(shop.store):
        for row in ConversionEvent.objects.filter(status="waiting"):
            conversion_send({"event_id": row.pk, "store_id": shop.store.pk})
        return list(ConversionEvent.objects.order_by("id"))


def received() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = requests.get(f"{settings.SANDBOX_URL}/control/conversions", timeout=5).json()["data"]
    return rows


def test_an_order_is_told_to_every_pixel_once_with_the_browsers_ids(tracked: Shop) -> None:
    order = placed(tracked)
    told(tracked, order)
    told(tracked, order)  # the outbox may run a handler twice
    rows = send_all(tracked)
    assert sorted((r.provider, r.name, r.event_id) for r in rows) == sorted(
        (p, n, i) for p in ("meta", "tiktok", "google") for n, i in (("Lead", "lead-1"), ("Purchase", "purchase-1"))
    )
    assert {r.status for r in rows} == {"sent"} and all(r.sent_at and r.attempts == 1 for r in rows)
    assert len(received()) == 6 and not any(r["problems"] for r in received())
    purchase = next(
        r["event"] for r in received() if r["provider"] == "meta" and r["event"]["event_name"] == "Purchase"
    )
    assert purchase["event_id"] == "purchase-1" and purchase["custom_data"]["value"] == order.total
    assert purchase["user_data"]["ph"] == [hashed("6281234567890")] and purchase["user_data"]["fbc"] == "fb.1.2.abc"
    assert purchase["event_source_url"].endswith(f"/{tracked.form.slug}")
    google = next(r["event"] for r in received() if r["provider"] == "google")
    assert google["client_id"] == "111.222"
    for row in rows:
        text = str(row.payload)
        assert "6281234567890" not in text and "Siti" not in text and "token-rahasia" not in text + row.reply


def test_the_purchase_waits_for_the_sellers_status_and_value(tracked: Shop, republish: Any) -> None:
    republish(tracked, pixels={"meta": [META], "purchase_at": "confirmed", "value": "net"})
    order = placed(tracked)
    told(tracked, order)
    assert [r.name for r in send_all(tracked)] == ["Lead"]
    with store_scope(tracked.store):
        order_event(order=order_lock(order.pk), status="confirmed", actor=SYSTEM)
    order_status_changed([{"store_id": tracked.store.pk, "order_id": order.pk}])
    rows = send_all(tracked)
    assert [(r.name, r.value) for r in rows] == [("Lead", order.total), ("Purchase", order.goods - order.discount)]
    order_status_changed([{"store_id": tracked.store.pk, "order_id": order.pk}])
    assert len(send_all(tracked)) == 2


def test_what_an_order_has_reached() -> None:
    for status, payment, stages in (
        ("new", "unpaid", {"placed"}),
        ("new", "paid", {"placed", "paid"}),
        ("processing", "cod_pending", {"placed", "confirmed"}),
        ("delivered", "cod_collected", {"placed", "confirmed", "shipped", "delivered", "paid"}),
        ("cancelled", "paid", set()),
        ("returned", "cod_pending", set()),
    ):
        assert reached(Order(status=status, payment_status=payment)) == stages, status


def test_nothing_is_sent_for_a_test_order(tracked: Shop) -> None:
    order = placed(tracked)
    Order.objects.with_scopes_disabled().filter(pk=order.pk).update(is_test=True)
    told(tracked, order)
    with store_scope(tracked.store):
        order.refresh_from_db()
        assert order_tell(order) == 0
    assert send_all(tracked) == [] and received() == []


def test_a_suspicious_order_is_logged_as_not_sent_until_somebody_cleared_it(tracked: Shop) -> None:
    order = placed(tracked, trap="spam")
    told(tracked, order)
    assert {r.status for r in send_all(tracked)} == {"skipped"} and received() == []
    Order.objects.with_scopes_disabled().filter(pk=order.pk).update(risk="cleared")
    order_status_changed([{"store_id": tracked.store.pk, "order_id": order.pk}])
    assert {r.status for r in send_all(tracked)} == {"sent"} and len(received()) == 6


def test_a_pixel_without_a_token_or_without_a_form_is_not_told(tracked: Shop, republish: Any) -> None:
    with store_scope(tracked.store):
        PixelToken.objects.exclude(provider="meta").delete()
    republish(tracked, pixels={"meta": [META, "9999999999999999"], "tiktok": [TIKTOK]})
    told(tracked, placed(tracked))
    assert {(r.provider, r.pixel_id) for r in send_all(tracked)} == {("meta", META)}


def test_a_refusal_is_final_and_shown(tracked: Shop) -> None:
    with store_scope(tracked.store):
        for provider, pixel in (("meta", META), ("tiktok", TIKTOK)):
            token_save(store=tracked.store, provider=provider, pixel_id=pixel, token="token-salah-2", actor=SYSTEM)
    told(tracked, placed(tracked))
    rows = {r.provider: r for r in send_all(tracked)}
    assert rows["meta"].status == "failed" and "OAuth" in rows["meta"].reply
    assert rows["tiktok"].status == "failed" and "Access token" in rows["tiktok"].reply
    assert rows["google"].status == "sent"


def test_no_answer_is_tried_again_by_the_outbox_without_a_second_event(tracked: Shop, fail: Any) -> None:
    fail("conversions", "down")
    with store_scope(tracked.store):
        PixelToken.objects.exclude(provider="meta").delete()
    told(tracked, placed(tracked))
    with store_scope(tracked.store):
        row = ConversionEvent.objects.filter(name="Purchase").get()
    with pytest.raises(GatewayUnavailable):
        conversion_send({"event_id": row.pk, "store_id": tracked.store.pk})
    row.refresh_from_db()
    assert row.status == "waiting" and row.attempts == 1 and row.reply
    fail("conversions", "none")
    conversion_send({"event_id": row.pk, "store_id": tracked.store.pk})
    conversion_send({"event_id": row.pk, "store_id": tracked.store.pk})
    assert [r["event"]["event_id"] for r in received()] == ["purchase-1"]


def test_the_order_path_itself_sends_nothing(tracked: Shop) -> None:
    """Placing plans nothing and calls nobody: the events come from the outbox row that the order wrote."""
    order = placed(tracked)
    with store_scope(tracked.store):
        assert not ConversionEvent.objects.exists()
    topics = set(OutboxMessage.objects.filter(payload__order_id=order.pk).values_list("topic", flat=True))
    assert topics == {"order.placed"} and outbox.handlers()["conversion.send"].function is conversion_send


def test_the_log_is_listed_for_its_store_only(tracked: Shop) -> None:
    told(tracked, placed(tracked))
    send_all(tracked)
    api = Api(tracked)
    answer = api("get", f"/store/forms/events?form={tracked.form.pk}&status=sent").json()
    assert answer["total"] == 6 and answer["data"][0]["reply"] is not None
    assert api("get", "/store/forms/events?status=apa").status_code == 422
    assert Api(make_shop())("get", "/store/forms/events").json()["total"] == 0


def test_tokens_are_checked_kept_encrypted_and_never_shown(shop: Shop) -> None:
    api = Api(shop)
    for body, field in (
        ({"provider": "meta", "pixel_id": "12", "token": "x" * 20}, "pixel_id"),
        ({"provider": "meta", "pixel_id": META, "token": "a b c d e f g"}, "token"),
        ({"provider": "snap", "pixel_id": META, "token": "x" * 20}, "provider"),
        ({"provider": "meta", "pixel_id": META, "token": "x" * 501}, "token"),
        ({"provider": "meta", "pixel_id": META, "token": "x" * 20, "test_code": "<b>"}, "test_code"),
    ):
        answer = api("post", "/store/forms/pixel-tokens", body)
        assert answer.status_code == 422 and field in answer.json()["errors"], body
    made = api("post", "/store/forms/pixel-tokens", {"provider": "meta", "pixel_id": META, "token": "EAAB-rahasia"})
    assert made.status_code == 201 and "EAAB" not in made.content.decode()
    with store_scope(shop.store):
        row = PixelToken.objects.get()
    assert "EAAB" not in row.token and "EAAB" not in api("get", "/store/forms/pixel-tokens").content.decode()
    assert Api(make_shop())("delete", f"/store/forms/pixel-tokens/{row.pk}").status_code == 404
    assert api("delete", f"/store/forms/pixel-tokens/{row.pk}").status_code == 204


def test_the_success_page_tells_the_browsers_pixels_only_of_real_orders(
    tracked: Shop, buyer: Callable[..., Any]
) -> None:
    order = placed(tracked)
    page = buyer(tracked, "get", f"/o/{order.token}?baru=1")
    assert '"purchase-1"' in page.content.decode() and "connect.facebook.net" in page["Content-Security-Policy"]
    later = buyer(tracked, "get", f"/o/{order.token}")
    assert "order-events" not in later.content.decode() and "facebook" not in later["Content-Security-Policy"]
    held = placed(tracked, trap="spam", phone="081299990000")
    assert "order-events" not in buyer(tracked, "get", f"/o/{held.token}?baru=1").content.decode()


def test_the_blacklist_is_kept_by_those_who_may(shop: Shop) -> None:
    api = Api(shop)
    row = api("post", "/store/forms/blocklist", {"kind": "phone", "value": "0812-3456-7890"}).json()["data"]
    assert row["value"] == "+6281234567890" and shop.order().is_held
    for kind, value in (("phone", "x"), ("ip", "300.1.1.1"), ("address", "Jl."), ("negara", "x")):
        assert api("post", "/store/forms/blocklist", {"kind": kind, "value": value}).status_code == 422
    assert api("post", "/store/forms/blocklist", {"kind": "ip", "value": "10.0.0.9"}).status_code == 201
    assert api("get", "/store/forms/blocklist").json()["total"] == 2
    assert Api(make_shop())("delete", f"/store/forms/blocklist/{row['id']}").status_code == 404
    assert api("delete", f"/store/forms/blocklist/{row['id']}").status_code == 204
    assert not shop.order().is_held
    assert Client().get("/api/v1/store/forms/blocklist").status_code == 401
