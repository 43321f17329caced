"""Failure modes that a developer or a test switches on: slow, down, acting without answering, garbage …"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify

MODES = (
    "none",
    "slow",
    "down",
    "error500",
    "timeout_after_acting",
    "garbage",
    "hang",
    "duplicate",
    "out_of_order",
    "late",
    "dropped",
    "qr_content_null",
    "external_id_used",
)
BEFORE = ("slow", "down", "error500", "hang")
AFTER = ("timeout_after_acting", "garbage")
WEBHOOK = ("duplicate", "out_of_order", "late", "dropped")


@dataclass
class Failure:
    mode: str
    seconds: float
    times: int | None
    path: str = ""


class Failures:
    """One failure per service (``boscod``, ``winpay``); ``times`` counts down, None is until switched off."""

    def __init__(self) -> None:
        self._now: dict[str, Failure] = {}
        self._lock = threading.Lock()

    def set(self, service: str, mode: str, seconds: float = 3.0, times: int | None = None, path: str = "") -> None:
        with self._lock:
            if mode == "none":
                self._now.pop(service, None)
            else:
                self._now[service] = Failure(mode, seconds, times, path)

    def clear(self) -> None:
        with self._lock:
            self._now.clear()

    def take(self, service: str, modes: tuple[str, ...], path: str = "") -> Failure | None:
        """The active failure when it is one of ``modes`` (and for this path), counted down."""
        with self._lock:
            failure = self._now.get(service)
            if failure is None or failure.mode not in modes or (failure.path and failure.path not in path):
                return None
            if failure.times is not None:
                failure.times -= 1
                if failure.times <= 0:
                    self._now.pop(service, None)
            return failure

    def before(self, service: str, path: str) -> Response | tuple[Response, int] | None:
        failure = self.take(service, BEFORE, path)
        if failure is None:
            return None
        match failure.mode:
            case "slow":
                time.sleep(failure.seconds)
                return None
            case "hang":
                time.sleep(max(failure.seconds, 30))
                return None
            case "error500":
                return jsonify(message="Internal Server Error"), 500
        return jsonify(message="Service Unavailable"), 503

    def after(self, service: str, path: str, response: Response) -> Response:
        failure = self.take(service, AFTER, path)
        if failure is None:
            return response
        if failure.mode == "garbage":
            return Response("<html>gateway</html>", status=200, content_type="text/html")
        time.sleep(failure.seconds)
        return response

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {
                s: {"mode": f.mode, "seconds": f.seconds, "times": f.times, "path": f.path}
                for s, f in self._now.items()
            }
