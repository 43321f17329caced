"""``manage.py seed_demo``: a believable store with products, a form, staff and some hundred orders in all states.

Everything goes through the same services as real use, so stock, timeline and money agree; only the dates are moved
back afterwards so that the reports have a history.
"""

from __future__ import annotations

import random
import secrets
import zoneinfo
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.utils import timezone, translation
from PIL import Image as Pillow
from PIL import ImageDraw

from bosonline.actor import BOSCOD, SYSTEM, Actor
from bosonline.models import OutboxMessage
from bosonline.tenancy import store_scope
from catalog.models import Image, Product, ProductImage, Variant, Voucher
from catalog.services.images import image_store
from catalog.services.products import VariantInput, product_create
from forms.models import AbandonedCheckout, FormStat
from forms.pricing import basket_of
from forms.services.abandoned import abandoned_capture
from forms.services.copies import forms_duplicate
from forms.services.forms import form_create, form_publish
from forms.services.rates import Quote, quote_sign
from forms.snapshot import Snapshot, snapshot_of
from orders.models import Order, Payment, Shipment, TrackingEvent
from orders.money.receipts import gateway_paid, payment_confirm
from orders.services.followups import followup_record, followup_result
from orders.services.placement import Caller, CheckoutInput, order_place
from orders.services.status import order_event, order_lock
from sellers.models import Membership, Role, User
from sellers.rights import PRESETS
from sellers.services.accounts import account_register, preset_role, user_create
from stores.models import Notification, Store, Warehouse
from stores.queries import areas_search
from stores.services.stores import bank_account_create, store_update, subdomain_set, warehouse_create

SUBDOMAIN = "madu"
ORDERS = 320
NAMES = ("Siti Aminah", "Budi Santoso", "Dewi Lestari", "Agus Prasetyo", "Rina Wulandari", "Hendra Gunawan", "Sri Rahayu",
         "Eko Saputra", "Maya Sari", "Joko Susilo", "Fitri Handayani", "Andi Wijaya", "Nur Hidayah", "Bambang Hartono",
         "Yuliana", "Rudi Hermawan", "Wahyu Nugroho", "Lina Marlina", "Dedi Kurniawan", "Ani Suryani")  # fmt: skip
STREETS = ("Jl. Melati No. 5 RT 02/03", "Jl. Diponegoro 17", "Perum Griya Asri Blok C4", "Dusun Krajan RT 01 RW 02",
           "Jl. Pahlawan Gang 3 No. 8", "Jl. Ahmad Yani 120", "Komplek Permata Hijau D12")  # fmt: skip
AREAS = ("juwana pati", "gambir jakarta", "lowokwaru malang", "coblong bandung", "gubeng surabaya", "mlati sleman",
         "medan petisah", "panakkukang makassar", "denpasar selatan", "tembalang semarang", "cilandak", "sukolilo surabaya")  # fmt: skip
COURIERS = (
    ("idx", "ID Express", "03", 12_000),
    ("jnt", "J&T Express", "EZ", 14_000),
    ("sicepat", "SiCepat", "REG", 13_000),
)
# how the orders are spread over the states
PLAN = (("new", 46), ("confirmed", 28), ("processing", 14), ("ready", 22), ("shipped", 58), ("problem", 12), ("delivered", 40),
        ("completed", 50), ("returning", 10), ("returned", 10), ("cancelled", 22), ("held", 8))  # fmt: skip


