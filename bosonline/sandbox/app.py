from __future__ import annotations

from pathlib import Path

from flask import Flask

from bosonline.sandbox import boscod, control, conversions, winpay
from bosonline.sandbox.failures import Failures
from bosonline.sandbox.keys import ensure_keys
from bosonline.sandbox.regions import regions
from bosonline.sandbox.state import State
from bosonline.sandbox.webhooks import Sender


def create_app(state_dir: Path, app_url: str, seed: int = 1, mail: Path | None = None) -> Flask:
    """The sandbox over ``state_dir``, sending its webhooks to ``app_url``."""
    ensure_keys(state_dir)
    state, failures, sender = State(state_dir), Failures(), Sender()
    sender.start()
    couriers = boscod.BosCod(state, failures, sender, app_url.rstrip("/"), seed)
    payments = winpay.Winpay(state, failures, sender, app_url.rstrip("/"), state_dir)
    regions()
    app = Flask("bosonline-sandbox")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
    app.register_blueprint(boscod.blueprint(couriers))
    app.register_blueprint(winpay.blueprint(payments))
    app.register_blueprint(conversions.blueprint(state, failures))
    app.register_blueprint(control.blueprint(state, failures, couriers, payments, mail or state_dir.parent / "mail"))
    return app
