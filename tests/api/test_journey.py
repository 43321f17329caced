"""The main job by API alone, as a stranger's client would do it: from Register to tracking, over real HTTP."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import requests

from tests.conftest import LiveApp
from tests.factories import GAMBIR, JUWANA


def until(check: Callable[[], Any], seconds: float = 20) -> Any:
    ends = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < ends, "did not happen in time"
        time.sleep(0.05)
    return found


class Api:
    """A client that expects success and shows the answer when there is none."""

    def __init__(self, base: str) -> None:
        self.base = f"{base}/api/v1"
        self.session = requests.Session()

    def __call__(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self.session.request(method, self.base + path, timeout=15, **kwargs)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text[:300])
        return answer.json() if "json" in answer.headers["Content-Type"] else answer.content


def test_from_register_to_tracking_with_bearer_tokens(live_app: LiveApp) -> None:
    api, control = Api(live_app.url), f"{live_app.sandbox}/control"
    login = api("POST", "/auth/register", json={"name": "Ratna", "email": "api@uji.id", "phone": "081211112222",
                                                "password": "Rahasia-sekali-9", "store_name": "Madu API"})  # fmt: skip
    api.session.headers["Authorization"] = f"Bearer {login['token']['access_token']}"
    api("PUT", "/store/subdomain", json={"subdomain": "madu-api"})
    area = api("GET", "/regions", params={"keyword": "kec juwana pati"})["data"][0]
    assert area["district_id"] == JUWANA
    api("POST", "/store/warehouses", json={"name": "Gudang", "contact_name": "Ratna", "phone": "081211112222",
                                           "district_id": JUWANA, "address": "Jl. Silugonggo No. 12"})  # fmt: skip
    api("POST", "/store/bank-accounts", json={"bank_code": "014", "number": "1234567890", "holder": "Ratna"})
    product = api("POST", "/store/products", json={
        "name": "Madu", "attributes": [{"name": "Ukuran", "items": ["100gr", "200gr"]}],
        "variants": [{"options": ["100gr"], "price": 50_000, "stock": 10}, {"options": ["200gr"], "price": 90_000, "stock": 5}],
    })["data"]  # fmt: skip
    form = api("POST", "/store/forms", json={
        "name": "Madu", "publish": True,
        "content": {"variant_ids": [v["id"] for v in product["variants"]], "payment_methods": [{"method": "cod"}, {"method": "va"}]},
    })["data"]  # fmt: skip

    buyer = Api(live_app.url)
    place = {"form": form["slug"], "store": "madu-api"}
    assert len(buyer("GET", f"/checkout/forms/{form['slug']}", params=place)["data"]["items"]) == 2

    def order(method: str, phone: str) -> Any:
        item = product["variants"][0]["id"]
        rates = buyer(
            "GET",
            "/checkout/rates",
            params={**place, "district": GAMBIR, "items": f"{item}:2", "payment_method": method},
        )
        quote = next(r["quote"] for r in rates["data"] if r["courier_code"] == "idx")
        body = {**place, "items": [{"variant_id": item, "qty": 2}], "customer": {"name": "Siti Aminah", "phone": phone},
                "address": {"district_id": GAMBIR, "street": "Jl. Melati 5 RT 02"}, "courier_quote": quote,
                "payment_method": method, "payment_channel": "BRI"}  # fmt: skip
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        first = buyer("POST", "/checkout/orders", json=body, headers=headers)["data"]
        assert buyer("POST", "/checkout/orders", json=body, headers=headers)["data"] == first
        return first

    cod = order("cod", "081234567890")
    (row,) = api("GET", "/store/orders")["data"]
    assert row["order_number"] == cod["order_number"]
    follow = api("POST", f"/store/orders/{row['id']}/follow-ups", json={"result": "confirmed"})["data"]
    assert follow["wa_url"].startswith("https://wa.me/6281234567890?text=")
    assert api("GET", f"/store/orders/{row['id']}")["data"]["status"] == "confirmed", "the result confirmed it"
    assert api("POST", "/store/orders/shipments", json={"ids": [row["id"]]})["succeeded"] == 1

    def detail(pk: int) -> Any:
        return api("GET", f"/store/orders/{pk}")["data"]

    awb = until(lambda: detail(row["id"])["awb"])
    parcel = requests.get(f"{control}/parcels", timeout=5).json()["data"][0]["order_number"]
    for step, status in (("picked_up", "shipped"), ("in_transit", "shipped"), ("delivered", "delivered")):
        requests.post(f"{control}/parcels/{parcel}/advance", json={"to": step}, timeout=5).raise_for_status()
        until(
            lambda step=step, status=status: (
                (d := detail(row["id"]))["shipping_status"] == step and d["status"] == status
            )
        )
    assert detail(row["id"])["payment_status"] == "cod_collected"
    assert api("GET", "/store/order/tracking", params={"awb": awb})["data"][0]["note"] == "Paket telah diterima"

    va = order("va", "081234567891")
    pk = api("GET", "/store/orders")["data"][0]["id"]
    payment = until(lambda: next((p for p in detail(pk)["payments"] if p["va_number"]), None))
    assert (payment["channel"], payment["amount"]) == ("BRI", va["bill"]["total"])
    requests.post(f"{control}/failures", json={"service": "winpay", "mode": "duplicate", "times": 1}, timeout=5)
    requests.post(f"{control}/payments/{va['order_number']}/pay", json={"repeat": 3}, timeout=5).raise_for_status()
    until(lambda: detail(pk)["payment_status"] == "paid")
    assert detail(pk)["status"] == "confirmed"
    assert [line["kind"] for line in detail(pk)["timeline"]].count("money.gateway") == 1
    assert api("POST", "/store/orders/invoices", json={"ids": [row["id"], pk]}).startswith(b"%PDF")
    assert api("GET", "/store/orders/recap")["data"]["count"] == 2
