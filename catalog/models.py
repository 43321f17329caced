"""Products, variants, stock and vouchers (product.md §5)."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from bosonline.tenancy import StoreOwned
from stores.models import Warehouse


class Category(StoreOwned):
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint("store", Lower("name"), name="category_once")]


class Image(StoreOwned):
    """A re-encoded upload. ``sizes`` maps width in px to the file's path below the media root."""

    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sizes = models.JSONField(default=dict)
    alt = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)


class Product(StoreOwned):
    """What is sold. Price, SKU and weight live on its variants; a product without attributes has one variant."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        INACTIVE = "inactive", _("Inactive")

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140)
    description = models.TextField(blank=True, default="", max_length=10_000)
    category = models.ForeignKey(Category, null=True, on_delete=models.SET_NULL, related_name="products")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    # [{"name": "Ukuran", "items": ["100gr", "200gr"]}], at most three
    attributes = models.JSONField(default=list, blank=True)
    sell_when_empty = models.BooleanField(default=False)
    marking = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "slug"], name="product_slug_once", condition=Q(deleted_at__isnull=True)
            ),
        ]
        indexes = [models.Index(fields=["store", "-id"], name="product_store")]

    def __str__(self) -> str:
        return self.name


class ProductImage(StoreOwned):
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="product_images")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "image"], name="productimage_once")]


class Variant(StoreOwned):
    """The thing that has a price, a weight and a stock. Money in rupiah, weight in grams, sizes in cm."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField(max_length=60)
    # ["100gr", "Merah"]: one item of each of the product's attributes, in their order
    options = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    price = models.PositiveBigIntegerField()
    compare_at_price = models.PositiveBigIntegerField(null=True)
    cost_price = models.PositiveBigIntegerField(default=0)
    weight_grams = models.PositiveIntegerField(default=1000)
    length_cm = models.PositiveSmallIntegerField(default=10)
    width_cm = models.PositiveSmallIntegerField(default=10)
    height_cm = models.PositiveSmallIntegerField(default=10)
    image = models.ForeignKey(Image, null=True, on_delete=models.SET_NULL, related_name="+")
    # [{"min_qty": 3, "price": 45000}], ascending
    tiers = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                "store", Lower("sku"), name="variant_sku_once", condition=Q(deleted_at__isnull=True)
            ),
            models.UniqueConstraint(
                fields=["product", "options"], name="variant_options_once", condition=Q(deleted_at__isnull=True)
            ),
            models.CheckConstraint(condition=Q(price__lte=1_000_000_000), name="variant_price_sane"),
            models.CheckConstraint(condition=Q(weight_grams__range=(1, 99_000)), name="variant_weight_sane"),
        ]
        indexes = [models.Index(fields=["store", "-id"], name="variant_store")]

    @property
    def name(self) -> str:
        return " / ".join(self.options)


class StockLevel(StoreOwned):
    """Pieces of a variant in a warehouse. ``available = on_hand − reserved``.

    ``sell_when_empty`` repeats the product's switch so that the database itself can refuse to oversell.
    """

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="levels")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+")
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    sell_when_empty = models.BooleanField(default=False)
    # set while the level is at or below the store's limit: the alert is told once per fall
    low_since = models.DateTimeField(null=True)
    # pieces that orders took in the last 28 days, refreshed by the hour: what the days of cover are computed from
    sold_recently = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["store", "-id"], name="stocklevel_store"),
            models.Index(fields=["store", "low_since"], name="stocklevel_low", condition=Q(low_since__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["variant", "warehouse"], name="stocklevel_once"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stocklevel_reserved_positive"),
            models.CheckConstraint(
                condition=Q(sell_when_empty=True) | Q(on_hand__gte=F("reserved")), name="stocklevel_not_oversold"
            ),
        ]

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class StockEntry(StoreOwned):
    """The ledger: one row per change of a level; append-only by a trigger. The level equals its sum."""

    class Kind(models.TextChoices):
        SET = "set", _("Stock count")
        ADJUST = "adjust", _("Adjustment")
        RESERVE = "reserve", _("Reserved by an order")
        RELEASE = "release", _("Released")
        COMMIT = "commit", _("Shipped")
        RESTOCK = "restock", _("Return received")
        TRANSFER = "transfer", _("Moved between warehouses")

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+", db_index=False)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    on_hand_before = models.IntegerField()
    on_hand_after = models.IntegerField()
    reserved_before = models.IntegerField()
    reserved_after = models.IntegerField()
    reason = models.CharField(max_length=200, db_default="", default="")
    order_id = models.BigIntegerField(null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["store", "variant", "-id"], name="stockentry_variant"),
            models.Index(fields=["order_id"], name="stockentry_order", condition=Q(order_id__isnull=False)),
            # a few bytes per range of blocks: costs an order nothing and serves "the last 28 days"
            BrinIndex(fields=["created_at"], name="stockentry_age", autosummarize=True),
        ]


