"""The tenant and what belongs to a shop before it sells anything."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from bosonline.files import picture_url
from bosonline.tenancy import StoreOwned

COLOUR = RegexValidator(r"^#[0-9a-f]{6}$", _("Use a colour such as #0f766e."))


class Store(models.Model):
    """A shop: the tenant. Its options change behaviour only through services."""

    class Zone(models.TextChoices):
        WIB = "Asia/Jakarta", "WIB"
        WITA = "Asia/Makassar", "WITA"
        WIT = "Asia/Jayapura", "WIT"

    class CodFeePayer(models.TextChoices):
        BUYER = "buyer", _("Buyer")
        SELLER = "seller", _("Seller")

    name = models.CharField(max_length=80)
    subdomain = models.CharField(max_length=40, unique=True, null=True)
    # the own domain that links use; kept beside its Domain row so that a link costs no query. Empty: the subdomain.
    link_host = models.CharField(max_length=253, blank=True, default="", db_default="")
    # the file's name in the storage; templates show ``logo_url``
    logo = models.CharField(max_length=200, blank=True, default="")
    colour = models.CharField(max_length=7, default="#0f766e", validators=[COLOUR])
    whatsapp = models.CharField(max_length=16, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    time_zone = models.CharField(max_length=20, choices=Zone.choices, default=Zone.WIB)
    invoice_heading = models.CharField(max_length=120, blank=True, default="", db_default="")
    invoice_note = models.CharField(max_length=300, blank=True, default="")

    unique_code_enabled = models.BooleanField(default=True)
    cod_fee_payer = models.CharField(max_length=6, choices=CodFeePayer.choices, default=CodFeePayer.BUYER)
    # COD totals go up to the next Rp 500 or 1.000: no buyer has Rp 142.449 in cash. 0: as they are
    cod_round_to = models.PositiveSmallIntegerField(
        choices=[(0, _("Exact amount")), (500, "Rp 500"), (1000, "Rp 1.000")], default=0, db_default=0
    )
    payment_hours = models.PositiveSmallIntegerField(default=24)
    cancel_when_expired = models.BooleanField(default=True)
    complete_after_days = models.PositiveSmallIntegerField(default=7)
    duplicate_window_hours = models.PositiveSmallIntegerField(default=24)
    low_stock_at = models.PositiveSmallIntegerField(default=5)

    marking = models.CharField(max_length=40, blank=True, default="")
    is_active = models.BooleanField(default=True)
    onboarding = models.JSONField(default=dict, blank=True)
    onboarded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(subdomain__isnull=True) | Q(subdomain__regex=r"^[a-z0-9]([a-z0-9-]{1,38}[a-z0-9])?$"),
                name="store_subdomain_form",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone_label(self) -> str:
        return self.Zone(self.time_zone).label

    @property
    def logo_url(self) -> str:
        return picture_url(self.logo)


class Domain(StoreOwned):
    """A host name of the store: its subdomain, an old one that redirects, or an own domain.

    Always lower case ASCII (punycode). A subdomain's row is the database's promise that nobody else gets the name:
    it stays through ``redirect_until``, which is empty for the current one.
    """

    class Kind(models.TextChoices):
        SUBDOMAIN = "subdomain"
        CUSTOM = "custom"

    hostname = models.CharField(max_length=253)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    is_default = models.BooleanField(default=False)
    txt_token = models.CharField(max_length=60, blank=True, default="")
    verified_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    check_result = models.JSONField(default=dict, blank=True)
    # as of the last look-up that got an answer: buyers reach us under this name
    points_here = models.BooleanField(default=False, db_default=False)
    # since when the daily look-up of a verified domain has found something wrong
    failing_since = models.DateTimeField(null=True)
    redirect_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Only a proved name is exclusive: anyone may try, the one who controls the DNS gets it.
            models.UniqueConstraint(
                Lower("hostname"), name="domain_verified_once", condition=Q(verified_at__isnull=False)
            ),
            models.UniqueConstraint(fields=["store", "hostname"], name="domain_store_hostname"),
            models.UniqueConstraint(fields=["store"], name="domain_one_default", condition=Q(is_default=True)),
        ]


class Province(models.Model):
    """``code`` is Kemendagri's (33 = Jawa Tengah)."""

    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=60)
    boscod_id = models.IntegerField(null=True)


class City(models.Model):
    code = models.CharField(max_length=5, primary_key=True)
    province = models.ForeignKey(Province, on_delete=models.PROTECT, related_name="cities")
    name = models.CharField(max_length=80)
    boscod_id = models.IntegerField(null=True)


class District(models.Model):
    """Kecamatan: the unit of address. ``boscod_id`` is the courier side's id; the public API speaks it too."""

    code = models.CharField(max_length=8, primary_key=True)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="districts")
    name = models.CharField(max_length=80)
    boscod_id = models.IntegerField(null=True, unique=True)
    postal_codes = ArrayField(models.CharField(max_length=5), default=list)
    # "juwana pati jawa tengah 59185 …": what the one-box search matches, lower case and unaccented
    search_text = models.TextField(default="")
    # "bajomulyo|bakaran kulon|…": the villages, for addresses that name only theirs
    village_text = models.TextField(default="", db_default="")

    class Meta:
        # read all day, written with a new data package: no list of pending entries that every search would walk
        indexes = [
            GinIndex(fields=["search_text"], name="district_search", opclasses=["gin_trgm_ops"], fastupdate=False),
            GinIndex(fields=["village_text"], name="district_villages", opclasses=["gin_trgm_ops"], fastupdate=False),
        ]

    @property
    def label(self) -> str:
        return f"{self.name}, {self.city.name}, {self.city.province.name}"


