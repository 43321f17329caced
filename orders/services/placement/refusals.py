"""The order path's refusals: one code and one sentence for each, whether Python or the database says no."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bosonline.errors import Conflict, ValidationFailed
from catalog.services.vouchers import voucher_message


class StaleForm(Exception):
    """The form changed after its snapshot was taken."""


def refusal(code: str, detail: dict[str, Any] | None = None) -> Exception:
    """The error for a machine code. ``detail`` holds its facts: ``variant_id`` and ``left``, or a voucher's ``code``."""
    detail = detail or {}
    match code:
        case "stale_form":
            return StaleForm()
        case "out_of_stock":
            left = max(detail["left"], 0)
            message = _("Only %(left)s left in stock.") % {"left": left} if left else _("This item is sold out.")
            return Conflict(
                message,
                code=code,
                errors={"items": [message]},
                extra={"variant_id": detail["variant_id"], "left": left},
            )
        case "form_closed":
            return Conflict(_("This form is closed. New orders are not accepted."), code=code)
        case "idempotency_conflict":
            return Conflict(_("This Idempotency-Key was used with another body."), code=code)
        case "confirmation_required":
            message = _("Please check your details once more, then press the button again to confirm the order.")
            return Conflict(message, code=code)
        case "cod_not_offered":
            return ValidationFailed.field(
                "payment_method", _("Please choose another way to pay for this order."), code=code
            )
        case _:
            message = voucher_message(code)
            return ValidationFailed(
                message, code=code, errors={"voucher_codes": [message]}, extra={"voucher": detail["code"].upper()}
            )
