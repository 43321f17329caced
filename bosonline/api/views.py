"""Base of all API views: authentication, actor, tenant scope, throttle, idempotency, in that order."""

from __future__ import annotations

import hashlib
import ipaddress
import threading
from contextlib import ExitStack
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from bosonline import replica, throttle
from bosonline.api.errors import body_of
from bosonline.errors import Conflict, DomainError, TooMany, ValidationFailed
from bosonline.models import IdempotencyRecord
from bosonline.tenancy import store_scope

KEY_MAX = 100
SAFE = ("GET", "HEAD", "OPTIONS")


_threads = threading.local()


def _reusable(kind: type[BaseSerializer[Any]]) -> BaseSerializer[Any]:
    """One instance per thread: making a serializer copies all its fields, which costs more than validating with it.

    Only its fields are used (``run_validation``), never ``data`` or ``errors``, so nothing of a request stays in it.
    """
    known: dict[type[BaseSerializer[Any]], BaseSerializer[Any]] = _threads.__dict__.setdefault("serializers", {})
    found = known.get(kind)
    if found is None:
        found = known[kind] = kind(data={})
    return found


class ApiView(APIView):
    """Subclasses say ``actor``, ``group`` (the contract's, also the schema tag) and the right of each method."""

    actor: ClassVar[str] = "seller"
    group: ClassVar[str] = ""
    rights: ClassVar[dict[str, str]] = {}
    limits: ClassVar[dict[str, throttle.Limit]] = {}
    idempotent: ClassVar[bool] = False
    # False: about the person, not a store (profile, sessions); works for somebody without any store as well
    needs_store: ClassVar[bool] = True
    # True: what GET answers may be a few seconds old (bosonline.replica)
    reads_replica: ClassVar[bool] = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self.scopes:
            response = super().dispatch(request, *args, **kwargs)
            if hasattr(response, "render"):
                response.render()  # inside the scope: serializers may still read rows
            return response

    def get_authenticators(self) -> list[Any]:
        return [] if self.actor == "public" else super().get_authenticators()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.allowance = None
        limit = self.limits.get(request.method or "")
        if limit is not None:
            try:
                self.allowance = throttle.hit(type(self).__name__, self.throttle_key(request), limit)
            except TooMany as exc:
                self.allowance = throttle.Allowance(limit.count, 0, exc.retry_after)
                raise
        # asked again in finalize_response, where reading request.user would check a refused token once more
        member: Any = request.user
        self.person = member if self.actor != "public" else None
        if self.actor != "public" and member is not None and member.store is not None:
            self.scopes.enter_context(store_scope(member.store))
            # serializers show moments in the current zone: the store's, like every other moment that people read
            self.scopes.enter_context(timezone.override(ZoneInfo(member.store.time_zone)))
            if self.reads_replica and request.method in SAFE:
                self.scopes.enter_context(replica.reading(member.user.pk))

    def throttle_key(self, request: Request) -> str:
        member = getattr(request, "user", None)
        return f"u{member.user.pk}" if member is not None else client_ip(request._request)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if getattr(self, "allowance", None) is not None:
            for name, value in self.allowance.headers().items():  # type: ignore[union-attr]  # checked above
                response[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        person = getattr(self, "person", None)
        if request.method not in SAFE and person is not None:
            replica.wrote(person.user.pk)
        return response

    def parse(self, serializer: type[BaseSerializer[Any]], **kwargs: Any) -> Any:
        """The validated body. A body that is no object is 400, a wrong field 422 at the field."""
        if not isinstance(self.request.data, dict):
            raise DomainError(_("The body must be a JSON object."), code="malformed", status=400)
        if not kwargs:
            return _reusable(serializer).run_validation(self.request.data)
        instance = serializer(data=self.request.data, **kwargs)
        instance.is_valid(raise_exception=True)
        return instance.validated_data

    @property
    def member(self) -> Any:
        return self.request.user


def client_ip(request: HttpRequest) -> str:
    """The caller's address. Behind our own proxy the last hop it added; never a header a stranger can invent, and never
    anything that is no address: it goes into columns that take nothing else."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.TRUST_FORWARDED else ""
    return (
        _address(forwarded.rsplit(",", 1)[-1]) or _address(request.META.get("REMOTE_ADDR", "")) or "0.0.0.0"  # noqa: S104 - a placeholder, nothing binds to it
    )


def _address(text: str) -> str:
    """One IP address in its usual spelling, also from ``1.2.3.4:567`` and ``[::1]:567``; empty for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])  # the zone of a link-local address is nobody's business
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def idempotency_key(request: Request) -> str | None:
    """The ``Idempotency-Key`` header, or None. Raises when longer than 100 characters."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > KEY_MAX or "\x00" in key:
        raise ValidationFailed(_("Idempotency-Key may have at most 100 characters."), code="idempotency_key_invalid")
    return key or None


def body_hash(data: Any) -> str:
    return hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


class IdempotentMixin:
    """Honours ``Idempotency-Key`` on POST: the same key and body give the stored answer, another body 409.

    The record is inserted before the work, so that of twenty simultaneous calls one works and the others wait on
    the unique index; when the work fails the record goes with it and the client may try again.
    """

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = idempotency_key(request)
        if key is None:
            return self.create(request, *args, **kwargs)
        member: Any = request.user
        scope = f"s{member.store.pk}:{type(self).__name__}"[:60]
        digest = body_hash([request.path, request.data])
        try:
            with transaction.atomic():
                record = IdempotencyRecord.objects.create(scope=scope, key=key, body_hash=digest)
                response = self.create(request, *args, **kwargs)
                record.status_code = response.status_code
                record.answer = orjson.loads(orjson.dumps(response.data, default=str))
                record.save(update_fields=["status_code", "answer"])
                return response
        except IntegrityError:
            stored = IdempotencyRecord.objects.filter(scope=scope, key=key).first()
            if stored is None or stored.status_code is None:
                raise
            if stored.body_hash != digest:
                raise Conflict(
                    _("This Idempotency-Key was used with another body."), code="idempotency_conflict"
                ) from None
            return Response(stored.answer, status=stored.status_code, headers={"Idempotent-Replayed": "true"})

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise AssertionError("a subclass creates")


def bulk_answer(results: list[dict[str, Any]]) -> Response:
    """``{"data": [{"id", "ok", "message", "code"}], "succeeded": n, "failed": m}`` with 200."""
    succeeded = sum(1 for row in results if row["ok"])
    return Response({"data": results, "succeeded": succeeded, "failed": len(results) - succeeded})


def bulk_row(pk: int, error: DomainError | None = None, **extra: Any) -> dict[str, Any]:
    if error is None:
        return {"id": pk, "ok": True, "message": "", "code": "ok", **extra}
    body = body_of(error)
    return {"id": pk, "ok": False, "message": body["message"], "code": body["code"], **extra}