class Voucher(StoreOwned):
    """A discount code. Percent values are whole per cent, fixed ones rupiah; dates are the store's days."""

    class Kind(models.TextChoices):
        PRODUCT = "product", "DISKON PRODUK"
        SHIPPING = "ongkir", "DISKON ONGKIR"

    class ValueType(models.TextChoices):
        PERCENT = "percent"
        FIXED = "fixed"

    class Target(models.TextChoices):
        ALL = "all"
        AREA = "area"
        COURIER = "courier"

    # a voucher without an end or without a quota: the same columns, so that every reader counts alike
    FOREVER = date(2999, 12, 31)
    UNLIMITED = 1_000_000

    code = models.CharField(max_length=30)
    description = models.CharField(max_length=200, blank=True, default="")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value_type = models.CharField(max_length=8, choices=ValueType.choices)
    value = models.PositiveBigIntegerField()
    max_discount = models.PositiveBigIntegerField(null=True)
    start_date = models.DateField()
    end_date = models.DateField()
    stock = models.PositiveIntegerField(default=0)
    used = models.PositiveIntegerField(default=0)
    voucher_limit = models.PositiveIntegerField(default=1)
    min_purchase = models.PositiveBigIntegerField(default=0)
    min_qty = models.PositiveIntegerField(default=0)
    payment_methods = ArrayField(models.CharField(max_length=15), default=list, blank=True)
    apply_target_type = models.CharField(max_length=8, choices=Target.choices, default=Target.ALL)
    province_codes = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    courier_codes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    products: models.ManyToManyField[Product, Product] = models.ManyToManyField(
        Product, related_name="+", blank=True, db_table="catalog_voucherproduct"
    )
    is_active = models.BooleanField(default=True)
    # offered to every buyer of a form; a code that is not listed works when it is typed
    is_listed = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["store", "-id"], name="voucher_store")]
        constraints = [
            models.UniqueConstraint(
                "store", Lower("code"), name="voucher_code_once", condition=Q(deleted_at__isnull=True)
            ),
            models.CheckConstraint(condition=Q(used__lte=F("stock")), name="voucher_not_overused"),
            models.CheckConstraint(condition=Q(end_date__gte=F("start_date")), name="voucher_dates"),
            models.CheckConstraint(
                condition=Q(value_type="fixed", value__gt=0) | Q(value_type="percent", value__range=(1, 100)),
                name="voucher_value",
            ),
        ]


class VoucherUse(StoreOwned):
    """One redemption. ``released_at`` is set when the order was cancelled and the use given back."""

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="uses")
    order_id = models.BigIntegerField()
    phone = models.CharField(max_length=16)
    amount = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["voucher", "order_id"], name="voucheruse_once")]
        indexes = [
            models.Index(fields=["voucher", "phone"], name="voucheruse_phone", condition=Q(released_at__isnull=True)),
            models.Index(fields=["order_id"], name="voucheruse_order"),
        ]


class BulkChange(StoreOwned):
    """One bulk edit with what was there before, so that it can be undone as long as nobody changed a row since."""

    field = models.CharField(max_length=12)
    # {"mode": "set|add|percent", "value": …, "round_to": 1}
    change = models.JSONField(default=dict)
    # [{"id": 7, "before": 50000, "after": 45000}]: variants for price and weight, products for status and category
    rows = models.JSONField(default=list)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["store", "-id"], name="bulkchange_store")]


class ImportRun(StoreOwned):
    """One uploaded file on its way through the wizard: columns mapped → dry run → applied."""

    class Kind(models.TextChoices):
        PRODUCTS = "products", _("Products")
        VARIANTS = "variants", _("Variants")
        INVENTORY = "inventory", _("Inventory")

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("Columns to be mapped")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        APPLYING = "applying", _("Being imported")
        APPLIED = "applied", _("Imported")
        FAILED = "failed", _("Failed")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.UPLOADED)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    filename = models.CharField(max_length=200)
    file = models.CharField(max_length=300)
    headers = models.JSONField(default=list)
    sample = models.JSONField(default=list)
    rows_total = models.PositiveIntegerField(default=0)
    # {"column of the file": "field"}
    mapping = models.JSONField(default=dict)
    skip_errors = models.BooleanField(default=False)
    # {"new", "changed", "unchanged", "errors"}
    counts = models.JSONField(default=dict)
    # the first rows of each kind: [{"row": 2, "kind": "new", "sku": "…", "changes": {…}, "errors": {…}}]
    report = models.JSONField(default=list)
    error = models.CharField(max_length=500, blank=True, default="")
    job_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["store", "-id"], name="importrun_store")]


class ImportMapping(StoreOwned):
    """What a store's columns meant last time: ``{"nama barang": "product"}`` per kind of import."""

    kind = models.CharField(max_length=10, choices=ImportRun.Kind.choices)
    columns = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "kind"], name="importmapping_once")]
