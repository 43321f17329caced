"""Meta's Conversions API, TikTok's Events API and GA4's Measurement Protocol: they refuse what the real ones refuse."""

from __future__ import annotations

import re
import time
from typing import Any

from flask import Blueprint, Response, jsonify, request

from bosonline.sandbox.failures import Failures
from bosonline.sandbox.state import State

# tokens that are refused, so that a seller's mistake can be tried
BAD_TOKEN = "salah"
_HASH = re.compile(r"^[0-9a-f]{64}$")
WEEK = 7 * 24 * 3600


def blueprint(state: State, failures: Failures) -> Blueprint:
    bp = Blueprint("conversions", __name__)

    @bp.before_request
    def gate() -> Any:
        return failures.before("conversions", request.path)

    @bp.after_request
    def spoil(response: Response) -> Response:
        return failures.after("conversions", request.path, response)

    def keep(provider: str, pixel: str, event: dict[str, Any], problems: list[str]) -> None:
        number = state.next("conversion")
        state.put(
            "conversion", str(number),
            {"provider": provider, "pixel": pixel, "event": event, "problems": problems, "at": int(time.time())},
        )  # fmt: skip

    @bp.post("/meta/<version>/<pixel>/events")
    def meta(version: str, pixel: str) -> Any:
        body = request.get_json(silent=True) or {}
        token = body.get("access_token") or request.args.get("access_token", "")
        if not token or BAD_TOKEN in token:
            return _graph("Invalid OAuth access token - Cannot parse access token", 190, 401, "OAuthException")
        if not pixel.isdigit():
            message = f"Unsupported post request. Object with ID '{pixel}' does not exist"
            return _graph(message, 100, 400, "GraphMethodException")
        events = body.get("data")
        if not isinstance(events, list) or not events:
            return _graph("(#100) The parameter data is required", 100, 400)
        for event in events:
            problem = _meta_problem(event)
            if problem:
                keep("meta", pixel, event, [problem])
                return _graph(f"Invalid parameter: {problem}", 100, 400, subcode=2804003)
            keep("meta", pixel, event, [])
        return jsonify(events_received=len(events), messages=[], fbtrace_id=f"A{state.next('trace', 1000)}")

    @bp.post("/tiktok/open_api/v1.3/event/track/")
    def tiktok() -> Any:
        body = request.get_json(silent=True) or {}
        trace = str(state.next("trace", 1000))

        def answer(code: int, message: str) -> Response:
            return jsonify(code=code, message=message, request_id=trace, data={})

        token = request.headers.get("Access-Token", "")
        if not token or BAD_TOKEN in token:
            return answer(40105, "Access token is incorrect or has been revoked.")
        pixel = str(body.get("event_source_id", ""))
        if body.get("event_source") != "web" or not re.fullmatch(r"[A-Z0-9]{15,25}", pixel):
            return answer(40002, "event_source_id: Invalid pixel code")
        events = body.get("data")
        if not isinstance(events, list) or not events:
            return answer(40002, "data: Field is required")
        for event in events:
            problem = _tiktok_problem(event)
            keep("tiktok", pixel, event, [problem] if problem else [])
            if problem:
                return answer(40002, problem)
        return answer(0, "OK")

    @bp.post("/google/mp/collect")
    def collect() -> Any:
        # the real one answers 204 to everything; what is wrong with an event only the debug endpoint tells
        body = request.get_json(silent=True) or {}
        problems = _google_problems(body)
        for event in body.get("events") or [{}]:
            keep(
                "google",
                request.args.get("measurement_id", ""),
                {**event, "client_id": body.get("client_id")},
                problems,
            )
        return "", 204

    @bp.post("/google/debug/mp/collect")
    def debug() -> Any:
        problems = _google_problems(request.get_json(silent=True) or {})
        return jsonify(validationMessages=[{"description": p, "validationCode": "VALUE_INVALID"} for p in problems])

    return bp


def _graph(message: str, code: int, status: int, kind: str = "OAuthException", subcode: int = 0) -> Any:
    error = {"message": message, "type": kind, "code": code, "fbtrace_id": "AbCdEf"}
    if subcode:
        error["error_subcode"] = subcode
    return jsonify(error=error), status


def _meta_problem(event: Any) -> str:
    if not isinstance(event, dict):
        return "event must be an object"
    if not event.get("event_name"):
        return "event_name is required"
    stamp = event.get("event_time")
    if not isinstance(stamp, int) or not time.time() - WEEK < stamp < time.time() + 60:
        return "event_time must be within the last 7 days"
    if event.get("action_source") != "website" or not str(event.get("event_source_url", "")).startswith("http"):
        return "action_source website needs event_source_url"
    user = event.get("user_data")
    if not isinstance(user, dict) or not user.get("client_user_agent"):
        return "user_data.client_user_agent is required for website events"
    if not any(user.get(k) for k in ("ph", "em", "fbp", "fbc", "client_ip_address")):
        return "not enough customer information"
    for key in ("ph", "fn", "ct", "country"):
        values = user.get(key) or []
        if any(not _HASH.match(str(v)) for v in (values if isinstance(values, list) else [values])):
            return f"user_data.{key} must be hashed with SHA-256"
    custom = event.get("custom_data") or {}
    if event["event_name"] == "Purchase" and (
        custom.get("currency") != "IDR" or not isinstance(custom.get("value"), int)
    ):
        return "Purchase needs currency and value"
    return ""


def _tiktok_problem(event: Any) -> str:
    if not isinstance(event, dict) or not event.get("event"):
        return "data.event: Field is required"
    if not isinstance(event.get("event_time"), int):
        return "data.event_time: Not a valid integer"
    if not event.get("event_id"):
        return "data.event_id: Field is required for deduplication"
    phone = (event.get("user") or {}).get("phone", "")
    if phone and not _HASH.match(phone):
        return "data.user.phone: must be hashed with SHA-256"
    if not str((event.get("page") or {}).get("url", "")).startswith("http"):
        return "data.page.url: Field is required"
    return ""


def _google_problems(body: dict[str, Any]) -> list[str]:
    problems = []
    if not re.fullmatch(r"(G|AW)-[A-Z0-9]{6,14}", request.args.get("measurement_id", "")):
        problems.append("Unable to find Measurement ID")
    if not request.args.get("api_secret") or BAD_TOKEN in request.args.get("api_secret", ""):
        problems.append("api_secret is invalid")
    if not re.fullmatch(r"\d+\.\d+", str(body.get("client_id", ""))):
        problems.append("client_id is required")
    for event in body.get("events") or []:
        if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]{0,39}", str(event.get("name", ""))):
            problems.append("event name is invalid")
        params = event.get("params") or {}
        if event.get("name") == "purchase" and not (params.get("transaction_id") and params.get("currency")):
            problems.append("purchase needs transaction_id and currency")
    return problems
