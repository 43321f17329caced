from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from bosonline.tenancy import StoreOwned
from catalog.models import Product, Variant
from forms.models import OrderForm
from orders.models.customers import Customer
from sellers.models import Membership
from stores.models import District, Warehouse

REAL = Q(is_test=False)


class Order(StoreOwned):
    """Pesanan. Five independent axes (product.md §7), a bill in whole rupiah and a copy of what the buyer typed.

    The axes are written only by ``orders.services.transitions``; the bill only by placing and editing.
    """

    class Status(models.TextChoices):
        NEW = "new", _("New")
        CONFIRMED = "confirmed", _("Confirmed")
        PROCESSING = "processing", _("Processing")
        READY = "ready", _("Ready to ship")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")
        RETURNING = "returning", _("Being returned")
        RETURNED = "returned", _("Returned")
        CLOSED = "closed", _("Closed")

    class PaymentStatus(models.TextChoices):
        UNPAID = "unpaid", _("Unpaid")
        WAITING = "waiting_verification", _("Waiting for verification")
        PARTIAL = "partially_paid", _("Partially paid")
        PAID = "paid", _("Paid")
        CONFLICT = "conflict", _("Amount differs")
        EXPIRED = "expired", _("Expired")
        REFUNDED = "refunded", _("Refunded")
        COD_PENDING = "cod_pending", _("COD not collected")
        COD_COLLECTED = "cod_collected", _("COD collected")
        SETTLED = "settled", _("Settled")

    class ShippingStatus(models.TextChoices):
        NONE = "none", _("Not booked")
        BOOKING = "booking", _("Being booked")
        BOOKED = "booked", _("Booked")
        AWAITING_PICKUP = "awaiting_pickup", _("Awaiting pickup")
        PICKED_UP = "picked_up", _("Picked up")
        IN_TRANSIT = "in_transit", _("In transit")
        OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
        PROBLEM = "problem", _("Delivery problem")
        DELIVERED = "delivered", _("Delivered")
        RETURN_IN_TRANSIT = "return_in_transit", _("Return in transit")
        RETURNED = "returned", _("Returned")
        LOST = "lost", _("Lost")
        DAMAGED = "damaged", _("Damaged")
        CANCELLED = "cancelled", _("Cancelled")

    class FollowUpStatus(models.TextChoices):
        NOT_CONTACTED = "not_contacted", _("Not contacted")
        IN_PROGRESS = "in_progress", _("In progress")
        NO_ANSWER = "no_answer", _("No answer")
        CALLBACK = "callback", _("Call back")
        UNREACHABLE = "unreachable", _("Unreachable")
        DONE = "done", _("Done")

    class Risk(models.TextChoices):
        CLEAR = "clear", _("Clear")
        WATCH = "watch", _("Watch")
        SUSPICIOUS = "suspicious", _("Suspicious")
        BLOCKED = "blocked", _("Blocked")
        CLEARED = "cleared", _("Cleared")

    class Method(models.TextChoices):
        COD = "cod", _("Cash on delivery (COD)")
        BANK_TRANSFER = "bank_transfer", _("Bank transfer")
        VA = "va", _("Virtual account")
        QRIS = "qris", "QRIS"

    class Source(models.TextChoices):
        FORM = "form", _("Order form")
        MANUAL = "manual", _("Entered by staff")
        IMPORT = "import", _("Import")

    order_number = models.CharField(max_length=16)
    token = models.CharField(max_length=30)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.FORM)
    is_test = models.BooleanField(default=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders", db_index=False)
    form = models.ForeignKey(OrderForm, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", db_index=False)

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.NEW)
    payment_status = models.CharField(max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.UNPAID)
    shipping_status = models.CharField(max_length=20, choices=ShippingStatus.choices, default=ShippingStatus.NONE)
    followup_status = models.CharField(
        max_length=14, choices=FollowUpStatus.choices, default=FollowUpStatus.NOT_CONTACTED
    )
    risk = models.CharField(max_length=10, choices=Risk.choices, default=Risk.CLEAR)
    risk_reasons = models.JSONField(default=list)

    # what the buyer typed; the customer row may change later, the order may not
    buyer_name = models.CharField(max_length=80)
    buyer_phone = models.CharField(max_length=16)
    buyer_email = models.EmailField(blank=True, default="")
    district = models.ForeignKey(District, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    district_name = models.CharField(max_length=80, blank=True, default="")
    city_name = models.CharField(max_length=80, blank=True, default="")
    province_name = models.CharField(max_length=60, blank=True, default="")
    street = models.CharField(max_length=200, blank=True, default="")
    landmark = models.CharField(max_length=100, blank=True, default="")
    postal_code = models.CharField(max_length=5, blank=True, default="")
    note = models.CharField(max_length=1000, blank=True, default="")
    fields = models.JSONField(default=dict)

    courier_code = models.CharField(max_length=20, blank=True, default="")
    courier_name = models.CharField(max_length=60, blank=True, default="")
    service_code = models.CharField(max_length=20, blank=True, default="")
    service_name = models.CharField(max_length=60, blank=True, default="")
    etd = models.CharField(max_length=20, blank=True, default="")
    # the chosen service collects cash at this address; NULL where nobody asked (older orders)
    cod_covered = models.BooleanField(null=True)
    weight_grams = models.PositiveIntegerField(default=0)
    awb = models.CharField(max_length=40, blank=True, default="")

    goods = models.BigIntegerField()
    discount = models.BigIntegerField(default=0)
    shipping = models.BigIntegerField(default=0)
    shipping_discount = models.BigIntegerField(default=0)
    insurance = models.BigIntegerField(default=0)
    other_fee = models.BigIntegerField(default=0)
    other_fee_name = models.CharField(max_length=40, blank=True, default="")
    method_fee = models.BigIntegerField(default=0)
    cod_fee = models.BigIntegerField(default=0)
    cod_fee_bp = models.PositiveIntegerField(default=0)
    cod_fee_payer = models.CharField(max_length=6, default="buyer")
    cod_round = models.PositiveSmallIntegerField(default=0, db_default=0)
    unique_code = models.PositiveSmallIntegerField(default=0)
    total = models.BigIntegerField()
    # what the order was promised when it was placed (orders.services.terms): later edits are priced by it
    terms = models.JSONField(null=True)
    cost_of_goods = models.BigIntegerField(default=0)
    quantity = models.PositiveIntegerField(default=1)

    payment_method = models.CharField(max_length=15, choices=Method.choices)
    payment_channel = models.CharField(max_length=20, blank=True, default="")
    paid_amount = models.BigIntegerField(default=0)
    payment_due_at = models.DateTimeField(null=True)

    assigned_to = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    assigned_reason = models.CharField(max_length=80, blank=True, default="")
    followup_attempts = models.PositiveSmallIntegerField(default=0)
    first_contact_at = models.DateTimeField(null=True)
    last_contact_at = models.DateTimeField(null=True)
    next_followup_at = models.DateTimeField(null=True)

    utm = models.JSONField(default=dict)
    event_ids = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")
    tags = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    possible_duplicate_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    label_printed_at = models.DateTimeField(null=True)
    invoice_printed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # constraints and not unique=True, which would add a second index for LIKE to each
            models.UniqueConstraint(fields=["order_number"], name="order_number_once"),
            models.UniqueConstraint(fields=["token"], name="order_token_once"),
            models.CheckConstraint(
                condition=Q(
                    total=F("goods")
                    - F("discount")
                    + F("shipping")
                    - F("shipping_discount")
                    + F("insurance")
                    + F("other_fee")
                    + F("method_fee")
                    + F("unique_code")
                    + F("cod_round")
                    + models.Case(models.When(cod_fee_payer="buyer", then=F("cod_fee")), default=0)
                )
                | Q(total=0),
                name="order_bill_adds_up",
            ),
            models.CheckConstraint(condition=Q(discount__gte=0, discount__lte=F("goods")), name="order_discount"),
            models.CheckConstraint(
                condition=Q(shipping_discount__gte=0, shipping_discount__lte=F("shipping")),
                name="order_shipping_discount",
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_positive"),
        ]
        indexes = [
            # the list (orders/lists.py): each filter and each sort has one; those without the values of a new order
            # cost placing nothing
            models.Index(fields=["store", "created_at", "id"], name="order_by_time", condition=REAL),
            models.Index(fields=["store", "status", "created_at", "id"], name="order_by_status", condition=REAL),
            models.Index(fields=["store", "payment_method", "created_at", "id"], name="order_by_method", condition=REAL),
            models.Index(fields=["store", "courier_code", "created_at", "id"], name="order_by_courier", condition=REAL),
            models.Index(fields=["store", "total", "id"], name="order_by_total", condition=REAL),
            models.Index(fields=["store", "buyer_name", "id"], name="order_by_name", condition=REAL),
            models.Index(
                fields=["store", "payment_status", "created_at", "id"], name="order_by_payment",
                condition=REAL & ~Q(payment_status__in=["unpaid", "cod_pending"]),
            ),
            models.Index(
                fields=["store", "shipping_status", "created_at", "id"], name="order_by_shipping",
                condition=REAL & ~Q(shipping_status="none"),
            ),
            models.Index(
                fields=["store", "followup_status", "created_at", "id"], name="order_by_followup",
                condition=REAL & ~Q(followup_status="not_contacted"),
            ),
            models.Index(
                fields=["store", "risk", "created_at", "id"], name="order_by_risk", condition=REAL & ~Q(risk="clear")
            ),
            models.Index(fields=["store", "paid_at"], name="order_by_paid", condition=Q(paid_at__isnull=False)),
            models.Index(fields=["store", "shipped_at"], name="order_by_shipped", condition=Q(shipped_at__isnull=False)),
            models.Index(
                fields=["store", "delivered_at"], name="order_by_delivered", condition=Q(delivered_at__isnull=False)
            ),
            models.Index(fields=["assigned_to", "store", "created_at", "id"], name="order_by_cs", condition=REAL),
            models.Index(fields=["form", "store", "created_at", "id"], name="order_by_form"),
            models.Index(fields=["customer", "-id"], name="order_customer"),
            models.Index(fields=["awb"], name="order_awb", condition=~Q(awb="")),
            models.Index(fields=["store", "buyer_phone", "-created_at"], name="order_store_phone"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.order_number

    @property
    def is_cod(self) -> bool:
        return self.payment_method == self.Method.COD

    @property
    def is_held(self) -> bool:
        """In "Mencurigakan": visible, but not to be worked or shipped before someone cleared it."""
        return self.risk in (self.Risk.SUSPICIOUS, self.Risk.BLOCKED)


class OrderItem(StoreOwned):
    """A line of the order: names and prices as they were when it was placed (rupiah, grams)."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="+", db_index=False)
    product_name = models.CharField(max_length=120)
    variant_name = models.CharField(max_length=200, blank=True, default="")
    sku = models.CharField(max_length=60, blank=True, default="")
    qty = models.PositiveIntegerField()
    unit_price = models.BigIntegerField()
    total = models.BigIntegerField()
    cost_price = models.BigIntegerField(default=0)
    weight_grams = models.PositiveIntegerField(default=0)
    is_bump = models.BooleanField(default=False)
    package_name = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(qty__gte=1), name="orderitem_qty")]
        indexes = [models.Index(fields=["store", "variant", "-id"], name="orderitem_variant")]


class OrderNote(StoreOwned):
    """An internal note; buyers never see it."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.CharField(max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)
