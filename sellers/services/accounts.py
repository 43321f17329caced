"""Registering people and opening stores."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bosonline.errors import ValidationFailed
from bosonline.phone import InvalidPhone, normalise
from sellers.models import Membership, Role, User
from sellers.rights import PRESETS
from stores.models import Store


def preset_role(preset: str) -> Role:
    """The platform-wide role row of a preset, made to match the table in ``sellers.rights``."""
    role, _created = Role.objects.get_or_create(
        preset=preset, store=None, defaults={"name": preset, "rights": PRESETS[preset][1]}
    )
    return role


def user_create(*, name: str, email: str, phone: str, password: str, language: str = "id") -> User:
    """A new user. Raises :class:`ValidationFailed` at ``email``, ``phone`` or ``password``."""
    errors: dict[str, list[str]] = {}
    email = email.strip().lower()
    try:
        phone = normalise(phone)
    except InvalidPhone:
        errors["phone"] = [_("The phone number is not valid, for example 081234567890.")]
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as exc:
        errors["password"] = list(exc.messages)
    if User.objects.filter(email=email).exists():
        errors["email"] = [_("This e-mail is already registered. Log in instead.")]
    if "phone" not in errors and User.objects.filter(phone=phone).exists():
        errors["phone"] = [_("This phone number is already registered. Log in instead.")]
    if errors:
        raise ValidationFailed(next(iter(errors.values()))[0], errors=errors)
    try:
        with transaction.atomic():
            return User.objects.create(
                name=name.strip(), email=email, phone=phone, password=make_password(password), language=language
            )
    except IntegrityError:  # two registrations at once: the second one gets the same answer as a later one
        raise ValidationFailed.field("email", _("This e-mail is already registered. Log in instead.")) from None


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
    """An empty store owned by ``user``."""
    store = Store.objects.create(name=name[:80], whatsapp=user.phone or "", email=user.email, **fields)
    Membership.objects.create(store=store, user=user, role=preset_role("owner"))
    return store
