"""Courier options with signed quotes (product.md §6): asked before the order, redeemed by it without an outside call."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from bosonline import crypto
from bosonline.bill import insurance_of
from bosonline.errors import Conflict, ServiceFailed, ValidationFailed
from bosonline.gateways.base import GatewayError
from bosonline.gateways.boscod import Rate, boscod_client
from bosonline.money import fee_of
from bosonline.redis import redis_ask
from forms.pricing import Basket, cod_terms, subsidy_of
from forms.snapshot import Snapshot
from stores.queries import area_of

log = structlog.get_logger("rates")

SALT = "courier-quote"
FRESH_SECONDS = 600
# how long a buyer's request waits for the couriers, and how long the question itself may take
BUDGET_SECONDS = 1.3
BACKGROUND_SECONDS = 5.0
# The option offered when neither BosCOD nor the cache knows a price: CS tells the buyer the shipping fee.
MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class StoredRate:
    """A BosCOD rate as kept in the cache; money in rupiah."""

    courier_code: str
    courier_name: str
    service_code: str
    service_name: str
    price: int
    max_price: int
    etd: str
    cod: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """A redeemed quote."""

    courier_code: str
    courier_name: str
    service_code: str
    service_name: str
    price: int
    etd: str
    cod: bool
    weight_grams: int
    destination_id: int


def _bracket(weight_grams: int) -> int:
    """Couriers charge whole kilograms: one cache entry serves the bracket. At least 1 kg."""
    return max(1, -(-weight_grams // 1000)) * 1000


def _cache_key(origin_id: int, destination_id: int, weight_grams: int) -> str:
    return f"bos:rates:{origin_id}:{destination_id}:{_bracket(weight_grams)}"


def rates_cached(origin_id: int, destination_id: int, weight_grams: int) -> tuple[list[StoredRate], float] | None:
    """Rates of the last 24 hours and their age in seconds."""
    raw = redis_ask(lambda client: client.get(_cache_key(origin_id, destination_id, weight_grams)), otherwise=None)
    if not isinstance(raw, bytes):
        return None
    data = orjson.loads(raw)
    return [StoredRate(**row) for row in data["rates"]], time.time() - data["at"]


def _store(origin_id: int, destination_id: int, weight_grams: int, rates: list[StoredRate]) -> None:
    name = _cache_key(origin_id, destination_id, weight_grams)
    data = orjson.dumps({"at": time.time(), "rates": [asdict(r) for r in rates]})
    redis_ask(lambda client: client.set(name, data, ex=settings.RATE_CACHE_SECONDS), otherwise=None)


class _Flight:
    """One question to the couriers, asked in a thread of its own and shared by everybody who wants the same answer.

    A buyer's request waits for it only ``BUDGET_SECONDS``. The question goes on: its answer fills the cache, so that
    the page, which asks again a moment later, has the couriers that were too slow.
    """

    def __init__(self, origin_id: int, destination_id: int, weight_grams: int) -> None:
        self.found: list[StoredRate] = []
        self.question = (origin_id, destination_id, weight_grams)
        self.future = _pool.submit(self._ask)

    def _ask(self) -> list[StoredRate]:
        origin_id, destination_id, weight_grams = self.question
        try:
            result = boscod_client().rates_all(
                origin_id, destination_id, _bracket(weight_grams), deadline_seconds=BACKGROUND_SECONDS,
                on_rates=lambda batch: self.found.extend(map(_stored, batch)),
            )  # fmt: skip
            rates = [_stored(rate) for rate in result.rates]
            if rates and result.complete:
                _store(origin_id, destination_id, weight_grams, rates)
            return rates
        finally:  # after the cache has it: nobody may find neither
            with _flights_lock:
                _flights.pop(_cache_key(*self.question), None)


def _stored(r: Rate) -> StoredRate:
    return StoredRate(
        r.courier_code, r.courier_name, r.service_code, r.service_name, r.price, r.max_price, r.etd, r.cod
    )


_pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="rates")
_flights: dict[str, _Flight] = {}
_flights_lock = threading.Lock()


def _flight(origin_id: int, destination_id: int, weight_grams: int) -> _Flight:
    key = _cache_key(origin_id, destination_id, weight_grams)
    with _flights_lock:
        flight = _flights.get(key)
        if flight is None:
            flight = _flights[key] = _Flight(origin_id, destination_id, weight_grams)
        return flight


@dataclass(frozen=True, slots=True)
class Found:
    """``estimate``: from the cache because BosCOD is away. ``refreshing``: more couriers may answer in a moment."""

    rates: list[StoredRate]
    estimate: bool = False
    refreshing: bool = False


def rates_look(origin_id: int, destination_id: int, weight_grams: int, *, seconds: float | None = None) -> Found:
    """What the couriers ask, within ``seconds`` (by default the budget of a buyer's request).

    Raises :class:`ServiceFailed` when there is neither an answer nor a cached one.
    """
    if weight_grams > 99_000:
        raise ValidationFailed.field("items", _("A parcel may weigh at most 99 kg."))
    cached = rates_cached(origin_id, destination_id, weight_grams)
    if cached and cached[1] < FRESH_SECONDS:
        return Found(cached[0])
    flight = _flight(origin_id, destination_id, weight_grams)
    late = False
    try:
        return Found(flight.future.result(timeout=BUDGET_SECONDS if seconds is None else seconds))
    except FutureTimeout:
        late = True
        if cached:
            return Found(cached[0], estimate=True, refreshing=True)
        if flight.found:
            return Found(list(flight.found), refreshing=True)
        failure: Exception | None = None
    except GatewayError as exc:
        if cached:
            return Found(cached[0], estimate=True)
        failure = exc
    raise ServiceFailed(
        _("The courier service (BosCOD) does not answer right now."), extra={"service": "boscod", "refreshing": late}
    ) from failure


def rates_find(origin_id: int, destination_id: int, weight_grams: int) -> tuple[list[StoredRate], bool]:
    """Rates and whether they are an estimate, for a seller, who can wait for all couriers.

    Raises :class:`ServiceFailed` when there is neither an answer nor a cached one.
    """
    found = rates_look(origin_id, destination_id, weight_grams, seconds=BACKGROUND_SECONDS + 2)
    return found.rates, found.estimate


def shipping_options(
    snapshot: Snapshot, basket: Basket, *, destination_id: int, method: str
) -> tuple[list[dict[str, Any]], bool]:
    """The courier list of ``GET /checkout/rates``, cheapest first, the recommended one marked; and whether more may come.

    For COD only services that collect cash at this destination are listed; none, when they go there only with other
    methods of the form. When neither BosCOD nor the cache knows a price, or no courier of the form goes there, the one
    option is that CS confirms the fee: the order is taken and waits for its courier.
    """
    try:
        found = rates_look(snapshot.origin_id, destination_id, basket.weight_grams)
    except ServiceFailed as exc:
        return [_manual_option(snapshot, basket, destination_id)], bool(exc.extra.get("refreshing"))
    options = [
        _option(snapshot, basket, rate, destination_id, method, found.estimate)
        for rate in found.rates
        if rate.courier_code in snapshot.couriers and (rate.cod or method != "cod")
    ]
    own = [rate for rate in found.rates if rate.courier_code in snapshot.couriers]
    options.sort(key=lambda o: (o["price"] - o["subsidy"], o["etd"], o["courier_code"]))
    if options:
        options[0]["recommended"] = True
    elif not found.refreshing and not (own and len(snapshot.methods) > 1):  # else another payment method has couriers
        options = [_manual_option(snapshot, basket, destination_id)]
    return options, found.refreshing


def province_of(district_id: int) -> str:
    """Kemendagri's two digits of the district's province; empty when unknown."""
    area = area_of(district_id)
    return area.code[:2] if area else ""


def _option(
    snapshot: Snapshot, basket: Basket, rate: StoredRate, destination_id: int, method: str, estimate: bool
) -> dict[str, Any]:
    subsidy = subsidy_of(snapshot, shipping=rate.price, goods=basket.goods, province_code=province_of(destination_id))
    terms = cod_terms(snapshot, rate.courier_code)
    fee_base = basket.goods + rate.price - subsidy + snapshot.methods.get("cod", {"fee": 0})["fee"]
    courier = snapshot.couriers[rate.courier_code]
    return {
        "courier_code": rate.courier_code,
        "courier_name": courier["name"],
        "service_code": rate.service_code,
        "service_name": rate.service_name,
        "price": rate.price,
        "original_price": max(rate.max_price, rate.price),
        "subsidy": subsidy,
        "etd": rate.etd,
        "cod": rate.cod,
        "cod_fee": fee_of(fee_base, terms.rate_bp, minimum=terms.minimum) if terms.payer == "buyer" else 0,
        # what the page needs to say the same fee as the bill, whatever voucher or insurance is chosen
        "cod_terms": {"rate_bp": terms.rate_bp, "minimum": terms.minimum, "payer": terms.payer, "round_to": terms.round_to},
        "insurance": insurance_of(basket.goods, courier["insurance_bp"]),
        "recommended": False,
        "estimate": estimate,
        "quote": quote_sign(
            snapshot,
            Quote(
                rate.courier_code, courier["name"], rate.service_code, rate.service_name, rate.price, rate.etd,
                rate.cod, basket.weight_grams, destination_id,
            ),
        ),
    }  # fmt: skip


def _manual_option(snapshot: Snapshot, basket: Basket, destination_id: int) -> dict[str, Any]:
    name, terms = str(_("Shipping fee confirmed by CS")), cod_terms(snapshot, MANUAL)
    return {
        "courier_code": MANUAL, "courier_name": name, "service_code": MANUAL, "service_name": "",
        "price": 0, "original_price": 0, "subsidy": 0, "etd": "", "cod": True, "cod_fee": 0, "insurance": 0,
        "cod_terms": {"rate_bp": 0, "minimum": 0, "payer": terms.payer, "round_to": terms.round_to},
        "recommended": True, "estimate": True,
        "quote": quote_sign(
            snapshot, Quote(MANUAL, name, MANUAL, "", 0, "", True, basket.weight_grams, destination_id)
        ),
    }  # fmt: skip


def quote_sign(snapshot: Snapshot, quote: Quote) -> str:
    data = {
        "s": snapshot.store["id"], "f": snapshot.form_id, "o": snapshot.origin_id, "d": quote.destination_id,
        "w": quote.weight_grams, "c": quote.courier_code, "n": quote.courier_name, "v": quote.service_code,
        "m": quote.service_name, "p": quote.price, "e": quote.etd, "k": quote.cod,
    }  # fmt: skip
    return crypto.sign(data, salt=SALT, expires_in=settings.QUOTE_SECONDS)


def quote_redeem(snapshot: Snapshot, basket: Basket, *, token: str, destination_id: int, method: str) -> Quote:
    """Check a quote against what is ordered. No outside call.

    Raises at ``courier_quote``: forged (``quote_invalid``), for another basket or address (``quote_mismatch``), or too
    old (``quote_expired``, with fresh options when the cache still has them).
    """
    try:
        data = crypto.unsign(token, salt=SALT)
    except crypto.ExpiredToken:
        raise _refused(snapshot, basket, destination_id, method, "quote_expired",
                       _("The shipping price is too old. Choose the courier again.")) from None  # fmt: skip
    except (crypto.BadToken, ValueError, KeyError):
        raise ValidationFailed.field(
            "courier_quote", _("Choose a courier from the list."), code="quote_invalid"
        ) from None
    quoted = (data["s"], data["f"], data["o"], data["d"])
    if quoted != (snapshot.store["id"], snapshot.form_id, snapshot.origin_id, destination_id) or (
        _bracket(data["w"]) != _bracket(basket.weight_grams)
    ):
        raise _refused(snapshot, basket, destination_id, method, "quote_mismatch",
                       _("The order has changed. Choose the courier again."))  # fmt: skip
    if method == "cod" and not data["k"]:
        raise ValidationFailed.field(
            "courier_quote", _("This courier does not collect cash in your area."), code="quote_no_cod"
        )
    if data["c"] != MANUAL and data["c"] not in snapshot.couriers:
        raise ValidationFailed.field("courier_quote", _("This courier is not offered any more."), code="quote_invalid")
    return Quote(
        data["c"], data["n"], data["v"], data["m"], data["p"], data["e"], data["k"], basket.weight_grams, data["d"]
    )


def _refused(snapshot: Snapshot, basket: Basket, destination_id: int, method: str, code: str, message: str) -> Conflict:
    fresh: list[dict[str, Any]] = []
    cached = rates_cached(snapshot.origin_id, destination_id, basket.weight_grams)
    if cached:
        fresh = [
            _option(snapshot, basket, rate, destination_id, method, cached[1] > FRESH_SECONDS)
            for rate in cached[0]
            if rate.courier_code in snapshot.couriers and (rate.cod or method != "cod")
        ]
    return Conflict(message, code=code, errors={"courier_quote": [message]}, extra={"rates": fresh})
