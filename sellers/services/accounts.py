"""People: registering, confirming the e-mail, passwords, profile, and opening stores."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline import cleaning, outbox, throttle
from bosonline.errors import DomainError, ValidationFailed
from bosonline.phone import InvalidPhone, normalise
from bosonline.tenancy import all_stores
from sellers.models import EmailToken, Membership, Role, User
from sellers.rights import PRESETS
from sellers.services import guard, sessions
from stores.models import Store


def preset_role(preset: str) -> Role:
    """The platform-wide role row of a preset; its rights are those of the table in ``sellers.rights``."""
    role, _created = Role.objects.get_or_create(
        preset=preset, store=None, defaults={"name": preset, "rights": PRESETS[preset][1]}
    )
    return role


# -- checks -----------------------------------------------------------------------------------------------------------


def phone_check(text: str, errors: dict[str, list[str]], *, user_id: int | None = None) -> str:
    """The normalised phone; what is wrong goes into ``errors``."""
    try:
        phone = normalise(text)
    except InvalidPhone:
        errors["phone"] = [_("The phone number is not valid, for example 081234567890.")]
        return ""
    if User.objects.filter(phone=phone).exclude(pk=user_id or 0).exists():
        errors["phone"] = [_("This phone number is already registered. Log in instead.")]
    return phone


def password_strong(password: str, user: User, errors: dict[str, list[str]], field: str = "password") -> None:
    try:
        validate_password(password, user)
    except ValidationError as exc:
        errors[field] = list(exc.messages)


def raise_errors(errors: dict[str, list[str]]) -> None:
    if errors:
        raise ValidationFailed(next(iter(errors.values()))[0], errors=errors)


def taken(exc: IntegrityError) -> DomainError:
    """Somebody got the e-mail or the phone between our look and our write."""
    if "phone" in (getattr(getattr(exc.__cause__, "diag", None), "constraint_name", None) or ""):
        return ValidationFailed.field("phone", _("This phone number is already registered. Log in instead."))
    return ValidationFailed.field("email", _("This e-mail is already registered. Log in instead."))


# -- registering ------------------------------------------------------------------------------------------------------


def user_create(
    *, name: str, email: str, phone: str, password: str, language: str = "id", managed_by: Store | None = None,
    email_confirmed: bool = False,
) -> User:  # fmt: skip
    """A new user. Raises :class:`ValidationFailed` at ``email``, ``phone`` or ``password``."""
    errors: dict[str, list[str]] = {}
    email = cleaning.email(email)
    phone = phone_check(phone, errors)
    password_strong(password, User(email=email, name=name), errors)
    if User.objects.filter(email=email).exists():
        errors["email"] = [_("This e-mail is already registered. Log in instead.")]
    raise_errors(errors)
    try:
        with transaction.atomic():
            user = User.objects.create(
                name=name.strip(), email=email, phone=phone, password=make_password(password), language=language,
                managed_by=managed_by, email_confirmed_at=timezone.now() if email_confirmed else None,
            )  # fmt: skip
            if not email_confirmed:
                outbox.enqueue("mail.confirm_email", {"user_id": user.pk, "email": email})
            return user
    except IntegrityError as exc:  # two registrations at once: the second one gets the same answer as a later one
        raise taken(exc) from None


@transaction.atomic
def account_register(
    *, name: str, email: str, phone: str, password: str, store_name: str = "", language: str = "id"
) -> tuple[User, Store]:
    """A user with an empty store of which they are the owner (endpoint Register)."""
    user = user_create(name=name, email=email, phone=phone, password=password, language=language)
    store = store_open(user=user, name=store_name.strip() or _("%(name)s's store") % {"name": name.strip()[:60]})
    return user, store


@transaction.atomic
def store_open(*, user: User, name: str, **fields: Any) -> Store:
    """An empty store owned by ``user``. Raises at ``name``, and ``too_many_stores`` at the limit."""
    if not name.strip():
        raise ValidationFailed.field("name", _("Enter the store's name."))
    User.objects.select_for_update().get(pk=user.pk)
    with all_stores():
        owned = Membership.objects.filter(user=user, removed_at__isnull=True, role__preset="owner").count()
    if owned >= settings.STORES_PER_USER:
        raise DomainError(
            _("You already own %(count)s stores, the most one account may have.") % {"count": owned},
            code="too_many_stores",
        )
    store = Store.objects.create(name=name.strip()[:80], whatsapp=user.phone or "", email=user.email, **fields)
    Membership.objects.create(store=store, user=user, role=preset_role("owner"))
    User.objects.filter(pk=user.pk, managed_by__isnull=False).update(managed_by=None)
    return store


# -- mailed links -----------------------------------------------------------------------------------------------------


def digest_of(token: str) -> str:
    return hashlib.sha256(f"link:{token}".encode()).hexdigest()


@transaction.atomic
def email_token_make(*, user: User, purpose: str, email: str, seconds: int) -> str:
    """The secret part of a link for ``email``; older links of the same purpose stop working."""
    EmailToken.objects.filter(user=user, purpose=purpose, used_at__isnull=True).update(used_at=timezone.now())
    token = secrets.token_urlsafe(24)
    EmailToken.objects.create(
        user=user, purpose=purpose, digest=digest_of(token), email=email,
        expires_at=timezone.now() + timedelta(seconds=seconds),
    )  # fmt: skip
    return token


def _token_of(token: str, purpose: str) -> EmailToken:
    """A link's row while it works. Expired, used and invented ones get the same answer (``link_invalid``)."""
    row = EmailToken.objects.select_related("user").filter(digest=digest_of(token[:100]), purpose=purpose).first()
    if row is None or row.used_at or row.expires_at <= timezone.now() or not row.user.is_active:
        raise DomainError(
            _("This link is no longer valid. Ask for a new one."),
            code="link_invalid",
            errors={"token": [_("Not valid.")]},
        )
    return row


