"""Every seller endpoint and page, called by every preset, against the table of who may do what.

``tests/data/rights.csv`` is written and reviewed by people: a new endpoint without a row fails, and so does one that lets
somebody in who is not in its row, or keeps somebody out who is. ``y`` = may call it, ``-`` = 403.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from bosonline.actor import Actor
from bosonline.api.views import ApiView
from orders.actions import BULK, ON_ONE, TABLE
from sellers.pages import StorePage
from sellers.rights import PRESETS
from tests.factories import PASSWORD, make_shop

ROWS = Path(__file__).resolve().parent.parent / "data" / "rights.csv"
METHODS = ("get", "post", "put", "patch", "delete")


def rows() -> list[dict[str, str]]:
    with ROWS.open(newline="") as file:
        return list(csv.DictReader(file))


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for item in (resolver or get_resolver("bosonline.urls")).url_patterns:
        route = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from patterns(item, route)
        elif isinstance(item, URLPattern):
            yield route, item.callback


def guarded() -> set[tuple[str, str]]:
    """(method, view) of everything that asks who the caller is: seller endpoints and dashboard pages."""
    found = set()
    for route, callback in patterns():
        view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
        if view is None or (route.startswith("api/") and route.endswith("/") and "refresh" not in route):
            continue
        seller = issubclass(view, ApiView) and view.actor == "seller"
        if seller or issubclass(view, StorePage):
            found |= {(method, f"/{route}") for method in METHODS if hasattr(view, method)}
    return found


def route_of(path: str) -> str:
    return "/" + resolve(path.split("?")[0]).route


def test_every_endpoint_and_page_has_a_row() -> None:
    listed = {(row["method"], route_of(row["path"])) for row in rows()}
    missing, gone = guarded() - listed, listed - guarded()
    assert not missing, f"say in tests/data/rights.csv who may call: {sorted(missing)}"
    assert not gone, f"no longer there: {sorted(gone)}"


def test_every_action_behind_one_address_has_a_row_of_its_own_and_no_row_names_one_that_is_not_there() -> None:
    """One address serves several actions, so the routes alone would let one of them go unnamed."""
    with_actions = {
        f"/{route}": set(callback.view_class.actions)
        for route, callback in patterns()
        if "<slug:action>" in route and issubclass(callback.view_class, StorePage)
    }
    assert len(with_actions) > 10 and all(with_actions.values()), "each names its actions"
    listed: dict[str, set[str]] = {route: set() for route in with_actions}
    for row in rows():
        route = route_of(row["path"])
        if route in listed and row["method"] == "post":
            listed[route].add(row["path"].rsplit("/", 1)[1])
    assert listed == with_actions
    assert with_actions["/pesanan/massal/<slug:action>"] == {action.key for action in BULK}


def test_an_action_is_offered_to_exactly_those_whom_its_row_lets_in() -> None:
    table = {row["path"]: row for row in rows() if row["method"] == "post"}
    for preset, (_label, rights) in PRESETS.items():
        actor = Actor(user=object(), rights=frozenset(rights))
        for action in TABLE:
            places = [f"/pesanan/massal/{action.key}"] * action.bulk
            places += [f"/pesanan/999999999/{action.path}"] * (action in ON_ONE)
            for place in places:
                assert action.may(actor) == (table[place][preset] == "y"), (preset, place)


def test_the_table_agrees_with_the_presets_it_names() -> None:
    assert list(rows()[0]) == ["method", "path", *PRESETS]
    assert {row[preset] for row in rows() for preset in PRESETS} == {"y", "-"}
    assert all(row["owner"] == "y" for row in rows()), "the owner may do everything"
    harmless = (
        "/announcements/",
        "/notifications",
        "/leave",
        "/hand-over",
        "/auth/",
        "/invoices",
        "/stores",
        "/imports",
        "/store/exports",  # one's own download
    )
    writes = [r["path"] for r in rows() if r["viewer"] == "y" and r["method"] != "get" and "/store" in r["path"]]
    assert not [path for path in writes if not any(part in path for part in harmless)], (
        "a viewer changes nothing of the store"
    )


def test_every_preset_may_do_exactly_what_its_column_says(client: Client, db: None) -> None:
    shop = make_shop()
    wrong = []
    for preset in PRESETS:
        member = shop.owner if preset == "owner" else shop.staff(preset)
        browser = Client()
        browser.post("/masuk", {"email": member.user.email, "password": PASSWORD})
        for row in rows():
            # ending the session or leaving the store ends the walk: done by tests of their own
            if row["path"].endswith(
                ("/auth/logout", "/sessions/others", "/sesi/akhiri", "/kepemilikan/keluar", "/store/leave")
            ):
                continue
            if row["path"].startswith("/api/"):
                headers = shop.bearer(member.user)
                data = {} if row["method"] == "get" else json.dumps({})
                answer = getattr(client, row["method"])(row["path"], data, content_type="application/json", **headers)
            else:
                answer = getattr(browser, row["method"])(row["path"])
            if (
                answer.status_code >= 500
                or answer.status_code == 401
                or (answer.status_code == 403) != (row[preset] == "-")
            ):
                wrong.append((preset, row["method"], row["path"], answer.status_code, row[preset]))
    assert not wrong, wrong


def test_a_stranger_is_asked_to_log_in_everywhere(client: Client, db: None) -> None:
    for row in rows():
        answer = getattr(client, row["method"])(row["path"], content_type="application/json")
        if row["path"].startswith("/api/"):
            assert answer.status_code == 401, (row["path"], answer.status_code)
        else:
            assert answer.status_code == 302 and answer["Location"].startswith("/masuk"), (
                row["path"],
                answer.status_code,
            )
