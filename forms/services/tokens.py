"""Access tokens of pixels for events from the server: encrypted at rest, never shown again."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bosonline import cleaning, crypto
from bosonline.actor import Actor
from bosonline.errors import NotFound, ValidationFailed
from forms.content import PIXEL_FORMS
from forms.models import PixelToken, Provider
from stores.models import Store

TOKEN_MAX = 500


def token_save(
    *, store: Store, provider: str, pixel_id: str, token: str, actor: Actor, test_code: str = ""
) -> PixelToken:
    """Keep a provider's token for a pixel; a second one replaces the first. Raises at the field."""
    actor.require("forms.edit")
    pixel_id, token, test_code = cleaning.code(pixel_id), cleaning.code(token), cleaning.code(test_code)
    if provider not in Provider.values:
        raise ValidationFailed.field("provider", _("Choose Meta, TikTok or Google Analytics."))
    if not PIXEL_FORMS[provider].fullmatch(pixel_id):
        raise ValidationFailed.field("pixel_id", _("This pixel id is not well-formed."))
    if not 8 <= len(token) <= TOKEN_MAX or not token.isprintable() or " " in token:
        raise ValidationFailed.field("token", _("Paste the access token as the provider shows it."))
    if len(test_code) > 40 or (not test_code.replace("_", "").replace("-", "").isalnum() and test_code):
        raise ValidationFailed.field("test_code", _("The test code has letters and digits only."))
    row, _created = PixelToken.objects.update_or_create(
        store=store, provider=provider, pixel_id=pixel_id,
        defaults={"token": crypto.encrypt(token), "test_code": test_code},
    )  # fmt: skip
    return row


def token_remove(*, token_id: int, actor: Actor) -> None:
    actor.require("forms.edit")
    deleted, _rows = PixelToken.objects.filter(pk=token_id).delete()
    if not deleted:
        raise NotFound()
