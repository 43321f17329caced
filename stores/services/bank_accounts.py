"""Rekening: where buyers transfer to.

While a store has an active account exactly one is the default. The store's row is locked for every change, so the
rule holds for people who press at once; a database constraint refuses a second default whatever the code does.
Every change is in the timeline with masked numbers: a changed account number is how money is stolen.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import changes, timeline
from bosonline.actor import Actor
from bosonline.errors import NotFound, ValidationFailed
from stores.models import Bank, BankAccount, Store
from stores.services.bell import notify
from stores.services.fields import filled

MAX_ACCOUNTS = 50


def masked_number(number: str) -> str:
    """``1234567890`` → ``••••••7890``."""
    return "•" * max(0, len(number) - 4) + number[-4:]


def bank_account_of(account_id: int) -> BankAccount:
    """An account of the open store that is not deleted. Raises :class:`NotFound`."""
    account = BankAccount.objects.select_related("bank").filter(pk=account_id, deleted_at__isnull=True).first()
    if account is None:
        raise NotFound()
    return account


@transaction.atomic
def bank_account_create(
    *, store: Store, bank_code: str, number: str, holder: str, is_default: bool = False, actor: Actor
) -> BankAccount:
    """Add an account. The first active one becomes the default."""
    actor.require("bank_accounts.create")
    bank, digits, holder = _bank(bank_code), _digits(number), filled(holder, "holder")
    _lock(store)
    rows = BankAccount.objects.filter(deleted_at__isnull=True)
    if rows.count() >= MAX_ACCOUNTS:
        raise ValidationFailed(_("A store can have at most %(n)s bank accounts.") % {"n": MAX_ACCOUNTS})
    _refuse_duplicate(bank, digits)
    first = not rows.filter(is_default=True).exists()
    if is_default and not first:
        rows.filter(is_default=True).update(is_default=False)
    account = BankAccount.objects.create(
        store=store, bank=bank, number=digits, holder=holder, is_default=is_default or first
    )
    _changed(account, "bank_account.created", actor, {"after": _line(account)})
    return account


@transaction.atomic
def bank_account_update(*, account_id: int, actor: Actor, **values: Any) -> BankAccount:
    """Change ``bank_code``, ``number``, ``holder``; ``is_default=True`` makes it the default (and active)."""
    actor.require("bank_accounts.edit")
    account = _locked(account_id)
    before = _line(account)
    if "bank_code" in values:
        account.bank = _bank(values["bank_code"])
    if "number" in values:
        account.number = _digits(values["number"])
    if "holder" in values:
        account.holder = filled(values["holder"], "holder")
    _refuse_duplicate(account.bank, account.number, account.pk)
    if values.get("is_default"):
        BankAccount.objects.filter(is_default=True).exclude(pk=account.pk).update(is_default=False)
        account.is_default = account.is_active = True
    elif values.get("is_default") is False and account.is_default:
        raise ValidationFailed.field("is_default", _("Make another account the default instead."))
    account.save(update_fields=["bank", "number", "holder", "is_default", "is_active"])
    _changed(account, "bank_account.updated", actor, {"before": before, "after": _line(account)})
    return account


@transaction.atomic
def bank_account_set_active(*, account_id: int, is_active: bool, actor: Actor) -> BankAccount | None:
    """Show or hide an account. Answers the account that became the default because of it, if any."""
    actor.require("bank_accounts.edit")
    account = _locked(account_id)
    if account.is_active == is_active:
        return None
    account.is_active = is_active
    was_default, account.is_default = account.is_default, False
    account.save(update_fields=["is_active", "is_default"])
    heir = _default_ensure(account.pk if is_active else None) if is_active or was_default else None
    if heir is not None and heir.pk == account.pk:
        account.is_default = True
    _changed(account, "bank_account.status", actor, {"after": is_active})
    return heir


@transaction.atomic
def bank_account_delete(*, account_id: int, actor: Actor) -> BankAccount | None:
    """Take an account out of the list; payments keep it. Answers the account that became the default, if any."""
    actor.require("bank_accounts.delete")
    account = _locked(account_id)
    was_default = account.is_default
    BankAccount.objects.filter(pk=account.pk).update(deleted_at=timezone.now(), is_default=False, is_active=False)
    heir = _default_ensure() if was_default else None
    _changed(account, "bank_account.deleted", actor, {"before": _line(account)})
    return heir


def _default_ensure(wished: int | None = None) -> BankAccount | None:
    """Give the default away when nobody has it: to ``wished``, else to the oldest active account."""
    active = BankAccount.objects.select_related("bank").filter(deleted_at__isnull=True, is_active=True)
    if active.filter(is_default=True).exists():
        return None
    heir: BankAccount | None = (active.filter(pk=wished) if wished else active.order_by("id")).first()
    if heir is not None:
        heir.is_default = True
        heir.save(update_fields=["is_default"])
    return heir


def _lock(store: Store) -> None:
    Store.objects.select_for_update().only("pk").get(pk=store.pk)


def _locked(account_id: int) -> BankAccount:
    """The account, read again behind the store's lock."""
    _lock(bank_account_of(account_id).store)
    return bank_account_of(account_id)


def _bank(code: str) -> Bank:
    bank = Bank.objects.filter(pk=code).first()
    if bank is None:
        raise ValidationFailed.field("bank_code", _("Choose a bank from the list."))
    return bank


def _digits(number: str) -> str:
    digits = re.sub(r"[\s.-]", "", number)
    if not re.fullmatch(r"[0-9]{6,24}", digits):
        raise ValidationFailed.field("number", _("An account number has 6 to 24 digits."))
    return digits


def _refuse_duplicate(bank: Bank, number: str, own: int = 0) -> None:
    if BankAccount.objects.filter(bank=bank, number=number, deleted_at__isnull=True).exclude(pk=own).exists():
        raise ValidationFailed.field("number", _("This account is already in your list."), code="duplicate")


def _line(account: BankAccount) -> str:
    return f"{account.bank.short_name} {masked_number(account.number)} {account.holder}"


def _changed(account: BankAccount, kind: str, actor: Actor, data: dict[str, Any]) -> None:
    timeline.record(
        store_id=account.store_id,
        subject="bank_account",
        subject_id=account.pk,
        kind=kind,
        actor=actor,
        data=data,
    )
    changes.announce("store", account.store_id, [account.store_id])
    if actor.user is not None and data.get("before") != data.get("after"):
        notify(store_id=account.store_id, kind="account.bank_account", facts={"account": _line(account)})
