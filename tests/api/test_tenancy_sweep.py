"""Stores never see each other, at any address: what takes an id answers for another store's as if it were not there.

Every row of ``tests/data/rights.csv`` whose address holds an id is called twice by the owner of one store: with the id of
another store's row and with an id that nobody has. Status and body must be the same, and not one row of the other store
may have changed. A new address without its model here fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from bosonline.actor import SYSTEM
from bosonline.jobs import job_start
from bosonline.models import BackgroundJob
from bosonline.tenancy import StoreOwned, store_scope
from catalog.models import BulkChange, ImportRun, Product, Variant, Voucher
from catalog.services.bulk import BulkEdit, bulk_apply
from catalog.services.imports import import_upload
from forms.models import AbandonedCheckout, BlockEntry, OrderForm, PixelToken, RedirectHost
from forms.services.blocklist import block_add
from forms.services.success import host_add
from forms.services.tokens import token_save
from orders.models import FollowUp, Order, Receipt
from orders.money.receipts import payment_confirm
from orders.services.followups import followup_record
from sellers.models import Invitation, LoginSession, Membership, Role
from sellers.services.roles import role_create
from sellers.services.staff import staff_create
from stores.models import BankAccount, Domain, Notification, Warehouse
from stores.services.bell import notify
from stores.services.domains import domain_add
from tests.accounts.test_rights import rows
from tests.api.test_schema import bodies
from tests.factories import PASSWORD, Shop, make_shop, make_voucher

NOBODYS = 999999999
# The address of a row → whose id stands in it. The first that fits counts.
WHOSE: tuple[tuple[str, Any], ...] = (
    (r"/warehouses/|/gudang/", Warehouse),
    (r"/sessions/|/sesi/", LoginSession),
    (r"/bank-accounts/|/rekening/", BankAccount),
    (r"/domains/|/domain/", Domain),
    (r"/exports/|/unduhan/", BackgroundJob),
    (r"/forms/abandoned/", AbandonedCheckout),
    (r"/forms/blocklist/", BlockEntry),
    (r"/forms/pixel-tokens/", PixelToken),
    (r"/forms/redirect-hosts/", RedirectHost),
    (r"/forms/|/form/", OrderForm),
    (r"/imports/|/produk/impor/", ImportRun),
    (r"/invitations/|/undangan/", Invitation),
    (r"/orders/|/pesanan/", Order),
    (r"/follow-up/", FollowUp),
    (r"/products/bulk/|/produk/ubah/", BulkChange),
    (r"/products/|/produk/", Product),
    (r"/roles/|/peran/", Role),
    (r"/staff/|/karyawan/", Membership),
    (r"/variants/", Variant),
    (r"/vouchers?/|/voucher/", Voucher),
    (r"/notifikasi/", Notification),
)
# The platform's words are everybody's: dismissing them is one's own.
EVERYBODYS = ("/announcements/", "/pengumuman/")


def rich_shop() -> Shop:
    """A store with a row of everything that an address can name."""
    shop = make_shop()
    order = shop.order(payment_method="bank_transfer")
    owner, helper = shop.owner, shop.staff("customer_service")
    with store_scope(shop.store):
        followup_record(order_id=order.pk, actor=owner)
        payment_confirm(order_id=order.pk, amount=1_000, actor=owner)
        make_voucher(shop)
        AbandonedCheckout.objects.create(
            store=shop.store, form=shop.form, phone="+6281234500000", name="Siti", token="t" * 22, data={}
        )
        block_add(store=shop.store, kind="phone", value="081234500001", actor=owner)
        token_save(store=shop.store, provider="meta", pixel_id="123456789012345", token="rahasia-1", actor=owner)
        host_add(store=shop.store, host="terima-kasih.example.com", actor=owner)
        import_upload(actor=owner, kind="products", upload=SimpleUploadedFile("p.csv", b"name,price\nKopi,1000\n"))
        role_create(actor=owner, name="Penjaga", rights=["orders.view"])
        staff_create(
            actor=owner, name="Dewi", email=f"dewi{shop.store.pk}@contoh.id", phone="", role_id=helper.membership.role_id,
        )  # fmt: skip
        bulk_apply(
            store=shop.store, actor=owner,
            edit=BulkEdit("variants", tuple(v.pk for v in shop.variants), "price", "add", "500", 1),
        )  # fmt: skip
        domain_add(store=shop.store, hostname=f"toko-{shop.store.pk}.example.com", actor=SYSTEM)
        notify(store_id=shop.store.pk, kind="account.bank_account", facts={"account": "BCA"})
        job_start(
            kind="orders.download", store_id=shop.store.pk, user_id=shop.user.pk, params={}, filename="x.csv", rows=1
        )
    Client().post("/masuk", {"email": shop.user.email, "password": PASSWORD})
    return shop


def id_of(model: Any, shop: Shop) -> int:
    rows = model._base_manager.all()
    match model.__name__:
        case "Role":
            rows = rows.filter(store=shop.store)
        case "LoginSession":
            rows = rows.filter(user=shop.user)
        case "Membership":
            rows = rows.filter(store=shop.store).exclude(user=shop.user)
            return int(rows.first().pk) if rows else int(shop.owner.membership.pk)
        case _:
            rows = rows.filter(store_id=shop.store.pk)
    found = rows.order_by("pk").first()
    assert found is not None, f"the rich shop has no {model.__name__}"
    return int(found.pk)


def prints_of(shop: Shop) -> dict[str, Any]:
    """All rows of the store, table by table."""
    found: dict[str, Any] = {}
    for model in apps.get_models():
        if issubclass(model, StoreOwned) and not model._meta.proxy:
            table = connection.ops.quote_name(model._meta.db_table)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
                    " WHERE store_id = %s",
                    [shop.store.pk],
                )
                found[model._meta.label] = cursor.fetchone()
    return found


@pytest.fixture(scope="module")
def examples() -> dict[tuple[str, str], Any]:
    """(method, path with ``{}``) → a body that the endpoint's schema accepts."""
    from drf_spectacular.generators import SchemaGenerator

    found = {}
    for name, content in bodies(SchemaGenerator().get_schema(request=None, public=True)):
        method, path = name.split(" ", 1)
        value = next((e["value"] for e in content.get("examples", {}).values()), content.get("example"))
        found[method, re.sub(r"\{[^}]*\}", "{}", path)] = value
    return found


