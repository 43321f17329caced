"""A shop in one call, made by the same services as real ones."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from bosonline.actor import SYSTEM, Actor
from bosonline.tenancy import store_scope
from catalog.models import Product, StockLevel, Variant, Voucher
from catalog.services.products import VariantInput, product_create
from forms.models import OrderForm
from forms.pricing import basket_of
from forms.services.forms import form_create, form_publish
from forms.services.rates import Quote, quote_sign
from forms.snapshot import Snapshot, snapshot_of
from orders.models import Order
from orders.services.placement import Caller, CheckoutInput, Placed, order_place
from sellers.models import LoginSession, Membership, User
from sellers.services.accounts import account_register, preset_role, user_create
from sellers.services.sessions import session_open
from sellers.tokens import access_token
from stores.models import Store, Warehouse
from stores.queries import district_of
from stores.services.stores import bank_account_create, subdomain_set, warehouse_create

JUWANA, GAMBIR = 15780, 14910
PASSWORD = "Rahasia-sekali-9"
_numbers = itertools.count(1)


@dataclass
class Shop:
    store: Store
    user: User
    owner: Actor
    product: Product
    variants: list[Variant]
    form: OrderForm
    warehouse: Warehouse
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def snapshot(self) -> Snapshot:
        found = snapshot_of(self.store.pk, self.form.slug, fresh=True)
        assert found is not None
        return found

    def level(self, index: int = 0) -> StockLevel:
        with store_scope(self.store):
            return StockLevel.objects.get(variant=self.variants[index], warehouse=self.warehouse)

    def token(self, user: User | None = None) -> str:
        session = session_open(
            user=user or self.user, store=self.store, kind=LoginSession.Kind.API, ip="127.0.0.1", user_agent="test"
        )
        return access_token(session)

    def bearer(self, user: User | None = None) -> dict[str, str]:
        return {"HTTP_AUTHORIZATION": f"Bearer {self.token(user)}"}

    def staff(self, preset: str) -> Actor:
        n = next(_numbers)
        user = user_create(name=f"Staf {n}", email=f"staf{n}@uji.id", phone=f"0857{n:08d}", password=PASSWORD)
        membership = Membership.objects.create(store=self.store, user=user, role=preset_role(preset))
        return Actor(user, None, membership, self.store, membership.role.granted)

    def quote(self, checkout: CheckoutInput, *, price: int = 15_000, cod: bool = True, courier: str = "idx") -> str:
        basket = basket_of(self.snapshot, items=checkout.items, package_id=checkout.package_id, bump=checkout.bump)
        return quote_sign(
            self.snapshot,
            Quote(
                courier, "ID Express", "03", "", price, "2-3", cod, basket.weight_grams, checkout.district_id or GAMBIR
            ),
        )

    def checkout(self, **changes: Any) -> CheckoutInput:
        """A valid submit; ``changes`` replace its parts. The quote fits unless one is given."""
        values: dict[str, Any] = {
            "form_slug": self.form.slug,
            "name": "Siti Aminah",
            "phone": "081234567890",
            "payment_method": "cod",
            "items": [] if changes.get("package_id") else [{"variant_id": self.variants[0].pk, "qty": 1}],
            "district_id": GAMBIR,
            "street": "Jl. Melati 5 RT 02",
        } | changes
        checkout = CheckoutInput(**values)
        if checkout.courier_quote:
            return checkout
        return CheckoutInput(**{**values, "courier_quote": self.quote(checkout)})

    def place(self, *, idempotency: tuple[str, str] | None = None, is_test: bool = False, **changes: Any) -> Placed:
        return order_place(
            store_id=self.store.pk, data=self.checkout(**changes), caller=Caller("10.0.0.1", "test"),
            idempotency=idempotency, is_test=is_test,
        )  # fmt: skip

    def order(self, **changes: Any) -> Order:
        placed = self.place(**changes)
        with store_scope(self.store):
            return Order.objects.get(pk=placed.order_id)

    def body(self, **changes: Any) -> dict[str, Any]:
        """The JSON of ``POST /checkout/orders``."""
        data = self.checkout(**{k: v for k, v in changes.items() if k != "raw"})
        body = {
            "form": data.form_slug,
            "store": self.store.subdomain,
            "items": data.items,
            "package_id": data.package_id,
            "bump": data.bump,
            "customer": {"name": data.name, "phone": data.phone},
            "address": {"district_id": data.district_id, "street": data.street},
            "courier_quote": data.courier_quote,
            "payment_method": data.payment_method,
            "voucher_codes": data.voucher_codes,
        }
        return body | changes.get("raw", {})


def make_shop(*, stock: int = 10, **content: Any) -> Shop:
    n = next(_numbers)
    user, store = account_register(
        name="Ratna Sari", email=f"pemilik{n}@uji.id", phone=f"0811{n:08d}", password=PASSWORD, store_name=f"Toko {n}"
    )
    with store_scope(store):
        subdomain_set(store=store, name=f"toko{n}", actor=SYSTEM)
        warehouse = warehouse_create(
            store=store, name="Gudang", contact_name="Ratna", phone="081234567890", district_id=JUWANA,
            address="Jl. Silugonggo No. 12", actor=SYSTEM,
        )  # fmt: skip
        assert district_of(JUWANA) is not None
        bank_account_create(store=store, bank_code="014", number=f"12345678{n:04d}", holder="Ratna Sari", actor=SYSTEM)
        product = product_create(
            store=store,
            name="Madu Hutan",
            attributes=[{"name": "Ukuran", "items": ["100gr", "200gr"]}],
            variants=[
                VariantInput(["100gr"], 50_000, f"M{n}-100", None, 20_000, 300, stock=stock),
                VariantInput(["200gr"], 90_000, f"M{n}-200", None, 40_000, 500, stock=stock,
                             tiers=[{"min_qty": 3, "price": 80_000}]),
            ], actor=SYSTEM,
        )  # fmt: skip
        variants = list(product.variants.order_by("position"))
        defaults: dict[str, Any] = {
            "variant_ids": [v.pk for v in variants],
            "payment_methods": [{"method": m} for m in ("cod", "bank_transfer", "va", "qris")],
        }
        form = form_create(store=store, name="Madu Hutan", content=defaults | content, actor=SYSTEM)
        form_publish(form=form, actor=SYSTEM)
        form.refresh_from_db()
        membership = Membership.objects.select_related("role").get(user=user)
    owner = Actor(user, None, membership, store, membership.role.granted)
    return Shop(store, user, owner, product, variants, form, warehouse)


def make_products(shop: Shop, count: int) -> list[int]:
    """``Kaos Motif 0`` (SKU KD-0) and so on: a catalogue longer than a list shows. Their variants' ids."""
    with store_scope(shop.store):
        return [
            product_create(
                store=shop.store, name=f"Kaos Motif {n}", variants=[VariantInput([], 50_000, f"KD-{n}")], actor=SYSTEM
            ).variants.get().pk
            for n in range(count)
        ]  # fmt: skip


def make_voucher(shop: Shop, **changes: Any) -> Voucher:
    from datetime import date, timedelta

    values: dict[str, Any] = {
        "code": f"HEMAT{next(_numbers)}", "kind": "product", "value_type": "fixed", "value": 10_000, "stock": 1,
        "voucher_limit": 1, "start_date": date.today() - timedelta(days=2), "end_date": date.today() + timedelta(days=2),
    } | changes  # fmt: skip
    products = values.pop("products", [])
    with store_scope(shop.store):
        voucher: Voucher = Voucher.objects.create(store=shop.store, **values)
        voucher.products.set(products)
    return voucher
