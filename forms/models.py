"""Order forms and what happens on them before an order exists (product.md §6)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from bosonline.ids import public_token
from bosonline.tenancy import StoreOwned
from catalog.models import Product
from stores.models import Warehouse


class OrderForm(StoreOwned):
    """Form Order. ``draft`` is what the editor autosaves, the published version is what buyers get.

    ``revision`` grows with everything a buyer's price depends on (publishing, variants, stock switches):
    an order is placed only against the revision its bill was computed from.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        CLOSED = "closed", _("Closed")

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+")
    draft = models.JSONField(default=dict)
    # counts the saves of the draft, so that two open editors notice each other
    draft_rev = models.PositiveIntegerField(default=0, db_default=0)
    # the page after ordering (forms/success.py); NULL until the seller makes one
    success = models.JSONField(null=True)
    published = models.ForeignKey("FormVersion", null=True, on_delete=models.PROTECT, related_name="+")
    revision = models.BigIntegerField(default=1)
    opens_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)
    quota = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "slug"], name="orderform_slug_once", condition=Q(deleted_at__isnull=True)
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published__isnull=False), name="orderform_published_version"
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(closes_at__gt=models.F("opens_at")),
                name="orderform_schedule",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FormerLink(StoreOwned):
    """An address a form has left: advertisements that still use it lead on. Another form may take it over."""

    form = models.ForeignKey(OrderForm, on_delete=models.CASCADE, related_name="former_links")
    slug = models.SlugField(max_length=60, db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "slug"], name="formerlink_once")]


class FormVersion(StoreOwned):
    """A published state of a form; can be restored."""

    form = models.ForeignKey(OrderForm, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "number"], name="formversion_once")]


class FormProduct(StoreOwned):
    """Which products the published version sells: for refusing deletion and for invalidation."""

    form = models.ForeignKey(OrderForm, on_delete=models.CASCADE, related_name="form_products")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="form_products")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "product"], name="formproduct_once")]


class FormStat(StoreOwned):
    """Views and starts per form and (store's) day. Filled from Redis counters: never a write per view."""

    form = models.ForeignKey(OrderForm, on_delete=models.CASCADE, related_name="stats")
    day = models.DateField()
    views = models.PositiveIntegerField(default=0)
    starts = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "day"], name="formstat_once")]


class AbandonedCheckout(StoreOwned):
    """A buyer who gave a valid phone and has not ordered (yet). One open row per form and phone.

    ``token`` writes and belongs to the page that began it; ``recovery`` reads and is only in the seller's link. Who knows a
    phone number learns neither.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        CONVERTED = "converted", _("Converted")
        DISMISSED = "dismissed", _("Dismissed")

    form = models.ForeignKey(OrderForm, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=30, unique=True)
    recovery = models.CharField(max_length=30, unique=True, default=public_token)
    phone = models.CharField(max_length=16)
    name = models.CharField(max_length=80, blank=True, default="")
    data = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    order_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form", "phone"], name="abandoned_once", condition=Q(status="open"))
        ]
        indexes = [models.Index(fields=["store", "status", "-updated_at"], name="abandoned_list")]


class RestockWish(StoreOwned):
    """A buyer who found everything sold out and wants to hear when it is back. One waiting row per form and phone."""

    form = models.ForeignKey(OrderForm, on_delete=models.CASCADE, related_name="restock_wishes", db_index=False)
    phone = models.CharField(max_length=16)
    created_at = models.DateTimeField(db_default=Now())
    # the seller heard that the stock is back; the buyer was written to
    alerted_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["form", "phone"], name="restockwish_once", condition=Q(told_at__isnull=True)
            )
        ]
        indexes = [models.Index(fields=["form", "-id"], name="restockwish_list")]


class Provider(models.TextChoices):
    """Where conversion events go."""

    META = "meta", "Meta"
    TIKTOK = "tiktok", "TikTok"
    GOOGLE = "google", "Google Analytics"


class PixelToken(StoreOwned):
    """A provider's access token for events from the server. Encrypted; shown to nobody again."""

    encrypted = ("token",)

    provider = models.CharField(max_length=8, choices=Provider.choices)
    pixel_id = models.CharField(max_length=40)
    token = models.TextField()
    # the provider's own way to watch events without counting them
    test_code = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "provider", "pixel_id"], name="pixeltoken_once")]


class ConversionEvent(StoreOwned):
    """One event for one pixel, sent from the server: the log the seller sees (product.md §13)."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Not sent")

    form = models.ForeignKey(OrderForm, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    order_id = models.BigIntegerField()
    provider = models.CharField(max_length=8, choices=Provider.choices)
    pixel_id = models.CharField(max_length=40)
    name = models.CharField(max_length=20)
    event_id = models.CharField(max_length=64)
    value = models.BigIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    # what is sent, personal data already hashed
    payload = models.JSONField(default=dict)
    reply = models.TextField(blank=True, default="", max_length=1000)
    attempts = models.PositiveSmallIntegerField(default=0)
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_id", "provider", "pixel_id", "name"], name="conversion_once")
        ]
        indexes = [models.Index(fields=["store", "-id"], name="conversion_list")]


class RedirectHost(StoreOwned):
    """A host the store's success pages may send buyers to."""

    host = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "host"], name="redirecthost_once")]


class BlockEntry(StoreOwned):
    """Blacklist of a store: an order that fits is held in "Mencurigakan", never lost."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("Phone")
        IP = "ip", _("IP address")
        ADDRESS = "address", _("Part of the address")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.CharField(max_length=120)
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "kind", "value"], name="blockentry_once")]
