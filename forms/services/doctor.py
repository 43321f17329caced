"""Form doctor (product.md §6): walks the buyer's path over the draft and lists what would stop an order, with the way to fix it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bosonline.errors import DomainError
from forms.content import PIXEL_FORMS, content_full, content_problems, pixel_ids
from forms.models import OrderForm, PixelToken
from forms.pricing import Basket, basket_of, bill_of
from forms.services.rates import MANUAL, quote_redeem, shipping_options
from forms.snapshot import Snapshot, snapshot_draft
from forms.success import success_default, url_allowed
from stores.models import Domain
from stores.queries import area_of

# the buyer the doctor plays: Gambir, Jakarta Pusat
JAKARTA = 14910


@dataclass(frozen=True, slots=True)
class Finding:
    """``level``: ``stop`` keeps buyers from ordering, ``warn`` costs orders or money, ``ok`` was looked at and is fine."""

    code: str
    level: str
    message: str
    fix_url: str = ""

    def as_api(self) -> dict[str, str]:
        return {"code": self.code, "level": self.level, "message": self.message, "fix_url": self.fix_url}


def form_examine(form: OrderForm) -> list[Finding]:
    """Everything found, what stops orders first. Asks the couriers; writes nothing."""
    snapshot = snapshot_draft(form.store_id, form.pk)
    if snapshot is None:
        return [Finding("store_inactive", "stop", _("The store is not active."))]
    edit = reverse("form-edit", args=[form.pk])
    found: list[Finding] = []
    for check in _CHECKS:
        found += check(form, snapshot, edit)
    order = {"stop": 0, "warn": 1, "ok": 2}
    return sorted(found, key=lambda f: order[f.level])


def _content(form: OrderForm, snapshot: Snapshot, edit: str) -> Iterator[Finding]:
    problems = content_problems(snapshot.content)
    for path, texts in problems.items():
        if not path.startswith("pixels."):
            yield Finding("unfinished", "stop", texts[0], f"{edit}#{path}")
    if not problems:
        yield Finding("content", "ok", _("The form is complete."))


def _address(form: OrderForm, snapshot: Snapshot, edit: str) -> Iterator[Finding]:
    if not snapshot.store["subdomain"]:
        yield Finding("no_address", "stop", _("The store has no address yet, so the form has no link."),
                      reverse("onboarding-step", args=["subdomain"]))  # fmt: skip
    for host in Domain.objects.filter(kind="custom", verified_at__isnull=True).values_list("hostname", flat=True):
        yield Finding("domain_unverified", "warn", _("The domain %(host)s is not verified yet.") % {"host": host},
                      reverse("settings"))  # fmt: skip


def _state(form: OrderForm, snapshot: Snapshot, edit: str) -> Iterator[Finding]:
    now = timezone.now()
    if form.status == OrderForm.Status.CLOSED:
        yield Finding("closed", "stop", _("The form is closed."), reverse("forms"))
    if form.status == OrderForm.Status.DRAFT:
        yield Finding("draft", "warn", _("The form is still a draft: buyers cannot see it."), edit)
    if snapshot.quota_left is not None and snapshot.quota_left <= 0:
        yield Finding("quota_full", "stop", _("The quota is used up."), f"{edit}#settings")
    if form.closes_at and form.closes_at <= now:
        yield Finding("schedule_over", "stop", _("The closing time has passed."), f"{edit}#settings")
    if form.opens_at and form.opens_at > now:
        yield Finding("schedule_ahead", "warn", _("The opening time has not come yet."), f"{edit}#settings")


def _stock(form: OrderForm, snapshot: Snapshot, edit: str) -> Iterator[Finding]:
    products = reverse("products")
    gone = [v for v in snapshot.variants.values() if not v.available]
    sold = set(snapshot.content["variant_ids"]) | {
        i["variant_id"] for p in snapshot.content["packages"] for i in p["items"]
    }
    if sold - set(snapshot.variants):
        yield Finding("variant_gone", "stop", _("A product of this form was removed or switched off."), edit)
    if snapshot.variants and len(gone) == len(snapshot.variants):
        yield Finding("no_stock", "stop", _("Everything this form sells is out of stock."), products)
    else:
        for variant in gone[:5]:
            name = f"{variant.product_name} {variant.variant_name}".strip()
            yield Finding("variant_empty", "warn", _("%(name)s is out of stock.") % {"name": name}, products)
    if snapshot.variants and not gone:
        yield Finding("stock", "ok", _("Everything is in stock."))


def _payment(form: OrderForm, snapshot: Snapshot, edit: str) -> Iterator[Finding]:
    methods = set(snapshot.methods)
    wanted = {m["method"] for m in content_full(form.draft)["payment_methods"]}
    if "bank_transfer" in wanted and not snapshot.bank_accounts:
        accounts = reverse("onboarding-step", args=["bank_account"])
        if "bank_transfer" in methods:  # the only way to pay
            yield Finding("no_bank_account", "stop",
                          _("Bank transfer is offered, but there is no active bank account."), accounts)  # fmt: skip
        else:
            yield Finding("no_bank_account", "warn",
                          _("Without an active bank account buyers are not offered bank transfer."), accounts)  # fmt: skip
    if methods & {"va", "qris"} and not settings.WINPAY_PARTNER_ID:
        yield Finding("winpay_missing", "stop", _("Virtual accounts and QRIS need Winpay, which is not connected."),
                      reverse("settings"))  # fmt: skip


def _path(form: OrderForm, snapshot: Snapshot, edit: str) -> Iterator[Finding]:
    """Choose, ask for couriers, take a quote, compute the bill: as a buyer in Jakarta would."""
    settings_url = reverse("settings")
    if not snapshot.origin_id:
        yield Finding(
            "warehouse_unknown", "stop", _("BosCOD does not know the district of the warehouse."), settings_url
        )
        return
    basket = _first_basket(snapshot)
    if basket is None or not snapshot.methods:
        return
    method = next(iter(snapshot.methods))
    destination = area_of(JAKARTA)
    if destination is None:
        return
    options, _more = shipping_options(snapshot, basket, destination_id=destination.district_id, method=method)
    real = [o for o in options if o["courier_code"] != MANUAL]
    if not real:
        message = _("No courier answered for a parcel from the warehouse to %(area)s.") % {"area": destination.city}
        yield Finding("no_courier", "stop" if options == [] else "warn", message, f"{edit}#courier")
        return
    try:
        quote = quote_redeem(
            snapshot, basket, token=real[0]["quote"], destination_id=destination.district_id, method=method
        )
        bill = bill_of(
            snapshot, basket, method=method, courier_code=quote.courier_code, shipping=quote.price,
            province_code=destination.code[:2],
        )  # fmt: skip
    except DomainError as exc:
        yield Finding("path", "stop", exc.message, edit)
        return
    if "cod" in snapshot.methods and not any(o["cod"] for o in real):
        yield Finding("no_cod", "warn", _("No courier of this form collects cash (COD) in Jakarta."), f"{edit}#courier")
    if bill.goods and basket.cost and bill.goods < basket.cost:
        yield Finding("below_cost", "warn", _("The price is below the cost price (HPP)."), reverse("products"))
    text = _("A buyer in %(area)s sees %(count)s couriers and can order.")
    yield Finding("path", "ok", text % {"area": destination.city, "count": len(real)})


def _first_basket(snapshot: Snapshot) -> Basket | None:
    try:
        if snapshot.content["packages"]:
            return basket_of(snapshot, items=[], package_id=snapshot.content["packages"][0]["id"], bump=False)
        first = next(v for v in snapshot.content["variant_ids"] if v in snapshot.variants)
        return basket_of(snapshot, items=[{"variant_id": first, "qty": 1}], package_id=None, bump=False)
    except (DomainError, StopIteration):
        return None


def _people(form: OrderForm, snapshot: Snapshot, edit: str) -> Iterator[Finding]:
    success = {**success_default(), **snapshot.success}
    page = reverse("form-success", args=[form.pk])
    if not snapshot.cs:
        yield Finding("no_cs", "warn", _("Nobody takes the orders of this form."), f"{edit}#cs")
    if success["kind"] == "whatsapp" and not any(c["phone"] for c in snapshot.cs) and not snapshot.store["whatsapp"]:
        yield Finding("no_whatsapp", "warn", _("The success page leads to WhatsApp, but there is no number."), page)
    if success["kind"] == "url" and not url_allowed(success["url"], snapshot.store["hosts"]):
        yield Finding("host_not_allowed", "warn", _("The success page leads to a host that is not allowed."), page)


def _tracking(form: OrderForm, snapshot: Snapshot, edit: str) -> Iterator[Finding]:
    typed = snapshot.content["pixels"]
    for provider, pattern in PIXEL_FORMS.items():
        for pixel in typed[provider]:
            if not pattern.fullmatch(pixel):
                message = _("The pixel id %(id)s is malformed.") % {"id": pixel}
                yield Finding("pixel_malformed", "warn", message, f"{edit}#pixels")
    known = set(PixelToken.objects.values_list("provider", "pixel_id"))
    for provider, ids in pixel_ids(snapshot.content).items():
        for pixel in ids:
            if provider != "gtm" and (provider, pixel) not in known:
                message = _("%(id)s has no access token: events go only from the browser.") % {"id": pixel}
                yield Finding("pixel_token", "warn", message, f"{edit}#pixels")


def _looks(form: OrderForm, snapshot: Snapshot, edit: str) -> Iterator[Finding]:
    if not snapshot.images:
        yield Finding("no_picture", "warn", _("The page has no picture."), f"{edit}#gallery")


_CHECKS: tuple[Callable[[OrderForm, Snapshot, str], Iterator[Finding]], ...] = (
    _content, _address, _state, _stock, _payment, _path, _people, _tracking, _looks,
)  # fmt: skip


def summary(findings: list[Finding]) -> dict[str, Any]:
    return {
        "healthy": not any(f.level == "stop" for f in findings),
        "stops": sum(f.level == "stop" for f in findings),
        "warnings": sum(f.level == "warn" for f in findings),
        "findings": [f.as_api() for f in findings],
    }
