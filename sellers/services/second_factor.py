"""The second factor: TOTP by an authenticator app (RFC 6238), with recovery codes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time

import pyotp
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import crypto, outbox
from bosonline.errors import Conflict, ValidationFailed
from sellers.models import RecoveryCode, TwoFactor, User
from sellers.services import guard

STEP = 30
CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def is_on(user: User) -> bool:
    """Whether logging in asks for a code. ``user.two_factor`` is loaded with ``select_related``."""
    row = getattr(user, "two_factor", None)
    return row is not None and row.confirmed_at is not None


def second_factor_start(*, user: User) -> tuple[str, str]:
    """A new secret that does not count yet: ``(base32 secret, otpauth:// address for the QR code)``."""
    if is_on(User.objects.select_related("two_factor").get(pk=user.pk)):
        raise Conflict(_("The second factor is already on."), code="second_factor_on")
    secret = pyotp.random_base32()
    TwoFactor.objects.update_or_create(user=user, defaults={"secret": crypto.encrypt(secret), "last_step": 0})
    return secret, pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name="BosOnline")


def second_factor_pending(user: User) -> tuple[str, str] | None:
    """The secret that waits for its first code, or None."""
    row = TwoFactor.objects.filter(user=user, confirmed_at__isnull=True).first()
    if row is None:
        return None
    secret = crypto.decrypt(row.secret)
    return secret, pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name="BosOnline")


@transaction.atomic
def second_factor_confirm(*, user: User, code: str) -> list[str]:
    """Switch it on with the first right code. The recovery codes, shown this once."""
    row = TwoFactor.objects.select_for_update().filter(user=user).first()
    if row is None or row.confirmed_at is not None:
        raise Conflict(_("Start setting up the second factor first."), code="second_factor_not_started")
    guard.count("otp", str(user.pk), guard.SECOND_FACTOR)
    if not _spend_totp(row, code):
        raise wrong_code()
    guard.clear("otp", str(user.pk))
    TwoFactor.objects.filter(pk=row.pk).update(confirmed_at=timezone.now())
    codes = _codes_renew(user)
    outbox.enqueue("mail.security", {"user_id": user.pk, "what": "second_factor_on"})
    return codes


@transaction.atomic
def second_factor_stop(*, user: User) -> None:
    """Switch it off (the caller has asked for password and code)."""
    RecoveryCode.objects.filter(user=user).delete()
    deleted, _rows = TwoFactor.objects.filter(user=user).delete()
    if deleted:
        outbox.enqueue("mail.security", {"user_id": user.pk, "what": "second_factor_off"})


@transaction.atomic
def recovery_codes_renew(*, user: User) -> list[str]:
    """Ten new codes; the old ones stop working."""
    return _codes_renew(user)


def _codes_renew(user: User) -> list[str]:
    codes = ["-".join("".join(secrets.choice(_ALPHABET) for _i in range(5)) for _p in range(2)) for _n in range(CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_digest(code)) for code in codes])
    return codes


def code_check(*, user: User, code: str) -> None:
    """Spend a TOTP or a recovery code. Raises ``second_factor_invalid`` at ``otp``, or :class:`TooMany`."""
    guard.count("otp", str(user.pk), guard.SECOND_FACTOR)
    if not code_spend(user=user, code=code):
        raise wrong_code()
    guard.clear("otp", str(user.pk))


def code_spend(*, user: User, code: str) -> bool:
    """Whether ``code`` is right and was not used before; using it is one conditional update, so it works once."""
    row = TwoFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    if row is None:
        return False
    if _spend_totp(row, code):
        return True
    return bool(
        RecoveryCode.objects.filter(user=user, digest=_digest(code), used_at__isnull=True).update(
            used_at=timezone.now()
        )
    )


def _spend_totp(row: TwoFactor, code: str) -> bool:
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 6):
        return False
    totp, now = pyotp.TOTP(crypto.decrypt(row.secret) or pyotp.random_base32()), int(time.time()) // STEP
    for step in (now, now - 1, now + 1):  # clocks of phones are a little off
        if hmac.compare_digest(totp.generate_otp(step), digits):
            return bool(TwoFactor.objects.filter(pk=row.pk, last_step__lt=step).update(last_step=step))
    return False


def _digest(code: str) -> str:
    plain = "".join(c for c in code.lower() if c.isalnum())
    return hashlib.sha256(f"recovery:{plain}".encode()).hexdigest()


def wrong_code() -> ValidationFailed:
    text = _("The code is not right. Take the newest one from your authenticator app, or a recovery code.")
    return ValidationFailed(text, errors={"otp": [text]}, code="second_factor_invalid")
