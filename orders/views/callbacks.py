"""Doors for the outside services: verify, keep, answer. The work is done by the worker."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bosonline.gateways.base import BadSignature
from bosonline.gateways.boscod import boscod_client
from bosonline.gateways.winpay import read_callback, winpay_client
from bosonline.gateways.winpay.callbacks import QR, SERVICE, VA
from orders.services.callbacks import boscod_body, callback_keep

log = structlog.get_logger("callbacks")


def _winpay(request: HttpRequest, kind: str) -> HttpResponse:
    """Winpay sends a message three times and never again: what it signed is kept and answered with success, whatever
    is in it. What cannot be used stands in the platform's list with the reason."""
    service_code = SERVICE[kind]
    try:
        winpay_client().verify_callback("POST", request.path, request.headers, request.body)
    except BadSignature:
        log.warning("winpay_bad_signature", path=request.path)
        return JsonResponse(
            {"responseCode": f"401{service_code}00", "responseMessage": "Unauthorized. Signature"}, status=401
        )
    message = read_callback(kind, request.body)
    callback_keep(service="winpay", event_id=message.event_id, kind=kind, body=message.as_json())
    return JsonResponse({"responseCode": f"200{service_code}00", "responseMessage": "Successful"})


@csrf_exempt
@require_POST
def winpay_va(request: HttpRequest) -> HttpResponse:
    return _winpay(request, VA)


@csrf_exempt
@require_POST
def winpay_qr(request: HttpRequest) -> HttpResponse:
    return _winpay(request, QR)


@csrf_exempt
@require_POST
def boscod(request: HttpRequest) -> HttpResponse:
    try:
        event = boscod_client().parse_webhook(request.headers, request.body)
    except BadSignature:
        log.warning("boscod_bad_signature")
        return JsonResponse({"message": "bad signature", "code": "unauthorized", "errors": {}}, status=401)
    callback_keep(service="boscod", event_id=event.event_id, kind=event.kind, body=boscod_body(event))
    return JsonResponse({"message": "ok"})
