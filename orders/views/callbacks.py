"""Doors for the outside services: verify, keep, answer. The work is done by the worker."""

from __future__ import annotations

from typing import Any

import orjson
import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bosonline.gateways.base import BadSignature
from bosonline.gateways.boscod import boscod_client
from bosonline.gateways.winpay import winpay_client
from orders.services.callbacks import boscod_body, callback_keep

log = structlog.get_logger("callbacks")


def _winpay(request: HttpRequest, path: str, service_code: str, parse: str) -> HttpResponse:
    client = winpay_client()
    try:
        client.verify_callback("POST", path, request.headers, request.body)
        paid = getattr(client, parse)(request.body)
    except BadSignature:
        log.warning("winpay_bad_signature", path=path)
        return JsonResponse(
            {"responseCode": f"401{service_code}00", "responseMessage": "Unauthorized. Signature"}, status=401
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return JsonResponse(
            {"responseCode": f"400{service_code}01", "responseMessage": "Invalid Field Format"}, status=400
        )
    body: dict[str, Any] = {
        "reference": paid.reference,
        "amount": paid.amount,
        "payment_id": paid.payment_id,
        "paid_at": paid.paid_at,
        "raw": orjson.loads(request.body),
    }
    callback_keep(service="winpay", event_id=f"{service_code}:{paid.payment_id}", kind=parse, body=body)
    return JsonResponse({"responseCode": f"200{service_code}00", "responseMessage": "Successful"})


@csrf_exempt
@require_POST
def winpay_va(request: HttpRequest) -> HttpResponse:
    return _winpay(request, "/v1.0/transfer-va/payment", "25", "parse_va_payment")


@csrf_exempt
@require_POST
def winpay_qr(request: HttpRequest) -> HttpResponse:
    return _winpay(request, "/v1.0/qr/qr-mpm-notify", "52", "parse_qr_payment")


@csrf_exempt
@require_POST
def boscod(request: HttpRequest) -> HttpResponse:
    try:
        event = boscod_client().parse_webhook(request.headers, request.body)
    except BadSignature:
        log.warning("boscod_bad_signature")
        return JsonResponse({"message": "bad signature", "code": "unauthorized", "errors": {}}, status=401)
    except (ValueError, KeyError, TypeError, AttributeError):
        return JsonResponse({"message": "malformed", "code": "malformed", "errors": {}}, status=400)
    callback_keep(service="boscod", event_id=event.event_id, kind=event.kind, body=boscod_body(event))
    return JsonResponse({"message": "ok"})
