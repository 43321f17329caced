"""Everything a seller sets up about the shop itself."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import changes, outbox
from bosonline.errors import NotFound, ValidationFailed
from bosonline.phone import InvalidPhone, normalise
from stores.models import Bank, BankAccount, Notification, NotificationState, Store, Warehouse
from stores.queries import district_of, forget_host

RESERVED = frozenset(
    [
        "www",
        "app",
        "api",
        "admin",
        "internal",
        "static",
        "media",
        "mail",
        "smtp",
        "imap",
        "ftp",
        "ns",
        "ns1",
        "ns2",
        "dev",
        "test",
        "staging",
        "demo-api",
        "sandbox",
        "status",
        "help",
        "bantuan",
        "blog",
        "docs",
        "cdn",
        "img",
        "assets",
        "dashboard",
        "login",
        "masuk",
        "daftar",
        "bosonline",
        "boscod",
        "bospay",
        "winpay",
        "support",
        "billing",
        "localhost",
        "root",
        "webmail",
        "autodiscover",
        "payment",
        "payments",
        "callback",
        "callbacks",
        "o",
        "health",
        "healthz",
    ]
)
_SUBDOMAIN = re.compile(r"^[a-z0-9](?:[a-z0-9-]{1,38}[a-z0-9])?$")


def subdomain_check(name: str, *, store: Store | None = None) -> dict[str, Any]:
    """Whether ``name`` may become a store's subdomain: ``{"available", "reason", "suggestions"}`` (api.md)."""
    name = name.strip().lower()
    reason = None
    if len(name) < 3:
        reason = "too_short"
    elif not _SUBDOMAIN.match(name) or "--" in name:
        reason = "invalid"
    elif name in RESERVED:
        reason = "reserved"
    elif Store.objects.filter(subdomain=name).exclude(pk=store.pk if store else 0).exists():
        reason = "taken"
    return {
        "available": reason is None,
        "reason": reason,
        "message": _reason_text(reason),
        "suggestions": [] if reason in (None, "too_short") else _suggest(name),
    }


def _reason_text(reason: str | None) -> str:
    return {
        None: _("Available"),
        "too_short": _("Use at least 3 characters."),
        "invalid": _("Use only letters, digits and hyphens, and start and end with a letter or digit."),
        "reserved": _("This name is reserved."),
        "taken": _("This name is taken."),
    }[reason]


def _suggest(name: str) -> list[str]:
    base = re.sub(r"-+", "-", re.sub(r"[^a-z0-9-]", "-", name)).strip("-")[:28] or "toko"
    candidates = [f"{base}-store", f"toko-{base}", f"{base}-id", f"{base}2", f"{base}-official"]
    candidates = [c for c in candidates if _SUBDOMAIN.match(c) and c not in RESERVED]
    taken = set(Store.objects.filter(subdomain__in=candidates).values_list("subdomain", flat=True))
    return [c for c in candidates if c not in taken][:3]


@transaction.atomic
def subdomain_set(*, store: Store, name: str) -> Store:
    """Give the store its address. Two stores asking for the same name at once: the database decides."""
    name = name.strip().lower()
    check = subdomain_check(name, store=store)
    if not check["available"]:
        raise ValidationFailed.field("subdomain", check["message"], extra={"suggestions": check["suggestions"]})
    old = store.subdomain
    store.subdomain = name
    try:
        with transaction.atomic():
            store.save(update_fields=["subdomain"])
    except IntegrityError:
        store.subdomain = old
        raise ValidationFailed.field("subdomain", _reason_text("taken")) from None
    changes.announce("store", store.pk, [store.pk])
    for host in (old, name):
        if host:
            transaction.on_commit(partial(forget_host, f"{host}.{settings.BASE_DOMAIN}"))
    return store


STORE_FIELDS = (
    "name", "colour", "whatsapp", "email", "address", "time_zone", "invoice_note", "unique_code_enabled",
    "cod_fee_payer", "payment_hours", "cancel_when_expired", "complete_after_days", "duplicate_window_hours",
    "low_stock_at", "logo",
)  # fmt: skip


@transaction.atomic
def store_update(*, store: Store, **values: Any) -> Store:
    """Change the store's options (those of :data:`STORE_FIELDS`)."""
    if values.get("whatsapp"):
        values["whatsapp"] = phone_or_error(values["whatsapp"], "whatsapp")
    for name, value in values.items():
        if name not in STORE_FIELDS:
            raise ValidationFailed.field(name, _("This cannot be changed here."))
        setattr(store, name, value)
    store.save(update_fields=list(values))
    changes.announce("store", store.pk, [store.pk])
    return store


