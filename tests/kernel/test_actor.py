"""Rights are asked inside the operation: no write that a person can cause begins without them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bosonline.actor import BOSCOD, BUYER, SYSTEM, WINPAY, Actor
from bosonline.errors import Forbidden
from sellers.rights import ALL_RIGHTS, PRESETS

ROOT = Path(__file__).parents[2]
# Reads, and steps inside an operation whose public function has asked (or that a fact has caused: a courier's news).
INSIDE = {
    "orders/money/methods.py": {"payment_again"},
    "orders/money/moves.py": {"money_follows_move"},
    "orders/money/queries.py": {"money_context"},
    "orders/money/receipts.py": {"money_follow", "money_line", "cod_collected", "cod_not_collected"},
    "orders/money/ways.py": {"payment_renew"},
    "orders/services/axes.py": {"axis_set"},
    "orders/services/shipping.py": {"shipment_send"},
    "orders/services/staff.py": {"hand_over"},
    "orders/services/status.py": {"why_not", "allowed_status", "order_event"},
    "sellers/services/roles.py": {"may_give"},
    # leaving is everybody's own, handing over asks for being the owner and the password
    "sellers/services/staff.py": {"staff_of", "store_leave", "store_hand_over"},
    "catalog/services/imports.py": {"import_get", "import_check"},  # one's own run; its job asks again
    "catalog/services/stock.py": {
        "stock_write",
        "stock_release",
        "stock_commit",
        "stock_uncommit",
        "stock_restock",
        "stock_reserve",
    },
}


def operations() -> dict[tuple[str, str], ast.FunctionDef]:
    found = {}
    for path in sorted(ROOT.glob("*/services/**/*.py")) + sorted(ROOT.glob("orders/money/*.py")):
        for node in ast.parse(path.read_text()).body:
            public = isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            if public and "actor" in {a.arg for a in node.args.args + node.args.kwonlyargs}:
                found[str(path.relative_to(ROOT)), node.name] = node
    return found


def asks_first(node: ast.FunctionDef) -> bool:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    before_anything = [ast.unparse(s) for s in body[:3]]
    return any("actor.require" in text for text in before_anything)


def test_every_write_of_a_service_begins_with_its_right() -> None:
    found = operations()
    assert len(found) > 80
    silent = {key for key, node in found.items() if not asks_first(node)}
    assert silent == {(path, name) for path, names in INSIDE.items() for name in names}


def test_rights_that_services_ask_for_exist() -> None:
    for (path, name), node in operations().items():
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("actor.require", "actor.require_any"):
                for argument in call.args:
                    if isinstance(argument, ast.Constant):
                        assert argument.value in ALL_RIGHTS, (path, name, argument.value)


@pytest.mark.parametrize("preset", PRESETS)
def test_an_actor_may_what_the_role_says_and_nothing_else(preset: str) -> None:
    rights = frozenset(PRESETS[preset][1])
    actor = Actor(user=object(), rights=rights)
    for right in ALL_RIGHTS:
        assert actor.may(right) == (right in rights) == actor.can[right.replace(".", "_")]
        if right in rights:
            actor.require(right)
        else:
            with pytest.raises(Forbidden):
                actor.require(right)


def test_sources_of_events_need_no_right_and_name_no_person() -> None:
    for source in (SYSTEM, BUYER, BOSCOD, WINPAY):
        source.require("orders.edit")
        assert source.user_id is None and source.label and not source.is_authenticated