class RegionWord(models.Model):
    """A word of the regions' names, for finding what a misspelt one may have meant."""

    word = models.CharField(max_length=80, primary_key=True)

    class Meta:
        indexes = [GinIndex(fields=["word"], name="regionword_alike", opclasses=["gin_trgm_ops"], fastupdate=False)]


class Village(models.Model):
    code = models.CharField(max_length=13, primary_key=True)
    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="villages")
    name = models.CharField(max_length=80)
    postal_code = models.CharField(max_length=5)


class RegionMatch(models.Model):
    """What a run of ``boscod_match`` could not match, by name, in both directions."""

    districts = models.PositiveIntegerField()
    unmatched_theirs = models.JSONField(default=list)
    unmatched_ours = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)


class Courier(models.Model):
    """A courier BosCOD offers. Rates are basis points; ``volumetric_divisor`` is cm³ per kg."""

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=60)
    volumetric_divisor = models.PositiveIntegerField(default=6000)
    cod_fee_bp = models.PositiveIntegerField(default=300)
    cod_fee_min = models.PositiveIntegerField(default=0)
    insurance_bp = models.PositiveIntegerField(default=20)
    is_active = models.BooleanField(default=True)


class Bank(models.Model):
    """``code`` is the bank's clearing code (014 = BCA)."""

    code = models.CharField(max_length=4, primary_key=True)
    name = models.CharField(max_length=60)
    short_name = models.CharField(max_length=20)


class BankAccount(StoreOwned):
    """Rekening: where buyers transfer to."""

    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=24, validators=[RegexValidator(r"^\d{6,24}$")])
    holder = models.CharField(max_length=80)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "bank", "number"], name="bankaccount_once", condition=Q(deleted_at__isnull=True)
            ),
            models.UniqueConstraint(fields=["store"], name="bankaccount_one_default", condition=Q(is_default=True)),
            models.CheckConstraint(condition=Q(number__regex=r"^\d{6,24}$"), name="bankaccount_digits"),
        ]


class Warehouse(StoreOwned):
    """Gudang: a pick-up point. Couriers collect here once BosCOD knows it."""

    class BosCodState(models.TextChoices):
        UNREGISTERED = "unregistered"
        PENDING = "pending"
        REGISTERED = "registered"
        FAILED = "failed"

    name = models.CharField(max_length=50)
    contact_name = models.CharField(max_length=50)
    phone = models.CharField(max_length=16)
    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="+")
    address = models.CharField(max_length=300)
    postal_code = models.CharField(max_length=5, blank=True, default="")
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    boscod_pickup_id = models.IntegerField(null=True)
    boscod_state = models.CharField(max_length=12, choices=BosCodState.choices, default=BosCodState.UNREGISTERED)
    boscod_error = models.CharField(max_length=200, blank=True, default="")
    deleted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store"], name="warehouse_one_default", condition=Q(is_default=True)),
        ]


class Notification(StoreOwned):
    """A line in the bell. ``user`` NULL: everyone in the store who may hear of its kind (``stores.notices``)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30)
    # what its words are made of when it is read
    facts = models.JSONField(default=dict, blank=True, db_default={})
    # words of lines from before facts were kept; they go when those lines have
    title = models.CharField(max_length=120, blank=True, default="", db_default="")
    body = models.CharField(max_length=300, blank=True, default="", db_default="")
    url = models.CharField(max_length=200, blank=True, default="", db_default="")
    # the order it is about: only who may see that order hears of it
    order_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["store", "-id"], name="notification_store")]


class NotificationState(models.Model):
    """A user's bell in a store: how far it was read (one row instead of one per line) and what they want to hear of."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    last_id = models.BigIntegerField(default=0)
    # lines above ``last_id`` that were opened one by one
    read_ids = ArrayField(models.BigIntegerField(), default=list, blank=True, db_default=[])
    # groups of ``stores.notices.GROUPS`` that this user does not want in the bell
    muted = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    digest = models.BooleanField(default=False)
    digest_sent_on = models.DateField(null=True)

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "store"], name="notificationread_once")]


class Announcement(models.Model):
    """A word of the platform to sellers (``announcement``) or a hint how to do better (``tip``), in both languages."""

    class Kind(models.TextChoices):
        ANNOUNCEMENT = "announcement", _("Announcement")
        TIP = "tip", _("Tip")

    class Segment(models.TextChoices):
        ALL = "all", _("All stores")
        STARTING = "starting", _("Stores that have not finished the onboarding")
        SELLING = "selling", _("Stores that have finished the onboarding")
        MARKED = "marked", _("Stores with a marking")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    segment = models.CharField(max_length=10, choices=Segment.choices, default=Segment.ALL)
    marking = models.CharField(max_length=40, blank=True, default="")
    title_id = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120, blank=True, default="")
    body_id = models.CharField(max_length=500)
    body_en = models.CharField(max_length=500, blank=True, default="")
    url = models.CharField(max_length=300, blank=True, default="")
    starts_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField(null=True)
    is_active = models.BooleanField(default=True)
    # names a built-in row, so that it is made once
    key = models.CharField(max_length=40, null=True, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")), name="announcement_dates"
            ),
            models.CheckConstraint(
                condition=Q(segment="marked") & ~Q(marking="") | ~Q(segment="marked") & Q(marking=""),
                name="announcement_marking",
            ),
        ]

    def __str__(self) -> str:
        return self.title_id


class AnnouncementDismissal(models.Model):
    """A user closed it; it does not come back."""

    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "announcement"], name="announcementdismissal_once")]
