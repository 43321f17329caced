from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.conf import settings
from django.test import Client

from bosonline.actor import SYSTEM
from bosonline.gateways.base import breakers_reset
from bosonline.tenancy import store_scope
from forms.models import OrderForm
from forms.services.forms import form_publish, form_save_draft
from tests.factories import Shop, make_shop


@pytest.fixture
def shop(db: None) -> Shop:
    return make_shop(stock=50)


@pytest.fixture
def republish() -> Callable[..., None]:
    """Change the form's content and publish it."""

    def change(shop: Shop, **content: Any) -> None:
        with store_scope(shop.store):
            form = OrderForm.objects.get(pk=shop.form.pk)
            form_publish(form=form_save_draft(form=form, content={**form.draft, **content}, actor=SYSTEM), actor=SYSTEM)
        assert shop.snapshot

    return change


@pytest.fixture
def buyer() -> Callable[..., Any]:
    """A buyer's browser on the store's own host: ``buyer(shop, "get", "/o/…")``."""
    client = Client()

    def call(shop: Shop, method: str, path: str, body: Any = None, **headers: Any) -> Any:
        data = {} if body is None and method == "get" else json.dumps(body or {})
        return getattr(client, method)(
            path, data, content_type="application/json", HTTP_HOST=f"{shop.store.subdomain}.localhost", **headers
        )

    call.client = client  # type: ignore[attr-defined]  # for its cookies
    return call


@pytest.fixture
def fail() -> Any:
    """Make a service of the sandbox fail: ``fail("boscod", "error503")``."""

    def set_failure(service: str, mode: str, **options: Any) -> None:
        breakers_reset()
        requests.post(
            f"{settings.SANDBOX_URL}/control/failures", json={"service": service, "mode": mode, **options}, timeout=5
        ).raise_for_status()

    yield set_failure
    for service in ("boscod", "winpay", "conversions"):
        requests.post(f"{settings.SANDBOX_URL}/control/failures", json={"service": service, "mode": "none"}, timeout=5)
    breakers_reset()
