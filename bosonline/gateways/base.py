"""What every client shares: time-outs, careful retries, a circuit breaker, typed errors, one log line per call."""

from __future__ import annotations

import json
import math
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import requests
import structlog
from django.conf import settings
from prometheus_client import Counter, Histogram

log = structlog.get_logger("gateway")

CALLS = Counter("bosonline_gateway_calls", "Calls to outside services", ["service", "call", "outcome"])
SECONDS = Histogram("bosonline_gateway_seconds", "Duration of calls to outside services", ["service", "call"])


class GatewayError(Exception):
    """An outside service did not do what was asked."""

    def __init__(self, service: str, message: str, *, code: str = "", status: int | None = None) -> None:
        super().__init__(f"{service}: {message}")
        self.service = service
        self.message = message
        self.code = code
        self.status = status


class GatewayUnavailable(GatewayError):
    """It surely did not act: refused connection, open breaker, 503. Safe to try again."""


class GatewayOutcomeUnknown(GatewayError):
    """It may have acted: the answer was lost or unreadable. Ask before trying again."""


class GatewayRejected(GatewayError):
    """It understood and said no. Trying again changes nothing."""


class BadSignature(Exception):
    """A callback is not from the service, too old, or was changed on the way."""


@dataclass
class Breaker:
    """Opens after ``limit`` failures in a row; lets one probe through every ``cool_seconds``."""

    limit: int = 5
    cool_seconds: float = 10.0
    failures: int = 0
    opened_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def allow(self) -> bool:
        with self.lock:
            if self.failures < self.limit:
                return True
            if time.monotonic() - self.opened_at >= self.cool_seconds:
                self.opened_at = time.monotonic()  # this caller is the probe
                return True
            return False

    def record(self, succeeded: bool) -> None:
        with self.lock:
            if succeeded:
                self.failures = 0
                return
            self.failures += 1
            if self.failures >= self.limit:
                self.opened_at = time.monotonic()


_breakers: dict[str, Breaker] = {}
_sessions = threading.local()


def breaker_of(service: str) -> Breaker:
    return _breakers.setdefault(service, Breaker())


def breakers_reset() -> None:
    """Forget all failures (a new base URL, tests)."""
    _breakers.clear()


def _session() -> requests.Session:
    session: requests.Session | None = getattr(_sessions, "session", None)
    if session is None:
        session = requests.Session()
        session.trust_env = False
        _sessions.session = session
    return session


MAX_DEPTH = 40  # no message of theirs nests deeper; what cannot be kept or read back would be lost


def read_json(body: bytes | str) -> Any:
    """What an outside service sent, as the database can keep it.

    A NUL or half a surrogate pair is left out, NaN and infinite numbers become words. Raises ``ValueError`` for what is
    no JSON, nests deeper than any message, or holds a number of thousands of digits.
    """
    try:
        return _storable(json.loads(body, parse_constant=str))
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


def message_of(body: bytes) -> dict[str, Any]:
    """Any body whatever as an object that can be kept: what :func:`read_json` reads, else its text."""
    try:
        value = read_json(body)
    except ValueError:
        return {"text": body.decode(errors="replace").replace("\x00", "")}
    return value if isinstance(value, dict) else {"value": value}


def _storable(value: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="ignore").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {_storable(key): _storable(part, depth + 1) for key, part in value.items()}
    return [_storable(part, depth + 1) for part in value] if isinstance(value, list) else value


class HttpGateway:
    """Base of the clients. ``service`` names it in errors, logs and metrics."""

    service = ""

    def __init__(
        self, base_url: str, *, connect_timeout: float | None = None, read_timeout: float | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.timeout = (
            settings.GATEWAY_CONNECT_TIMEOUT if connect_timeout is None else connect_timeout,
            settings.GATEWAY_READ_TIMEOUT if read_timeout is None else read_timeout,
        )

    def request(self, call: str, method: str, path: str, *, repeatable: bool, **kwargs: Any) -> requests.Response:
        """Send a request and return an answer below 500. ``repeatable`` calls are tried up to three times.

        Raises :class:`GatewayUnavailable` or, for what may have acted, :class:`GatewayOutcomeUnknown`.
        """
        attempts = 3 if repeatable else 1
        for attempt in range(1, attempts + 1):
            try:
                return self._once(call, method, path, repeatable=repeatable, **kwargs)
            except (GatewayUnavailable, GatewayOutcomeUnknown) as exc:
                if attempt == attempts or exc.code == "breaker_open":
                    raise
                time.sleep(0.1 * attempt + random.random() * 0.1)  # noqa: S311 - jitter, not security
        raise AssertionError("unreachable")

    def _once(self, call: str, method: str, path: str, *, repeatable: bool, **kwargs: Any) -> requests.Response:
        breaker = breaker_of(f"{self.service}:{self.base_url}")
        if not breaker.allow():
            CALLS.labels(self.service, call, "breaker_open").inc()
            raise GatewayUnavailable(self.service, "does not answer", code="breaker_open")
        started = time.monotonic()
        outcome, status = "ok", 0
        try:
            timeout = kwargs.pop("timeout", self.timeout)
            response = _session().request(method, self.base_url + path, timeout=timeout, **kwargs)
            status = response.status_code
            if status >= 500 and not self.is_answer(response):
                outcome = "server_error"
                self._fail(status, repeatable)
            breaker.record(True)
            return response
        except requests.ConnectTimeout as exc:
            outcome = "connect_timeout"
            raise GatewayUnavailable(self.service, "does not answer", code="timeout") from exc
        except requests.Timeout as exc:
            outcome = "timeout"
            kind = GatewayUnavailable if repeatable else GatewayOutcomeUnknown
            raise kind(self.service, "did not answer in time", code="timeout") from exc
        except requests.ConnectionError as exc:
            outcome = "connection"
            refused = "refused" in str(exc).lower() or "Failed to establish" in str(exc)
            kind = GatewayUnavailable if refused or repeatable else GatewayOutcomeUnknown
            raise kind(self.service, "cannot be reached", code="connection") from exc
        finally:
            seconds = time.monotonic() - started
            if outcome != "ok":
                breaker.record(False)
            CALLS.labels(self.service, call, outcome).inc()
            SECONDS.labels(self.service, call).observe(seconds)
            # what went well is for debugging; what did not is for whoever reads the log
            (log.debug if outcome == "ok" else log.warning)(
                "gateway_call", service=self.service, call=call, outcome=outcome, status=status,
                duration_ms=round(seconds * 1000),
            )  # fmt: skip

    def is_answer(self, response: requests.Response) -> bool:
        """Whether a status of 500 and above is an answer all the same (a client whose service says "no" by it)."""
        return False

    def _fail(self, status: int, repeatable: bool) -> None:
        kind = GatewayUnavailable if status == 503 or repeatable else GatewayOutcomeUnknown
        raise kind(self.service, f"answered {status}", code="server_error", status=status)

    def json_of(self, response: requests.Response, *, repeatable: bool) -> Any:
        """The answer's JSON. Garbage after a write means that nobody knows what happened."""
        try:
            return read_json(response.content)
        except ValueError as exc:
            kind = GatewayUnavailable if repeatable else GatewayOutcomeUnknown
            raise kind(self.service, "sent an unreadable answer", code="garbage") from exc
