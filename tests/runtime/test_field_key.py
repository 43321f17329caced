"""A new key for what is encrypted at rest, while everything goes on."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import Client

from bosonline import crypto
from bosonline.actor import SYSTEM
from bosonline.tenancy import store_scope
from forms.models import PixelToken
from forms.services.tokens import token_save
from sellers.models import TwoFactor
from tests.accounts.helpers import log_in
from tests.accounts.test_second_factor import switch_on
from tests.factories import Shop, make_shop

OLD, OLDER, NEW = (f"{name}-kunci-yang-cukup-panjang-0123456789" for name in ("lama", "tua", "baru"))


@pytest.fixture
def shop(db: None, settings: Any, client: Client) -> Shop:
    """With a second factor and a token of a provider, of two different keys."""
    shop = make_shop()
    settings.FIELD_KEY = OLDER
    shop.extra["totp"], _codes = switch_on(client, shop)
    settings.FIELD_KEY, settings.FIELD_KEY_FALLBACKS = OLD, [OLDER]
    with store_scope(shop.store):
        token_save(
            store=shop.store, provider="meta", pixel_id="123456789012345", token="EAAB-rahasia-meta", actor=SYSTEM
        )
    return shop


def kept(shop: Shop) -> list[str]:
    with store_scope(shop.store):
        return [TwoFactor.objects.get(user=shop.user).secret, PixelToken.objects.get().token]


def test_after_a_rotation_the_new_key_alone_reads_everything(shop: Shop, settings: Any, client: Client) -> None:
    settings.FIELD_KEY, settings.FIELD_KEY_FALLBACKS = NEW, [OLD, OLDER]
    plain = [crypto.decrypt(token) for token in kept(shop)]
    assert plain == [shop.extra["totp"], "EAAB-rahasia-meta"], "before it all keys read"
    call_command("reencrypt")
    settings.FIELD_KEY_FALLBACKS = []
    assert [crypto.decrypt(token) for token in kept(shop)] == plain
    once = kept(shop)
    call_command("reencrypt")
    assert kept(shop) == once, "a second run finds nothing to do"
    TwoFactor.objects.update(last_step=0)
    body = log_in(client, shop.user.email, otp=pyotp.TOTP(shop.extra["totp"]).now())
    assert body.status_code == 200, body.content
    settings.FIELD_KEY = OLD
    assert [crypto.decrypt(token) for token in kept(shop)] == ["", ""], "the former key reads nothing any more"


def test_what_no_key_reads_is_told_and_left_alone(shop: Shop, settings: Any) -> None:
    settings.FIELD_KEY, settings.FIELD_KEY_FALLBACKS = NEW, [OLD]
    before = kept(shop)[0]
    with pytest.raises(CommandError, match="1 values"):
        call_command("reencrypt")
    assert kept(shop)[0] == before and crypto.is_current(kept(shop)[1])


def test_every_column_with_something_encrypted_in_it_is_named_by_its_model(shop: Shop) -> None:
    found, named = set(), set()
    for model in apps.get_models():
        named |= {(model._meta.db_table, column) for column in getattr(model, "encrypted", ())}
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.CharField | models.TextField | models.JSONField):
                with connection.cursor() as cursor:
                    cursor.execute(
                        f'SELECT 1 FROM "{model._meta.db_table}" WHERE "{field.column}"::text LIKE %s LIMIT 1',
                        ["%gAAAAA%"],
                    )
                    if cursor.fetchone():
                        found.add((model._meta.db_table, field.column))
    assert found == named == {("sellers_twofactor", "secret"), ("forms_pixeltoken", "token")}