PAGES: dict[str, dict[str, str]] = {
    "post": {"status": "confirmed", "text": "x", "amount": "1000", "result": "confirmed", "awb": "JX1234567", "to": "x",
             "note": "x", "reason": "x", "receipt": "1", "name": "x", "hand_over_to": ""},
}  # fmt: skip


def test_an_id_of_another_store_is_answered_like_one_that_nobody_has(
    client: Client, db: None, examples: dict[tuple[str, str], Any]
) -> None:
    mine, theirs = make_shop(), rich_shop()
    before = prints_of(theirs)
    browser = Client()
    browser.post("/masuk", {"email": mine.user.email, "password": PASSWORD})
    bearer = mine.bearer()
    tried, wrong = 0, []

    def call(method: str, path: str) -> tuple[int, str]:
        if path.startswith("/api/"):
            template = re.sub(r"/\d+(?=/|$)", "/{}", path)
            body = json.dumps(examples.get((method, template), {})) if method != "get" else {}
            answer = getattr(client, method)(path, body, content_type="application/json", **bearer)
        else:
            answer = getattr(browser, method)(path, PAGES.get(method, {}))
        text = answer.content.decode() if not answer.streaming else "a file"
        # of a page what it says: around it stand tokens that change with every request
        main = re.search(r"<main.*</main>", text, re.S)
        text = re.sub(r"<[^>]+>|\s+|\b[0-9a-f]{32}\b", " ", main[0]) if main else text
        return answer.status_code, text.replace(path, "")

    for row in rows():
        path = row["path"]
        if str(NOBODYS) not in path or any(part in path for part in EVERYBODYS):
            continue
        model = next((m for pattern, m in WHOSE if re.search(pattern, path)), None)
        assert model is not None, f"say in WHOSE whose id stands in {path}"
        foreign = path.replace(str(NOBODYS), str(id_of(model, theirs)), 1)
        if "/receipts/" in foreign or "take-back" in foreign:
            foreign = foreign.replace(str(NOBODYS), str(id_of(Receipt, theirs)))
        nobody, other = call(row["method"], path), call(row["method"], foreign)
        tried += 1
        known = str(id_of(model, theirs))
        if nobody[0] != other[0] or nobody[1].replace(str(NOBODYS), "") != other[1].replace(known, ""):
            wrong.append((row["method"], foreign, nobody[0], other[0], nobody[1][:150], other[1][:150]))
        elif other[0] not in (404, 302, 405, 422):
            wrong.append((row["method"], foreign, other[0], "an id nobody has was accepted"))
    assert not wrong, wrong
    assert tried > 90
    assert prints_of(theirs) == before


def _lists(shop: Shop) -> list[int]:
    return [shop.order(phone=f"08123450{n:04d}").pk for n in range(2)]


BATCHES: dict[str, Callable[[Shop], tuple[str, str, dict[str, Any]]]] = {
    "status": lambda s: ("put", "/api/v1/store/orders/status", {"ids": _lists(s), "status": "confirmed"}),
    "book": lambda s: ("post", "/api/v1/store/orders/shipments", {"ids": _lists(s)}),
    "invoices": lambda s: ("post", "/api/v1/store/orders/invoices", {"ids": _lists(s)}),
    "forms": lambda s: ("post", "/api/v1/store/forms/duplicate", {"ids": [s.form.pk]}),
    "staff": lambda s: (
        "patch", "/api/v1/store/staff/status", {"ids": [s.staff("viewer").membership.pk], "is_active": False},
    ),
    "products": lambda s: (
        "post", "/api/v1/store/products/bulk",
        {"target": "products", "ids": [s.product.pk], "field": "status", "mode": "set", "value": "archived"},
    ),
    "stock": lambda s: (
        "put", "/api/v1/store/inventory",
        {"reason": "x", "lines": [{"variant_id": s.variants[0].pk, "warehouse_id": s.warehouse.pk, "mode": "set", "qty": 1}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BATCHES)
def test_ids_in_a_body_are_those_of_the_own_store(name: str, client: Client, db: None) -> None:
    mine, theirs = make_shop(), make_shop()
    method, path, body = BATCHES[name](theirs)
    before = prints_of(theirs)
    answer = getattr(client, method)(path, json.dumps(body), content_type="application/json", **mine.bearer())
    text = answer.content.decode()
    if answer.status_code == 200 and "data" in answer.json():
        assert not any(row.get("ok", False) for row in answer.json()["data"]), text
    else:
        assert answer.status_code in (404, 422), (answer.status_code, text)
    assert prints_of(theirs) == before
