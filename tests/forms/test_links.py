"""A form that moves: who still has its old address is led on, and nobody's order is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from forms.models import FormerLink, OrderForm
from forms.services.forms import form_create, form_delete, form_settings
from forms.services.links import slug_free
from orders.models import Order
from tests.factories import Shop, make_shop

Buyer = Callable[..., Any]


def move(shop: Shop, slug: str) -> str:
    with store_scope(shop.store):
        before = OrderForm.objects.get(pk=shop.form.pk).slug
        form_settings(form_id=shop.form.pk, slug=slug, actor=SYSTEM)
    shop.form.slug = slug
    return before


def test_an_advertisement_with_the_old_link_still_sells(shop: Shop, buyer: Buyer) -> None:
    first = move(shop, "madu-baru")
    second = move(shop, "madu-terbaru")
    for old in (first, second):
        answer = buyer(shop, "get", f"/{old}?utm_source=fb&fbclid=x1")
        # not for ever: the store may give the address to another form
        assert answer.status_code == 302 and answer["Location"] == "/madu-terbaru?utm_source=fb&fbclid=x1"
        assert buyer(shop, "get", f"/api/v1/checkout/forms/{old}").json()["data"]["slug"] == "madu-terbaru"
    assert buyer(shop, "get", "/madu-terbaru").status_code == 200
    assert buyer(make_shop(), "get", f"/{second}").status_code == 404


def test_a_page_that_was_open_while_the_link_changed_orders(shop: Shop, buyer: Buyer) -> None:
    body = shop.body()
    assert buyer(shop, "get", f"/{shop.form.slug}").status_code == 200
    move(shop, "pindah")
    answer = buyer(shop, "post", "/api/v1/checkout/orders", body)
    assert answer.status_code == 201, answer.content
    with store_scope(shop.store):
        assert Order.objects.get().form_id == shop.form.pk


def test_a_link_another_form_takes_over_is_its_own(shop: Shop, buyer: Buyer) -> None:
    old = move(shop, "pindah")
    with store_scope(shop.store):
        content = OrderForm.objects.get(pk=shop.form.pk).draft
        assert slug_free(shop.store, old) != old  # nobody asked for it
        form_create(store=shop.store, name="Lain", content=content, slug=old, actor=SYSTEM)
        assert not FormerLink.objects.exists()
    # the new form is a draft: the address is closed rather than somebody else's
    assert buyer(shop, "get", f"/{old}").status_code == 404


def test_a_form_that_comes_back_or_goes_leaves_no_trace(
    shop: Shop, buyer: Buyer, django_capture_on_commit_callbacks: Any
) -> None:
    old = move(shop, "pindah")
    assert move(shop, old) == "pindah"
    assert buyer(shop, "get", f"/{old}").status_code == 200
    assert buyer(shop, "get", "/pindah")["Location"] == f"/{old}"
    with store_scope(shop.store), django_capture_on_commit_callbacks(execute=True):
        form_delete(form_id=shop.form.pk, actor=SYSTEM)
    assert buyer(shop, "get", f"/{old}").status_code == 404 == buyer(shop, "get", "/pindah").status_code