def phone_or_error(text: str, field: str) -> str:
    try:
        return normalise(text)
    except InvalidPhone:
        raise ValidationFailed.field(field, _("The phone number is not valid, for example 081234567890.")) from None


@transaction.atomic
def warehouse_create(
    *,
    store: Store,
    name: str,
    contact_name: str,
    phone: str,
    district_id: int,
    address: str,
    postal_code: str = "",
    is_default: bool = False,
) -> Warehouse:
    """A pick-up point. ``district_id`` is BosCOD's. The first one becomes the default; registration follows."""
    phone = phone_or_error(phone, "phone")
    district = district_of(district_id)
    if district is None:
        raise ValidationFailed.field("district_id", _("Choose an area from the list."))
    if len(address.strip()) < 10:
        raise ValidationFailed.field("address", _("Write the full address, at least 10 characters."))
    Store.objects.select_for_update().get(pk=store.pk)
    first = not Warehouse.objects.filter(is_default=True).exists()
    if is_default and not first:
        Warehouse.objects.filter(is_default=True).update(is_default=False)
    if postal_code and postal_code not in district.postal_codes:
        raise ValidationFailed.field("postal_code", _("This postal code does not belong to the area."))
    warehouse = Warehouse.objects.create(
        store=store,
        name=name.strip(),
        contact_name=contact_name.strip(),
        phone=phone,
        district=district,
        address=address.strip(),
        postal_code=postal_code or (district.postal_codes[0] if district.postal_codes else ""),
        is_default=is_default or first,
        boscod_state=Warehouse.BosCodState.PENDING,
    )
    outbox.enqueue("warehouse.register", {"store_id": store.pk, "warehouse_id": warehouse.pk})
    changes.announce("warehouse", store.pk, [warehouse.pk])
    return warehouse


@transaction.atomic
def bank_account_create(
    *, store: Store, bank_code: str, number: str, holder: str, is_default: bool = False
) -> BankAccount:
    """Where buyers transfer to. The first account becomes the default."""
    bank = Bank.objects.filter(pk=bank_code).first()
    if bank is None:
        raise ValidationFailed.field("bank_code", _("Choose a bank from the list."))
    digits = re.sub(r"[\s-]", "", number)
    if not re.fullmatch(r"[0-9]{6,24}", digits):
        raise ValidationFailed.field("number", _("An account number has 6 to 24 digits."))
    Store.objects.select_for_update().get(pk=store.pk)
    active = BankAccount.objects.filter(deleted_at__isnull=True)
    if active.filter(bank=bank, number=digits).exists():
        raise ValidationFailed.field("number", _("This account is already in your list."))
    first = not active.filter(is_default=True).exists()
    if is_default and not first:
        active.filter(is_default=True).update(is_default=False)
    changes.announce("store", store.pk, [store.pk])
    return BankAccount.objects.create(
        store=store, bank=bank, number=digits, holder=holder.strip(), is_default=is_default or first
    )


def onboarding_mark(*, store: Store, step: str) -> Store:
    """Remember that a step was done or skipped."""
    store.onboarding = {**store.onboarding, step: timezone.now().isoformat()}
    store.save(update_fields=["onboarding"])
    return store


def notify(
    *, store_id: int, kind: str, title: str, body: str = "", url: str = "", user_id: int | None = None
) -> Notification:
    """A line in the bell of one user, or of everyone in the store."""
    return Notification.objects.create(
        store_id=store_id, user_id=user_id, kind=kind, title=title[:120], body=body[:300], url=url
    )


def notifications_mark_read(*, user_id: int, store: Store, last_id: int | None = None) -> None:
    """Everything up to ``last_id`` (the newest when None) counts as read; never goes backwards."""
    newest = last_id or Notification.objects.order_by("-id").values_list("id", flat=True).first() or 0
    row, _created = NotificationState.objects.get_or_create(user_id=user_id, store=store)
    NotificationState.objects.filter(pk=row.pk, last_id__lt=newest).update(last_id=newest)


def bank_account_of(account_id: int) -> BankAccount:
    account = BankAccount.objects.select_related("bank").filter(pk=account_id, deleted_at__isnull=True).first()
    if account is None:
        raise NotFound()
    return account