class Command(BaseCommand):
    help = "Seed a demo store (does nothing when it exists)"

    def handle(self, *args: Any, **options: Any) -> None:
        if Store.objects.filter(subdomain=SUBDOMAIN).exists():
            return
        self.random = random.Random(7)  # noqa: S311 - the same demo every time
        throttle, settings.THROTTLE_ENABLED = settings.THROTTLE_ENABLED, False
        try:
            with translation.override("id"), transaction.atomic():
                self._seed()
        finally:
            settings.THROTTLE_ENABLED = throttle

    def _seed(self) -> None:
        password = secrets.token_urlsafe(9)
        user, store = account_register(
            name="Ratna Sari",
            email="pemilik@demo.bosonline.id",
            phone="081200000001",
            password=password,
            store_name="Madu Nusantara",
        )
        with store_scope(store):
            self.store = store
            subdomain_set(store=store, name=SUBDOMAIN, actor=SYSTEM)
            store_update(store=store, whatsapp="081200000001", address="Juwana, Pati, Jawa Tengah",
                         invoice_note="Terima kasih sudah berbelanja di Madu Nusantara.", actor=SYSTEM)  # fmt: skip
            User.objects.filter(pk=user.pk).update(email_confirmed_at=timezone.now())
            store.onboarded_at = timezone.now()
            store.save(update_fields=["onboarded_at"])
            self._warehouse()
            self._staff(password)
            self.owner = self._member(user)
            self._products()
            self._form()
            snapshot = snapshot_of(store.pk, "madu-hutan", fresh=True)
            assert snapshot is not None
            self._orders(snapshot)
            self._traffic(snapshot)
            self._move_timeline_back()
            # the history is old news: no messages about it
            OutboxMessage.objects.filter(payload__store_id=store.pk).exclude(topic="warehouse.register").update(
                done_at=timezone.now()
            )
            Notification.objects.all().delete()
        path = Path(settings.VAR_DIR) / "demo-logins.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f"log-in (owner)  pemilik@demo.bosonline.id  {password}\nlog-in (CS)     cs@demo.bosonline.id       {password}\n"
            f"log-in (gudang) gudang@demo.bosonline.id   {password}\n"
        )
        self.stdout.write("demo store seeded")

    def _warehouse(self) -> None:
        area = areas_search("juwana pati")[0]
        warehouse = warehouse_create(
            store=self.store, name="Gudang Juwana", contact_name="Ratna Sari", phone="081200000001",
            district_id=area.district_id, address="Jl. Silugonggo No. 12, Bakaran Kulon", postal_code="", actor=SYSTEM,
        )  # fmt: skip
        self.warehouse = Warehouse.objects.get(pk=warehouse.pk)
        bank_account_create(store=self.store, bank_code="014", number="0123456789", holder="Ratna Sari", actor=SYSTEM)
        bank_account_create(
            store=self.store, bank_code="002", number="001201000123456", holder="Ratna Sari", actor=SYSTEM
        )

    def _staff(self, password: str) -> None:
        for preset in PRESETS:
            preset_role(preset)
        for name, email, phone, preset in (
            ("Dian Pertiwi", "cs@demo.bosonline.id", "081200000002", "customer_service"),
            ("Rizki Maulana", "cs2@demo.bosonline.id", "081200000003", "customer_service"),
            ("Slamet Riyadi", "gudang@demo.bosonline.id", "081200000004", "warehouse"),
        ):
            person = user_create(name=name, email=email, phone=phone, password=password, email_confirmed=True)
            Membership.objects.create(store=self.store, user=person, role=Role.objects.get(preset=preset, store=None))

    def _member(self, user: User) -> Actor:
        membership = Membership.objects.select_related("role").get(user=user)
        return Actor(user, None, membership, self.store, membership.role.granted)

    def _products(self) -> None:
        honey = product_create(
            store=self.store,
            name="Madu Hutan",
            description="Madu hutan murni dari Gunung Muria, dipanen dan disaring tanpa pemanasan.",
            category_name="Madu",
            attributes=[{"name": "Ukuran", "items": ["250gr", "500gr"]}],
            variants=[
                VariantInput(["250gr"], 65_000, "MH-250", 80_000, 32_000, 350, stock=900),
                VariantInput(["500gr"], 115_000, "MH-500", 150_000, 58_000, 650, stock=700,
                             tiers=[{"min_qty": 3, "price": 105_000}]),
            ], actor=SYSTEM,
        )  # fmt: skip
        ginger = product_create(
            store=self.store,
            name="Jahe Merah Bubuk",
            description="Jahe merah asli digiling halus, tanpa gula.",
            category_name="Herbal",
            variants=[VariantInput([], 35_000, "JMB-150", None, 14_000, 200, stock=400)],
            actor=SYSTEM,
        )
        propolis = product_create(
            store=self.store,
            name="Propolis Tetes",
            category_name="Madu",
            variants=[VariantInput([], 90_000, "PRO-10", 120_000, 40_000, 100, stock=7)],
            actor=SYSTEM,
        )
        for product, colours in (
            (honey, ("#f6c453", "#b45309")),
            (ginger, ("#f3d9c4", "#9a3412")),
            (propolis, ("#d9c7a8", "#57371b")),
        ):
            self._picture(product, *colours)
        today = timezone.now().date()
        Voucher.objects.create(
            store=self.store, code="HEMAT10", description="Diskon 10% sampai Rp 20.000", kind=Voucher.Kind.PRODUCT,
            value_type="percent", value=10, max_discount=20_000, start_date=today - timedelta(days=30),
            end_date=today + timedelta(days=60), stock=100, voucher_limit=2,
        )  # fmt: skip
        self.honey, self.ginger = honey, ginger

    def _picture(self, product: Product, light: str, dark: str) -> None:
        """A drawn jar: the demo needs a picture, and none may be taken from elsewhere."""
        import io

        canvas = Pillow.new("RGB", (1080, 1080), light)
        draw = ImageDraw.Draw(canvas)
        draw.ellipse((90, 760, 990, 1010), fill=_mix(light, "#000000", 0.12))
        draw.rounded_rectangle((300, 300, 780, 900), 90, fill=dark)
        draw.rounded_rectangle((335, 210, 745, 330), 28, fill=_mix(dark, "#000000", 0.35))
        draw.rounded_rectangle((350, 480, 730, 760), 24, fill="#fffaf0")
        draw.rounded_rectangle((400, 545, 680, 580), 12, fill=dark)
        draw.rounded_rectangle((440, 620, 640, 642), 10, fill=_mix(dark, "#ffffff", 0.45))
        draw.rounded_rectangle((460, 670, 620, 690), 10, fill=_mix(dark, "#ffffff", 0.45))
        draw.rounded_rectangle((330, 360, 365, 820), 18, fill=_mix(dark, "#ffffff", 0.3))
        buffer = io.BytesIO()
        canvas.save(buffer, "PNG")
        buffer.seek(0)
        buffer.size = buffer.getbuffer().nbytes  # type: ignore[attr-defined]  # what an upload has
        image = image_store(store=self.store, upload=buffer, alt=product.name, actor=SYSTEM)
        ProductImage.objects.create(store=self.store, product=product, image=Image.objects.get(pk=image.pk))

    def _form(self) -> None:
        small, large = Variant.objects.filter(product=self.honey).order_by("position")
        bump = Variant.objects.get(product=self.ginger)
        form = form_create(
            store=self.store,
            name="Madu Hutan",
            slug="madu-hutan",
            content={
                "title": "Madu Hutan Murni Gunung Muria",
                "headline": "Dipanen petani Muria, disaring tanpa pemanasan.",
                "variant_ids": [small.pk, large.pk],
                "packages": [
                    {"id": "hemat", "name": "Beli 2 gratis 1 (250gr)", "items": [{"variant_id": small.pk, "qty": 3}],
                     "price": 130_000, "compare_at_price": 195_000, "best_value": True},
                    {"id": "keluarga", "name": "Paket keluarga 3 × 500gr", "items": [{"variant_id": large.pk, "qty": 3}],
                     "price": 299_000, "compare_at_price": 345_000},
                ],
                "payment_methods": [
                    {"method": "cod"}, {"method": "bank_transfer"}, {"method": "va", "fee": 4_000},
                    {"method": "qris", "fee": -2_000, "note": "Hemat Rp 2.000"},
                ],
                "shipping_subsidy": {"kind": "fixed", "value": 5_000, "min_goods": 100_000},
                "bump": {"variant_id": bump.pk, "title": "Tambah Jahe Merah Rp 25.000", "text": "Hemat Rp 10.000, ikut di paket yang sama.",
                         "price": 25_000},
                "benefits": ["Madu murni tanpa campuran", "Bisa bayar di tempat (COD)", "Ganti baru bila pecah di jalan"],
                "faqs": [{"q": "Berapa lama sampai?", "a": "Pulau Jawa 1–3 hari, luar Jawa 3–6 hari."}],
            },
            actor=self.owner,
        )  # fmt: skip
        form_publish(form=form, actor=self.owner)

    def _traffic(self, snapshot: Snapshot) -> None:
        """What the orders came from: views and starts per day, buyers who stopped halfway, a copy that is tried out."""
        zone = zoneinfo.ZoneInfo(self.store.time_zone)
        per_day = Counter(at.astimezone(zone).date() for at in Order.objects.values_list("created_at", flat=True))
        FormStat.objects.bulk_create(
            FormStat(store=self.store, form_id=snapshot.form_id, day=day, views=count * 29 + day.day, starts=count * 7)
            for day, count in per_day.items()
        )
        area = areas_search("juwana pati")[0]
        for minutes, name in ((24, "Wulan"), (70, "Pak Darto"), (160, "")):
            row, _token = abandoned_capture(
                snapshot=snapshot, phone=f"08157{self.random.randint(1_000_000, 9_999_999)}", name=name,
                data={"area": f"{area.district}, {area.city}", "street": "Jl. Kartini 8"} if name else {},
            )  # fmt: skip
            AbandonedCheckout.objects.filter(pk=row.pk).update(updated_at=timezone.now() - timedelta(minutes=minutes))
        forms_duplicate(store=self.store, form_ids=[snapshot.form_id], actor=self.owner)

    # -- orders ----------------------------------------------------------------------------------------------------

    def _orders(self, snapshot: Snapshot) -> None:
        areas = [found[0] for text in AREAS if (found := areas_search(text))]
        now = timezone.now()
        states = [state for state, count in PLAN for _n in range(count)]
        self.random.shuffle(states)
        cs = list(Membership.objects.select_related("user", "role").filter(role__preset="customer_service"))
        self.members = [Actor(m.user, None, m, self.store, m.role.granted) for m in cs]
        for index, state in enumerate(states[:ORDERS]):
            fresh = state in ("new", "held", "confirmed")
            age = timedelta(
                minutes=self.random.randint(3, 60 * 30) if fresh else self.random.randint(60 * 36, 60 * 24 * 40)
            )
            self._order(snapshot, areas, state, now - age, index)

    def _order(self, snapshot: Snapshot, areas: list[Any], state: str, at: Any, index: int) -> None:
        pick = self.random
        area, courier = pick.choice(areas), pick.choice(COURIERS)
        method = pick.choices(["cod", "bank_transfer", "va", "qris"], [72, 16, 8, 4])[0]
        if state in ("problem", "returning", "returned"):
            method = "cod"
        variants = list(snapshot.variants.values())
        package = pick.choice([None, None, "hemat", "keluarga"])
        items = (
            []
            if package
            else [{"variant_id": variants[pick.randint(0, 1)].variant_id, "qty": pick.choice([1, 1, 2, 3])}]
        )
        bump = pick.random() < 0.25
        basket = basket_of(snapshot, items=items, package_id=package, bump=bump)
        quote = quote_sign(
            snapshot,
            Quote(
                courier[0], courier[1], courier[2], "", courier[3], "2-3", True, basket.weight_grams, area.district_id
            ),
        )
        placed = order_place(
            store_id=self.store.pk,
            data=CheckoutInput(
                form_slug=snapshot.slug,
                name=pick.choice(NAMES),
                phone=f"0813{pick.randint(10_000_000, 99_999_999)}",
                payment_method=method,
                payment_channel={"va": "BCA", "qris": "QRIS"}.get(method, ""),
                items=items,
                package_id=package,
                bump=bump,
                district_id=area.district_id,
                street=pick.choice(STREETS),
                landmark=pick.choice(["", "", "dekat masjid", "seberang sekolah"]),
                courier_quote=quote,
                utm={"source": pick.choice(["facebook", "tiktok", "instagram"])},
                trap="x" if state == "held" else "",
            ),
            caller=Caller(ip=f"10.{pick.randint(0, 255)}.{index % 250}.{pick.randint(1, 250)}", user_agent="demo"),
        )
        order = order_lock(placed.order_id)
        try:
            self._advance(order, state, method, at)
        finally:
            self._move_back(placed.order_id, at)

    def _advance(self, order: Order, state: str, method: str, at: Any) -> None:
        pick, s = self.random, Order.Status
        if state in ("new", "held"):
            if state == "new" and pick.random() < 0.4:
                attempt = followup_record(order_id=order.pk, actor=pick.choice(self.members))
                followup_result(
                    followup_id=attempt.followup.pk, actor=pick.choice(self.members),
                    result=pick.choice(["no_answer", "later", "will_pay"]),
                )  # fmt: skip
            if method in ("va", "qris"):
                self._issue(order)
            return
        if state == "cancelled":
            order_event(order=order, status=s.CANCELLED, actor=BOSCOD, reason="buyer_cancelled")
            return
        if method == "cod":
            order_event(order=order, status=s.CONFIRMED, actor=BOSCOD, reason="buyer_confirmed")
        elif method == "bank_transfer":
            payment_confirm(order_id=order.pk, amount=order.total, actor=self.owner)
        else:
            self._issue(order)
            reference = Payment.objects.get(order=order).reference or ""
            gateway_paid(reference=reference, paid_amount=order.total, gateway_payment_id=f"DEMO{order.pk}", paid_at=at)
        order.refresh_from_db()
        if state == "confirmed":
            return
        self._parcel(order, state, at)

    def _issue(self, order: Order) -> None:
        payment = Payment.objects.get(order=order)
        payment.status = Payment.Status.PENDING
        payment.va_number = f"22691{9_000_000_000 + order.pk}" if payment.method == "va" else ""
        payment.save(update_fields=["status", "va_number"])

    def _parcel(self, order: Order, state: str, at: Any) -> None:
        s = Order.Status
        target = s.SHIPPED if state == "problem" else Order.Status(state)
        shipping = {
            "processing": "booked", "ready": "awaiting_pickup", "shipped": "in_transit", "problem": "problem",
            "delivered": "delivered", "completed": "delivered", "returning": "return_in_transit", "returned": "returned",
        }[state]  # fmt: skip
        awb = "" if state == "processing" else f"IDE{700_000_000 + order.pk}"
        shipment = Shipment.objects.create(
            store=self.store, order=order, order_code=order.order_number, courier_code=order.courier_code,
            service_code=order.service_code, is_own_courier=True, awb=awb, status=shipping, cost=order.shipping,
            cod_amount=order.total if order.is_cod else 0, weight_grams=max(order.weight_grams, 500),
            contents="Madu", booked_at=at + timedelta(hours=3), ordered_at=at + timedelta(hours=3),
            courier_text="Paket gagal dikirim: penerima tidak di tempat" if state == "problem" else "",
        )  # fmt: skip
        if state not in ("processing", "ready"):
            TrackingEvent.objects.create(
                store=self.store, shipment=shipment, note="Paket telah diterima oleh JUWANA", branch="JUWANA",
                occurred_at=at + timedelta(hours=20),
            )  # fmt: skip
        order.awb, order.shipping_status = awb, shipping
        order.save(update_fields=["awb", "shipping_status"])
        if target == s.RETURNED:
            order_event(order=order, status=s.RETURNING, actor=BOSCOD)
        if state in ("delivered", "completed"):
            order_event(order=order, status=s.DELIVERED, actor=BOSCOD)
        order_event(order=order, status=target, actor=BOSCOD)

    def _move_timeline_back(self) -> None:
        """The timeline's lines follow their orders; a trigger guards them otherwise."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE bosonline_timelineentry DISABLE TRIGGER timeline_append_only")
            cursor.execute(
                "UPDATE bosonline_timelineentry t SET created_at = LEAST(o.created_at + (t.id - f.first) *"
                " interval '40 minutes', now()) FROM orders_order o, (SELECT subject_id, min(id) AS first"
                " FROM bosonline_timelineentry WHERE subject = 'order' GROUP BY subject_id) f"
                " WHERE t.subject = 'order' AND t.subject_id = o.id AND f.subject_id = o.id AND o.store_id = %s",
                [self.store.pk],
            )
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE bosonline_timelineentry ENABLE TRIGGER timeline_append_only")

    def _move_back(self, order_id: int, at: Any) -> None:
        """Shift every date of the order by its age."""
        days = {
            "confirmed_at": 0.1,
            "paid_at": 0.1,
            "shipped_at": 1.0,
            "delivered_at": 3.0,
            "completed_at": 6.0,
            "cancelled_at": 0.3,
        }
        order = Order.objects.get(pk=order_id)
        fields = {"created_at": at} | {
            name: min(at + timedelta(days=offset), timezone.now())
            for name, offset in days.items()
            if getattr(order, name)
        }
        if order.next_followup_at:
            fields["next_followup_at"] = at + timedelta(minutes=15)
        if order.payment_due_at:
            fields["payment_due_at"] = max(at + timedelta(hours=24), timezone.now() + timedelta(hours=2))
            Payment.objects.filter(order=order).update(expires_at=fields["payment_due_at"])
        Order.objects.filter(pk=order_id).update(**fields)


def _mix(first: str, second: str, share: float) -> str:
    """``share`` of the second colour in the first one."""
    a, b = (tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in (first, second))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))
