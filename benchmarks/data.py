"""A shop with 200 variants, filled by ``COPY``, and valid order bodies for wrk."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection

from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from catalog.models import Product, Variant
from catalog.services.products import slug_for
from forms.pricing import basket_of
from forms.services.forms import form_create, form_publish
from forms.services.rates import Quote, quote_sign
from forms.snapshot import snapshot_of
from sellers.services.accounts import account_register
from stores.services.stores import bank_account_create, subdomain_set, warehouse_create

JUWANA, GAMBIR = 15780, 14910
VARIANTS, STOCK, PRICE = 200, 50_000_000, 50_000


@dataclass
class BenchShop:
    store: int
    subdomain: str
    form: int
    slug: str
    warehouse: int
    product: int
    variants: list[int]
    quote: str


def bench_shop(*methods: str) -> BenchShop:
    """Everything by services except the variants and levels, which come by ``COPY``."""
    _user, store = account_register(
        name="Bench", email="bench@bosonline.id", phone="081111111111", password="Bench-rahasia-1", store_name="Bench"
    )
    with store_scope(store):
        subdomain_set(store=store, name="bench", actor=SYSTEM)
        warehouse = warehouse_create(store=store, name="G", contact_name="Bench", phone="081234567890", district_id=JUWANA,
                                     address="Jl. Silugonggo No. 12", actor=SYSTEM)  # fmt: skip
        bank_account_create(store=store, bank_code="014", number="1234567890", holder="Bench", actor=SYSTEM)
        product = Product.objects.create(
            store=store, name="Madu", slug=slug_for(store, "Madu", Product),
            attributes=[{"name": "Ukuran", "items": [f"{n} gr" for n in range(VARIANTS)]}],
        )  # fmt: skip
        _copy_variants(store.pk, product.pk, warehouse.pk)
        variants = list(Variant.objects.filter(product=product).order_by("position").values_list("pk", flat=True))
        form = form_create(
            store=store, name="Madu", slug="madu",
            content={"variant_ids": variants, "payment_methods": [{"method": m} for m in ("cod", "bank_transfer", *methods)],
                     "headline": "Madu hutan murni", "benefits": ["Murni", "COD", "Garansi"]}, actor=SYSTEM,
        )  # fmt: skip
        form_publish(form=form, actor=SYSTEM)
        snapshot = snapshot_of(store.pk, "madu", fresh=True)
        assert snapshot is not None
        basket = basket_of(snapshot, items=[{"variant_id": variants[0], "qty": 2}], package_id=None, bump=False)
        quote = quote_sign(
            snapshot, Quote("idx", "ID Express", "03", "", 15_000, "2-3", True, basket.weight_grams, GAMBIR)
        )
    return BenchShop(store.pk, "bench", form.pk, "madu", warehouse.pk, product.pk, variants, quote)


def _copy_variants(store: int, product: int, warehouse: int) -> None:
    columns = "store_id, product_id, sku, options, price, cost_price, weight_grams, length_cm, width_cm, height_cm, tiers, position, is_active"
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY catalog_variant ({columns}) FROM STDIN") as copy:
            for n in range(VARIANTS):
                copy.write_row((store, product, f"B-{n}", [f"{n} gr"], PRICE, 20_000, 300, 5, 5, 5, "[]", n, True))
        cursor.execute(
            "INSERT INTO catalog_stocklevel (store_id, variant_id, warehouse_id, on_hand, reserved, sell_when_empty)"
            " SELECT store_id, id, %s, %s, 0, false FROM catalog_variant WHERE product_id = %s",
            [warehouse, STOCK, product],
        )
        cursor.execute(
            "INSERT INTO catalog_stockentry (store_id, variant_id, warehouse_id, kind, on_hand_before, on_hand_after,"
            " reserved_before, reserved_after, reason) SELECT store_id, id, %s, 'set', 0, %s, 0, 0, '' FROM catalog_variant"
            " WHERE product_id = %s",
            [warehouse, STOCK, product],
        )


def lua(shop: BenchShop, *, hot: bool) -> str:
    """A wrk script whose every request is another valid order: two variants of 200, or always the same one."""
    plain: dict[str, Any] = {
        "store": shop.store,
        "warehouse": shop.warehouse,
        "form": shop.form,
        "product": shop.product,
    }
    body = {
        "form": shop.slug, "store": shop.subdomain, "items": "@ITEMS@",
        "customer": {"name": "Siti Aminah", "phone": "@PHONE@"},
        "address": {"district_id": GAMBIR, "street": "Jl. Melati 5 RT 02 RW 03", "landmark": "dekat masjid"},
        "courier_quote": shop.quote, "payment_method": "cod", "note": "tolong cepat", "utm": {"source": "fb"},
        "plain": plain | {"items": "@PLAIN@"},
    }  # fmt: skip
    text = json.dumps(body)
    item = '{{"variant_id": %d, "qty": 1{price}}}'
    items = "[" + (item.format(price="") if hot else item.format(price="") + ", " + item.format(price="")) + "]"
    priced = items.replace('"qty": 1', f'"qty": 1, "price": {PRICE}')
    count = 1 if hot else 2
    choose = f"local a = ids[{1 if hot else 'math.random(#ids)'}]\n" + (
        "" if hot else "  local b = ids[math.random(#ids)]\n  if a == b then b = ids[(a - ids[1] + 1) % #ids + 1] end\n"
    )
    pick = ", ".join(["a", "b"][:count])
    return f"""
local ids = {{{", ".join(map(str, shop.variants))}}}
local body = [==[{text}]==]
math.randomseed(os.time())
local run = tostring(math.random(1, 1000000000))
local n = 0
local function fill(text, mark, with)
  local from, to = string.find(text, mark, 1, true)
  return string.sub(text, 1, from - 1) .. with .. string.sub(text, to + 1)
end
request = function()
  n = n + 1
  {choose}
  local filled = fill(body, '"@ITEMS@"', string.format('{items}', {pick}))
  filled = fill(filled, '"@PLAIN@"', string.format('{priced}', {pick}))
  filled = fill(filled, "@PHONE@", string.format("0812%08d", math.random(10000000, 99999999)))
  return wrk.format("POST", nil, {{["Content-Type"] = "application/json", ["Idempotency-Key"] = run .. "-" .. n}}, filled)
end
"""
