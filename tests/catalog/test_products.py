"""Products with attributes, variants, images and tiers: made, changed, copied, deleted; every wrong value at its field."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image as Pillow

from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from catalog.models import Product, StockLevel, Variant
from catalog.services.images import image_store
from catalog.services.products import product_create, product_delete, product_update
from catalog.services.variants import VariantInput
from forms.services.forms import form_set_status
from orders.models import OrderItem
from tests.catalog.api import call, refused
from tests.factories import Shop, make_shop


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop()


def body(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Kaos Polos",
        "category_name": "Pakaian",
        "attributes": [{"name": "Ukuran", "items": ["S", "M"]}, {"name": "Warna", "items": ["Merah", "Biru"]}],
        "variants": [
            {"options": [size, colour], "sku": f"K-{size}-{colour}", "price": 50_000, "compare_at_price": 60_000,
             "cost_price": 20_000, "weight_grams": 200, "stock": 5, "tiers": [{"min_qty": 3, "price": 45_000}]}
            for size in ("S", "M") for colour in ("Merah", "Biru")
        ],
    } | changes  # fmt: skip


def picture(shop: Shop) -> int:
    buffer = io.BytesIO()
    Pillow.new("RGB", (40, 30), "red").save(buffer, "PNG")
    upload = SimpleUploadedFile("a.png", buffer.getvalue(), "image/png")
    with store_scope(shop.store):
        return int(image_store(store=shop.store, upload=upload, actor=SYSTEM).pk)


def test_a_product_with_two_attributes_and_pictures(client: Client, shop: Shop) -> None:
    first, second = picture(shop), picture(shop)
    data = body(image_ids=[second, first])
    data["variants"][1]["image_id"] = first
    answer = call(client, shop, "post", "/products", data)
    assert answer.status_code == 201, answer.content
    made = answer.json()["data"]
    assert [i["id"] for i in made["images"]] == [second, first]
    assert len(made["variants"]) == 4 and made["available"] == 20 and made["slug"] == "kaos-polos"
    assert made["created_at"].endswith("+07:00")
    variant = made["variants"][1]
    assert (variant["options"], variant["image_id"], variant["cost_price"]) == (["S", "Biru"], first, 20_000)
    assert variant["tiers"] == [{"min_qty": 3, "price": 45_000}]
    edit = call(client, shop, "get", f"/products/{made['id']}/edit").json()["data"]
    assert edit["product"]["variants"][0]["stock"] == [{"warehouse_id": shop.warehouse.pk, "on_hand": 5, "reserved": 0}]
    assert edit["limits"]["variants"] == 200 and edit["categories"][0]["name"] == "Pakaian"


def test_editing_keeps_what_still_exists(client: Client, shop: Shop) -> None:
    made = call(client, shop, "post", "/products", body()).json()["data"]
    before = {tuple(v["options"]): v["id"] for v in made["variants"]}
    change = {
        "name": "Kaos Polos Baru",
        "attributes": [{"name": "Ukuran", "items": ["M", "S", "L"]}],
        "variants": [{"options": [size], "price": 55_000} for size in ("M", "S")] + [{"options": ["L"], "price": 70_000, "stock": 2}],
    }  # fmt: skip
    answer = call(client, shop, "put", f"/products/{made['id']}", change)
    assert answer.status_code == 200, answer.content
    after = answer.json()["data"]
    ids = {v["options"][0]: v["id"] for v in after["variants"]}
    assert (ids["S"], ids["M"]) == (before["S", "Merah"], before["M", "Merah"])
    small = next(v for v in after["variants"] if v["options"] == ["S"])
    assert (small["sku"], small["price"], small["cost_price"], small["on_hand"]) == ("K-S-Merah", 55_000, 20_000, 5)
    assert small["tiers"] == [{"min_qty": 3, "price": 45_000}]
    assert next(v for v in after["variants"] if v["options"] == ["L"])["on_hand"] == 2
    assert after["name"] == "Kaos Polos Baru" and after["slug"] == "kaos-polos"
    with store_scope(shop.store):
        assert Variant.objects.filter(product_id=made["id"], deleted_at__isnull=False).count() == 2


def test_two_variants_swap_sku_and_options(client: Client, shop: Shop) -> None:
    a, b = shop.variants
    change = {
        "attributes": [{"name": "Ukuran", "items": ["100gr", "200gr"]}],
        "variants": [
            {"id": a.pk, "options": ["200gr"], "sku": b.sku},
            {"id": b.pk, "options": ["100gr"], "sku": a.sku},
        ],
    }
    answer = call(client, shop, "put", f"/products/{shop.product.pk}", change)
    assert answer.status_code == 200, answer.content
    rows = {v["id"]: (v["options"], v["sku"]) for v in answer.json()["data"]["variants"]}
    assert rows == {a.pk: (["200gr"], b.sku), b.pk: (["100gr"], a.sku)}


def test_forms_and_orders_are_named_before_a_variant_goes(client: Client, shop: Shop) -> None:
    order = shop.order()
    small, large = shop.variants
    change = {
        "attributes": [{"name": "Ukuran", "items": ["200gr"]}],
        "variants": [{"id": large.pk, "options": ["200gr"]}],
    }
    answer = call(client, shop, "put", f"/products/{shop.product.pk}", change)
    told = refused(answer, 409, code="variants_in_use")
    assert told["forms"] == [{"id": shop.form.pk, "name": "Madu Hutan"}]
    assert told["orders"] == [{"id": order.pk, "number": order.order_number}]
    assert [v["id"] for v in told["variants"]] == [small.pk]
    small.refresh_from_db()
    assert small.deleted_at is None
    assert (
        call(client, shop, "put", f"/products/{shop.product.pk}", change | {"confirm_removal": True}).status_code == 200
    )
    with store_scope(shop.store):
        assert OrderItem.objects.get(order=order).variant_id == small.pk
        assert list(shop.snapshot.variants) == [large.pk]


def test_a_product_that_an_active_form_sells_is_not_deleted(client: Client, shop: Shop) -> None:
    told = refused(call(client, shop, "delete", f"/products/{shop.product.pk}"), 409, code="product_in_use")
    assert told["forms"][0]["name"] == "Madu Hutan" and "Madu Hutan" in told["message"]
    with store_scope(shop.store):
        form_set_status(form_id=shop.form.pk, status="closed", actor=SYSTEM)
    order = shop.variants[0].sku
    assert call(client, shop, "delete", f"/products/{shop.product.pk}").status_code == 204
    assert call(client, shop, "get", f"/products/{shop.product.pk}").status_code == 404
    assert call(client, shop, "get", "/products").json()["total"] == 0
    # the link and the SKU of what was deleted are free again
    check = call(client, shop, "get", "/variants/check-sku", {"sku": order}).json()["data"]
    assert check["available"] is True
    again = call(client, shop, "post", "/products", {"name": "Madu Hutan", "variants": [{"sku": order, "price": 1000}]})
    assert again.status_code == 201 and again.json()["data"]["slug"] == "madu-hutan"


def test_a_copy_is_a_draft_with_its_own_skus_and_no_stock(client: Client, shop: Shop) -> None:
    answer = call(client, shop, "post", f"/products/{shop.product.pk}/duplicate")
    assert answer.status_code == 201, answer.content
    copy = answer.json()["data"]
    assert copy["name"] == "Madu Hutan (Salinan)" and copy["status"] == "draft" and copy["available"] == 0
    assert [v["sku"] for v in copy["variants"]] == [f"{v.sku}-2" for v in shop.variants]
    assert [v["tiers"] for v in copy["variants"]] == [v.tiers for v in shop.variants]
    second = call(client, shop, "post", f"/products/{shop.product.pk}/duplicate").json()["data"]
    assert [v["sku"] for v in second["variants"]] == [f"{v.sku}-3" for v in shop.variants]


def test_the_sample_product_can_be_made_twice_and_sold(client: Client, shop: Shop) -> None:
    for _n in range(2):
        assert call(client, shop, "post", "/products/dummy").json()["data"]["available"] == 40


def test_status_of_product_and_variant_decides_what_a_form_offers(client: Client, shop: Shop) -> None:
    small, large = shop.variants
    assert call(client, shop, "patch", f"/variants/{small.pk}/status", {"status": "inactive"}).status_code == 200
    assert list(shop.snapshot.variants) == [large.pk]
    assert call(client, shop, "patch", f"/products/{shop.product.pk}/status", {"status": "inactive"}).status_code == 200
    assert not shop.snapshot.variants
    refused(call(client, shop, "patch", f"/products/{shop.product.pk}/status", {"status": "x"}), 422, field="status")


def test_a_price_change_makes_forms_price_anew(client: Client, shop: Shop) -> None:
    revision = shop.snapshot.revision
    assert call(client, shop, "put", f"/variants/{shop.variants[0].pk}", {"price": 52_000}).status_code == 200
    assert shop.snapshot.revision > revision and shop.snapshot.variants[shop.variants[0].pk].price == 52_000


def test_sell_when_empty_can_only_be_switched_off_when_nothing_is_oversold(client: Client, shop: Shop) -> None:
    path = f"/products/{shop.product.pk}"
    assert call(client, shop, "put", path, {"sell_when_empty": True}).status_code == 200
    shop.place(items=[{"variant_id": shop.variants[0].pk, "qty": 50}])
    refused(call(client, shop, "put", path, {"sell_when_empty": False}), 409, field="sell_when_empty", code="oversold")
    with store_scope(shop.store):
        assert set(StockLevel.objects.values_list("sell_when_empty", flat=True)) == {True}
        assert Product.objects.get(pk=shop.product.pk).sell_when_empty


def test_a_product_saved_by_somebody_else_meanwhile_is_a_conflict(client: Client, shop: Shop) -> None:
    path = f"/products/{shop.product.pk}"
    seen = call(client, shop, "get", path).json()["data"]["updated_at"]
    assert call(client, shop, "put", path, {"name": "Satu", "expected_updated_at": seen}).status_code == 200
    refused(call(client, shop, "put", path, {"name": "Dua", "expected_updated_at": seen}), 409, code="product_changed")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "x" * 121}, "name"),
    ({"variants": []}, "variants"),
    ({"attributes": [{"name": f"A{n}", "items": ["x"]} for n in range(4)]}, "attributes"),
    ({"attributes": [{"name": n, "items": [str(i) for i in range(100)]} for n in ("A", "B", "C")]}, "attributes"),
    (
        {"attributes": [{"name": "Ukuran", "items": ["S", "s"]}, {"name": "Warna", "items": ["Merah"]}]},
        "attributes.0.items",
    ),
    ({"attributes": [{"name": "Ukuran", "items": ["S"]}, {"name": "ukuran", "items": ["M"]}]}, "attributes.1.name"),
    ({"attributes": [{"name": "Ukuran", "items": []}]}, "attributes.0"),
    ({"attributes": []}, "variants.0.options"),
    ({"image_ids": [999_999]}, "image_ids.0"),
    ({"status": "mati"}, "status"),
]
WRONG_VARIANT: list[tuple[dict[str, Any], str]] = [
    ({"price": -1}, "price"),
    ({"price": 10**12}, "price"),
    ({"price": "murah"}, "price"),
    ({"price": None}, "price"),
    ({"weight_grams": 0}, "weight_grams"),
    ({"weight_grams": 10**9}, "weight_grams"),
    ({"length_cm": 301}, "length_cm"),
    ({"compare_at_price": 50_000}, "compare_at_price"),
    ({"cost_price": -5}, "cost_price"),
    ({"stock": -1}, "stock"),
    ({"tiers": [{"min_qty": 1, "price": 10}]}, "tiers.0.min_qty"),
    ({"tiers": [{"min_qty": 3, "price": 60_000}]}, "tiers"),
    ({"tiers": [{"min_qty": 5, "price": 40_000}, {"min_qty": 3, "price": 30_000}]}, "tiers"),
    ({"options": ["XL", "Merah"]}, "options"),
    ({"options": ["S", "Merah"]}, "options"),
    ({"sku": "K-S-Merah"}, "sku"),
    ({"image_id": 999_999}, "image_id"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_a_wrong_product_is_refused_at_its_field(
    client: Client, shop: Shop, changes: dict[str, Any], field: str
) -> None:
    refused(call(client, shop, "post", "/products", body(**changes)), 422, field=field)
    with store_scope(shop.store):
        assert Product.objects.count() == 1


@pytest.mark.parametrize(("changes", "field"), WRONG_VARIANT)
def test_a_wrong_variant_is_refused_at_its_field(
    client: Client, shop: Shop, changes: dict[str, Any], field: str
) -> None:
    data = body()
    data["variants"][3] |= changes
    refused(call(client, shop, "post", "/products", data), 422, field=f"variants.3.{field}")
    with store_scope(shop.store):
        assert Product.objects.count() == 1 and Variant.objects.count() == 2


def test_a_taken_sku_is_refused_with_suggestions_in_any_case(client: Client, shop: Shop) -> None:
    taken = shop.variants[0].sku.lower()
    told = refused(
        call(client, shop, "post", "/products", {"name": "X", "variants": [{"sku": taken, "price": 1}]}),
        422, field="variants.0.sku", code="sku_taken",
    )  # fmt: skip
    assert told["suggestions"][0] == f"{taken}-2"
    check = call(client, shop, "get", "/products/check-sku", {"sku": taken}).json()["data"]
    assert check == {"available": False, "reason": "taken", "suggestions": told["suggestions"]}
    own = call(client, shop, "get", "/variants/check-sku", {"sku": taken, "exclude": shop.variants[0].pk}).json()
    assert own["data"]["available"] is True
    refused(call(client, shop, "put", f"/variants/{shop.variants[1].pk}", {"sku": taken}), 422, field="sku")
    refused(call(client, shop, "get", "/variants/check-sku", {"sku": " "}), 422, field="sku")


def test_pictures_of_another_store_are_unknown(client: Client, shop: Shop) -> None:
    foreign = picture(make_shop())
    refused(call(client, shop, "post", "/products", body(image_ids=[foreign])), 422, field="image_ids.0")
    path = f"/products/{shop.product.pk}"
    refused(call(client, shop, "put", path, {"image_ids": [foreign]}), 422, field="image_ids.0")
    refused(
        call(client, shop, "put", f"/variants/{shop.variants[0].pk}", {"image_id": foreign}),
        422,
        field="variants.0.image_id",
    )


def test_another_stores_products_do_not_exist(client: Client, shop: Shop) -> None:
    other = make_shop()
    pk, variant = other.product.pk, other.variants[0].pk
    for method, path, data in (
        ("get", f"/products/{pk}", None), ("get", f"/products/{pk}/edit", None), ("get", f"/products/{pk}/variants", None),
        ("put", f"/products/{pk}", {"name": "x"}), ("delete", f"/products/{pk}", None),
        ("patch", f"/products/{pk}/status", {"status": "draft"}), ("post", f"/products/{pk}/duplicate", None),
        ("get", f"/variants/{variant}", None), ("put", f"/variants/{variant}", {"price": 1}),
        ("patch", f"/variants/{variant}/status", {"status": "inactive"}),
    ):  # fmt: skip
        refused(call(client, shop, method, path, data), 404, code="not_found")
    change = {"variants": [{"id": variant, "options": ["100gr"], "price": 1}], "attributes": [{"name": "Ukuran", "items": ["100gr"]}],
              "confirm_removal": True}  # fmt: skip
    call(client, shop, "put", f"/products/{shop.product.pk}", change)
    with store_scope(other.store):
        assert Variant.objects.get(pk=variant).price == 50_000


def test_the_cost_is_seen_and_set_only_with_the_right(client: Client, shop: Shop) -> None:
    path = f"/products/{shop.product.pk}"
    viewer = shop.staff("viewer").user
    assert "cost_price" not in call(client, shop, "get", path, user=viewer).json()["data"]["variants"][0]
    assert "cost_price" in call(client, shop, "get", path).json()["data"]["variants"][0]
    assert call(client, shop, "put", path, {"name": "x"}, user=viewer).status_code == 403
    assert call(client, shop, "post", "/products", body(), user=viewer).status_code == 403
    assert call(client, shop, "delete", path, user=viewer).status_code == 403


def test_repeated_creation_with_one_key_makes_one_product(client: Client, shop: Shop) -> None:
    first = call(client, shop, "post", "/products", body(), HTTP_IDEMPOTENCY_KEY="satu")
    again = call(client, shop, "post", "/products", body(), HTTP_IDEMPOTENCY_KEY="satu")
    assert again.headers["Idempotent-Replayed"] == "true" and again.json() == first.json()
    refused(call(client, shop, "post", "/products", body(name="Lain"), HTTP_IDEMPOTENCY_KEY="satu"), 409)


def _queries(client: Client, shop: Shop, path: str, data: Any = None) -> int:
    headers = shop.bearer()
    client.get(f"/api/v1/store{path}", data, **headers)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(f"/api/v1/store{path}", data, **headers).status_code == 200
    return len(caught)


def test_lists_and_details_cost_the_same_for_ten_times_the_rows(client: Client, shop: Shop) -> None:
    paths: tuple[tuple[str, Any], ...] = (
        ("/products", {"limit": 100}), ("/products", {"keyword": "madu"}), ("/variants", {"limit": 100}),
        (f"/products/{shop.product.pk}", {}), (f"/products/{shop.product.pk}/edit", {}), ("/inventory", {"limit": 100}),
        ("/inventory/ledger", {"limit": 100}), ("/categories", {}),
    )  # fmt: skip
    image = picture(shop)
    with store_scope(shop.store):
        product_update(product_id=shop.product.pk, values={"image_ids": [image]}, actor=SYSTEM)
    few = [_queries(client, shop, path, data) for path, data in paths]
    with store_scope(shop.store):
        sizes = [str(n) for n in range(20)]
        product_update(
            product_id=shop.product.pk, confirm_removal=True,
            values={"attributes": [{"name": "Ukuran", "items": sizes}],
                    "variants": [VariantInput([s], 1000, image_id=image) for s in sizes]}, actor=SYSTEM,
        )  # fmt: skip
        for n in range(20):
            product_create(store=shop.store, name=f"Madu {n}", category_name=f"K{n}", image_ids=[image],
                           variants=[VariantInput([], 1000, stock=5)], actor=SYSTEM)  # fmt: skip
    assert [_queries(client, shop, path, data) for path, data in paths] == few


def test_bulk_edit_previews_applies_per_row_and_undoes(client: Client, shop: Shop) -> None:
    a, b = shop.variants  # 50.000, and 90.000 with a tier at 80.000
    edit = {"ids": [shop.product.pk], "field": "price", "mode": "percent", "value": "-15", "round_to": 100}
    preview = call(client, shop, "post", "/products/bulk", edit | {"preview": True}).json()
    assert [(r["before"], r["after"], r["ok"]) for r in preview["data"]] == [
        (50_000, 42_500, True),
        (90_000, 76_500, False),
    ]
    assert (preview["succeeded"], preview["failed"]) == (1, 1)
    a.refresh_from_db()
    assert a.price == 50_000
    done = call(client, shop, "post", "/products/bulk", edit).json()
    assert done["change_id"] and shop.snapshot.variants[a.pk].price == 42_500
    b.refresh_from_db()
    assert b.price == 90_000
    undone = call(client, shop, "post", f"/products/bulk/{done['change_id']}/undo").json()
    assert undone["succeeded"] == 1 and shop.snapshot.variants[a.pk].price == 50_000
    refused(call(client, shop, "post", f"/products/bulk/{done['change_id']}/undo"), 409, code="already_undone")


def test_an_undo_leaves_what_somebody_changed_since(client: Client, shop: Shop) -> None:
    edit = {"target": "variants", "ids": [v.pk for v in shop.variants], "field": "weight", "value": "700"}
    done = call(client, shop, "post", "/products/bulk", edit).json()
    call(client, shop, "put", f"/variants/{shop.variants[1].pk}", {"weight_grams": 900})
    rows = call(client, shop, "post", f"/products/bulk/{done['change_id']}/undo").json()["data"]
    assert [(r["ok"], r["code"], r["after"]) for r in rows] == [(True, "ok", 300), (False, "changed_since", 900)]


def test_bulk_status_and_category(client: Client, shop: Shop) -> None:
    other = make_shop()
    ids = [shop.product.pk, other.product.pk]
    rows = call(client, shop, "post", "/products/bulk", {"ids": ids, "field": "category", "value": "Madu"}).json()
    assert [(r["ok"], r["code"]) for r in rows["data"]] == [(True, "ok"), (False, "not_found")]
    call(client, shop, "post", "/products/bulk", {"ids": ids, "field": "status", "value": "draft"})
    row = call(client, shop, "get", "/products").json()["data"][0]
    assert (row["category"], row["status"]) == ("Madu", "draft")
    call(client, shop, "post", f"/products/bulk/{rows['change_id']}/undo")
    assert call(client, shop, "get", "/products").json()["data"][0]["category"] is None
    with store_scope(other.store):
        assert Product.objects.get(pk=other.product.pk).status == "active"
    for bad, field in (({"value": "mahal"}, "value"), ({"mode": "percent", "value": "-100"}, "value"), ({"value": "-1"}, "value"),
                       ({"field": "nama"}, "field"), ({"ids": []}, "ids"), ({"field": "status", "value": "x"}, "value")):  # fmt: skip
        base = {"ids": [shop.product.pk], "field": "price", "value": "1"}
        refused(call(client, shop, "post", "/products/bulk", base | bad), 422, field=field)
    answer = call(client, other, "post", f"/products/bulk/{rows['change_id']}/undo")
    refused(answer, 404)


def test_a_deleted_product_stays_on_its_orders(client: Client, shop: Shop) -> None:
    order = shop.order()
    with store_scope(shop.store):
        form_set_status(form_id=shop.form.pk, status="closed", actor=SYSTEM)
        product_delete(product_id=shop.product.pk, actor=SYSTEM)
    item = call(client, shop, "get", f"/orders/{order.pk}").json()["data"]["items"][0]
    assert (item["name"], item["sku"]) == ("Madu Hutan", shop.variants[0].sku)