def _spend(row: EmailToken) -> None:
    """Single-use by one conditional update: of two simultaneous calls one wins."""
    if not EmailToken.objects.filter(pk=row.pk, used_at__isnull=True).update(used_at=timezone.now()):
        raise DomainError(_("This link is no longer valid. Ask for a new one."), code="link_invalid")


def email_token_is_valid(token: str, purpose: str) -> bool:
    try:
        _token_of(token, purpose)
    except DomainError:
        return False
    return True


@transaction.atomic
def email_confirm(*, token: str) -> User:
    """The address of the link belongs to the person; a pending change of address takes effect."""
    row = _token_of(token, EmailToken.Purpose.CONFIRM_EMAIL)
    _spend(row)
    user = User.objects.select_for_update().get(pk=row.user_id)
    if row.email not in (user.email, user.pending_email):
        raise DomainError(_("This link is no longer valid. Ask for a new one."), code="link_invalid")
    old = user.email
    try:
        with transaction.atomic():
            user.email, user.pending_email, user.email_confirmed_at = row.email, "", timezone.now()
            user.save(update_fields=["email", "pending_email", "email_confirmed_at"])
    except IntegrityError:
        raise ValidationFailed.field("email", _("This e-mail is already registered. Log in instead.")) from None
    if old != user.email:
        outbox.enqueue("mail.security", {"user_id": user.pk, "what": "email_changed", "to": old})
    return user


def email_confirm_again(*, user: User) -> None:
    """Send the confirmation once more (at most every minute)."""
    throttle.hit("confirm-email", str(user.pk), throttle.Limit(1, 60))
    if user.pending_email or user.email_confirmed_at is None:
        outbox.enqueue("mail.confirm_email", {"user_id": user.pk, "email": user.pending_email or user.email})


def password_forgot(*, identifier: str) -> None:
    """Ask for a link. Only the typed text is written down: the same work whether or not there is an account."""
    identifier = cleaning.email(identifier)[:120]
    if identifier:
        outbox.enqueue("mail.forgot_password", {"identifier": identifier})


@transaction.atomic
def password_reset(*, token: str, password: str) -> User:
    """A new password by a mailed link. Single-use, one hour; every session ends; waits of the account end as well."""
    row = _token_of(token, EmailToken.Purpose.RESET_PASSWORD)
    errors: dict[str, list[str]] = {}
    password_strong(password, row.user, errors)
    raise_errors(errors)
    _spend(row)
    values: dict[str, Any] = {"password": make_password(password)}
    if row.email == row.user.email and row.user.email_confirmed_at is None:
        values["email_confirmed_at"] = timezone.now()  # who reads the mail owns the address
    User.objects.filter(pk=row.user_id).update(**values)
    sessions.sessions_end_others(user_id=row.user_id, keep_id=None, reason="password_reset")
    outbox.enqueue("mail.security", {"user_id": row.user_id, "what": "password_changed"})
    guard.clear("account", str(row.user_id))
    return row.user


@transaction.atomic
def password_change(*, user: User, password: str, new_password: str, session_id: int | None) -> None:
    """A new password by the old one; all other sessions end. Raises at ``password`` or ``new_password``."""
    sessions.password_check(user=user, password=password)
    errors: dict[str, list[str]] = {}
    password_strong(new_password, user, errors, "new_password")
    raise_errors(errors)
    User.objects.filter(pk=user.pk).update(password=make_password(new_password))
    sessions.sessions_end_others(user_id=user.pk, keep_id=session_id, reason="password_changed")
    outbox.enqueue("mail.security", {"user_id": user.pk, "what": "password_changed"})


@transaction.atomic
def profile_update(*, user: User, **values: Any) -> User:
    """Name, phone, e-mail and language of oneself. A new e-mail counts once it is confirmed, and asks for the password."""
    errors: dict[str, list[str]] = {}
    update: dict[str, Any] = {}
    if "name" in values:
        update["name"] = values["name"].strip()
        if not update["name"]:
            errors["name"] = [_("Enter your name.")]
    if "language" in values:
        update["language"] = values["language"]
    if "phone" in values:
        update["phone"] = phone_check(values["phone"], errors, user_id=user.pk)
    email = cleaning.email(str(values.get("email", user.email)))
    if email != user.email:
        # whether somebody else has this address is not told here: the confirmation decides, by mail
        update["pending_email"] = email
    elif "email" in values:
        update["pending_email"] = ""
    raise_errors(errors)
    if update.get("pending_email") or update.get("phone", user.phone) != user.phone:
        # both are ways to log in: whoever found an open screen must not take the account over
        sessions.password_check(user=user, password=values.get("password", ""))
    try:
        with transaction.atomic():
            for name, value in update.items():
                setattr(user, name, value)
            User.objects.filter(pk=user.pk).update(**update)
    except IntegrityError as exc:
        raise taken(exc) from None
    if update.get("pending_email"):
        outbox.enqueue("mail.confirm_email", {"user_id": user.pk, "email": email})
    return user
