"""How orders look on pages: words, tones, steps. No queries, no rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bosonline.money import format_rupiah
from bosonline.templatetags.bos import store_date
from orders.figures import cod_due
from orders.models import Order, ParcelAlert, Receipt

S = Order.Status

# tones of templates/components/status_badge.html
STATUS_TONES = {
    S.NEW: "wait", S.CONFIRMED: "go", S.PROCESSING: "go", S.READY: "go", S.SHIPPED: "go", S.DELIVERED: "done",
    S.COMPLETED: "done", S.CANCELLED: "off", S.RETURNING: "loss", S.RETURNED: "loss", S.CLOSED: "loss",
}  # fmt: skip
PAYMENT_TONES = {
    "unpaid": "wait", "waiting_verification": "wait", "partially_paid": "wait", "paid": "done", "conflict": "loss",
    "expired": "off", "refunded": "off", "cod_pending": "", "cod_collected": "go", "settled": "done",
}  # fmt: skip
RISK_TONES = {"clear": "", "watch": "wait", "suspicious": "loss", "blocked": "loss", "cleared": "done"}

RISK_REASONS = {
    "trap_field": gettext_lazy("Filled in by a program"),
    "too_fast": gettext_lazy("Filled in within three seconds"),
    "junk_name": gettext_lazy("The name looks made up"),
    "junk_address": gettext_lazy("The address looks made up"),
    "many_by_phone": gettext_lazy("Many orders by this phone within an hour"),
    "many_by_ip": gettext_lazy("Many orders from this connection within an hour"),
    "many_on_form": gettext_lazy("Very many orders on this form within a minute"),
    "blocked_phone": gettext_lazy("This phone is on the blacklist"),
    "blocked_ip": gettext_lazy("This connection is on the blacklist"),
    "blocked_address": gettext_lazy("This address is on the blacklist"),
    "blacklisted": gettext_lazy("This customer is on the blacklist"),
    "return_history": gettext_lazy("Parcels to this phone came back before"),
}

GATEWAY_ALARMS = {
    "status_04": gettext_lazy("Winpay says this payment was refunded"),
    "status_05": gettext_lazy("Winpay says this payment was cancelled"),
    "status_06": gettext_lazy("Winpay says this payment failed"),
    "payment_id_reused": gettext_lazy("Winpay reports money under a number that belongs to another order"),
}

ASSIGNED = {
    "only_cs": gettext_lazy("the only CS"),
    "weight": gettext_lazy("by weight"),
    "returning_buyer": gettext_lazy("served this buyer before"),
    "handed_over": gettext_lazy("taken over from a colleague"),
}

ACTORS = {
    "buyer": gettext_lazy("Buyer"), "system": gettext_lazy("System"), "boscod": "BosCOD", "winpay": "Winpay",
}  # fmt: skip


def badge(kind: str, value: str) -> dict[str, str]:
    """Label and tone of a value on one of the axes."""
    enums: dict[str, Any] = {
        "status": Order.Status,
        "payment": Order.PaymentStatus,
        "shipping": Order.ShippingStatus,
        "risk": Order.Risk,
    }
    tones: dict[str, Any] = {"status": STATUS_TONES, "payment": PAYMENT_TONES, "risk": RISK_TONES}
    tone = tones.get(kind, {}).get(value, "loss" if value in ("problem", "lost", "damaged") else "")
    return {"label": str(enums[kind](value).label), "tone": tone}


def line_title(kind: str, data: dict[str, Any]) -> tuple[str, str]:
    """Title and text of a timeline line."""

    def label(enum: Any, name: str) -> str:
        value = data.get(name)
        return str(enum(value).label) if value in enum.values else str(value or "")

    match kind:
        case "order.placed":
            return _("Order placed"), ""
        case "order.status":
            way = f"{label(Order.Status, 'before')} → {label(Order.Status, 'after')}"
            reason = data.get("reason") or ""
            return way, "" if reason.replace("_", "").isalpha() and "_" in reason else reason
        case "shipping.status":
            return label(Order.ShippingStatus, "after"), data.get("courier", "")
        case "shipping.booking":
            return _("Booking the courier"), data.get("courier", "")
        case "shipping.booked":
            return _("Courier booked"), data.get("number", "")
        case "shipping.awb" | "shipping.by_hand":
            return _("AWB received"), data.get("awb", "")
        case "shipping.redelivery":
            return _("The buyer asks for another delivery"), wish_text(data)
        case "shipping.alert":
            return label(ParcelAlert.Kind, "alert"), data.get("text", "")
        case "shipping.alert_seen":
            return _("The courier's news was looked at"), ""
        case "shipping.refused":
            return _("The courier refused the booking"), data.get("why", "")
        case "shipping.cancelled":
            return _("Courier booking cancelled"), data.get("reason", "")
        case "payment.status":
            way = f"{label(Order.PaymentStatus, 'before')} → {label(Order.PaymentStatus, 'after')}"
            return way, ""
        case "payment.paid":
            return _("Payment received"), _rupiah(data)
        case "payment.partially_paid":
            return _("Part of the money received"), _rupiah(data)
        case "payment.conflict" | "payment.second_money":
            return _("Money received that does not fit the bill"), _rupiah(data)
        case "money.taken_back":
            return _("Entry taken back"), f"{_rupiah(data)} · {data.get('reason', '')}"
        case str() if kind.removeprefix("money.") in Receipt.Kind.values:
            title = str(Receipt.Kind(kind.removeprefix("money.")).label)
            return title, " · ".join(part for part in (_rupiah(data), data.get("note", "")) if part)
        case "payment.gateway_alarm":
            return str(GATEWAY_ALARMS.get(data.get("outcome", ""), _("Winpay sent something unusual"))), _rupiah(data)
        case "payment.method":
            return _("Payment method changed"), label(Order.Method, "method")
        case "payment.expired":
            return _("Payment expired"), ""
        case "payment.failed":
            return _("The payment could not be created"), data.get("error", "")
        case "payment.proof":
            return _("Transfer proof uploaded"), ""
        case "payment.cod_collected":
            return _("COD collected by the courier"), _rupiah(data)
        case "followup.attempt":
            return _("WhatsApp opened"), _("Attempt %(number)s") % {"number": data.get("attempt", "")}
        case "followup.result":
            return _("Result of the follow-up"), str(RESULT_LABELS.get(data.get("result", ""), ""))
        case "order.address":
            return _("Address changed by the buyer"), _address_change(data.get("before", {}), data.get("after", {}))
        case "order.cleared":
            return _("Cleared: not suspicious"), ""
        case "order.note":
            return _("Note"), data.get("text", "")
    return kind, ""


# when the courier may come again
HOURS = {
    "any": gettext_lazy("any time"),
    "morning": gettext_lazy("morning (08.00–12.00)"),
    "noon": gettext_lazy("noon (12.00–15.00)"),
    "afternoon": gettext_lazy("afternoon (15.00–18.00)"),
    "evening": gettext_lazy("evening (18.00–21.00)"),
}


def wish_text(wish: Mapping[str, Any]) -> str:
    """``Sab, 30 Nov 2026, pagi (08.00–12.00) · telepon dulu``: when the buyer wants the courier to come again."""
    if not wish.get("day"):  # personal data were erased
        return ""
    when = f"{day_word(date.fromisoformat(wish['day']))}, {HOURS.get(wish['hours'], '')}"
    return " · ".join(part for part in (when, wish.get("note", "")) if part)


def day_word(day: date) -> str:
    """``Sabtu, 30 Nov 2026``."""
    return f"{date_format(day, 'l')}, {store_date(day)}"


def _address_change(before: dict[str, Any], after: dict[str, Any]) -> str:
    """The new address, and with another district what that changed of courier and bill."""
    parts = [after.get("street", "")]
    for name in ("district", "courier"):
        if after.get(name) and after[name] != before.get(name):
            parts.append(after[name])
    if after.get("total") != before.get("total"):
        parts.append(f"{format_rupiah(before['total'])} → {format_rupiah(after['total'])}")
    return " · ".join(parts)


def _rupiah(data: dict[str, Any]) -> str:
    return format_rupiah(int(data.get("amount", 0)))


RESULT_LABELS = {
    "no_answer": gettext_lazy("No answer"),
    "will_pay": gettext_lazy("Will pay"),
    "later": gettext_lazy("Wants it later"),
    "price": gettext_lazy("Price"),
    "wrong_number": gettext_lazy("Wrong number"),
    "cancel": gettext_lazy("Cancels"),
    "confirmed": gettext_lazy("Confirmed"),
}

STEPS = (S.NEW, S.CONFIRMED, S.PROCESSING, S.READY, S.SHIPPED, S.DELIVERED, S.COMPLETED)


def stepper(status: str) -> list[dict[str, Any]]:
    """The status axis as steps; a side exit is a failed last step."""
    if status in STEPS:
        now = STEPS.index(S(status))
        return [{"label": s.label, "done": i < now, "current": i == now, "failed": False} for i, s in enumerate(STEPS)]
    return [
        {"label": S.NEW.label, "done": True, "current": False, "failed": False},
        {"label": S(status).label, "done": False, "current": True, "failed": True},
    ]


STAGES = (
    ("placed", "Dipesan"),
    ("confirmed", "Dikonfirmasi"),
    ("packed", "Dikemas"),
    ("shipped", "Dikirim"),
    ("delivered", "Diterima"),
)


def stage_bar(order: Order) -> list[dict[str, Any]]:
    """The buyer's friendly stages."""
    reached = {
        S.NEW: 0, S.CONFIRMED: 1, S.PROCESSING: 2, S.READY: 2, S.SHIPPED: 3, S.DELIVERED: 4, S.COMPLETED: 4,
        S.RETURNING: 3, S.RETURNED: 3, S.CLOSED: 3, S.CANCELLED: 0,
    }[S(order.status)]  # fmt: skip
    times = (order.created_at, order.confirmed_at, None, order.shipped_at, order.delivered_at)
    return [
        {
            "key": key,
            "label": label,
            "done": i <= reached,
            "current": i == reached,
            "time": times[i] if i <= reached else None,
        }
        for i, (key, label) in enumerate(STAGES)
    ]


def payment_word(order: Order) -> str:
    """The state of the money in capitals, for documents and buyers (Indonesian): by state, not by method."""
    if order.status == S.CANCELLED:
        return "DIBATALKAN"
    words = {
        "paid": "LUNAS", "settled": "LUNAS", "cod_collected": "LUNAS", "refunded": "DIKEMBALIKAN",
        "conflict": "PERLU DICEK", "partially_paid": "DIBAYAR SEBAGIAN", "waiting_verification": "MENUNGGU VERIFIKASI",
        "expired": "KEDALUWARSA", "unpaid": "BELUM DIBAYAR",
    }  # fmt: skip
    if order.payment_status == "cod_pending":
        return "RETUR" if order.status in (S.RETURNING, S.RETURNED, S.CLOSED) else "BAYAR DI TEMPAT (COD)"
    return words[order.payment_status]


def payment_chip(order: Order) -> str:
    """The same word beside the order's state, in small letters; empty where that state says it already."""
    if order.status == S.CANCELLED:
        return ""
    return {"BAYAR DI TEMPAT (COD)": "Bayar di tempat (COD)"}.get(word := payment_word(order), word.capitalize())


def next_text(order: Order) -> str:
    """What happens next, said to the buyer (Indonesian)."""
    if order.payment_status == "conflict":
        return (
            f"Uangmu {format_rupiah(order.paid_amount)} sudah kami terima, tetapi tidak sesuai dengan tagihan. "
            "Toko akan menghubungi kamu."
        )
    if order.status == S.CANCELLED:
        return "Pesanan ini dibatalkan. Hubungi toko bila ingin memesan lagi."
    if order.is_held:
        return "Pesanan sedang diperiksa. Toko akan menghubungi kamu lewat WhatsApp."
    if order.shipping_status == "problem" and order.status == S.SHIPPED:
        return "Kurir belum berhasil mengantar paketmu. Pilih kapan kurir datang lagi."
    if order.payment_status in ("unpaid", "partially_paid"):
        return "Selesaikan pembayaran supaya pesanan segera dikirim."
    if order.payment_status == "waiting_verification":
        return "Bukti transfer sudah kami terima dan sedang diperiksa."
    if order.payment_status == "expired":
        return "Batas waktu pembayaran sudah lewat. Kamu bisa memilih cara bayar lagi."
    texts = {
        S.NEW: "CS toko akan menghubungi kamu lewat WhatsApp.",
        S.CONFIRMED: "Pesanan sudah dikonfirmasi dan segera dikemas.",
        S.PROCESSING: "Pesanan sedang dikemas.",
        S.READY: "Paket siap dan menunggu dijemput kurir.",
        S.SHIPPED: f"Paket dalam perjalanan. Siapkan uang pas {format_rupiah(cod_due(order))}."
        if cod_due(order)
        else "Paket dalam perjalanan.",
        S.DELIVERED: "Paket sudah diterima. Terima kasih sudah berbelanja!",
        S.COMPLETED: "Pesanan selesai. Terima kasih sudah berbelanja!",
        S.RETURNING: "Paket dalam perjalanan kembali ke toko.",
        S.RETURNED: "Paket sudah kembali ke toko.",
        S.CLOSED: "Pesanan ditutup. Hubungi toko untuk bantuan.",
    }
    return texts[S(order.status)]


def next_steps(order: Order) -> list[str]:
    """What happens next, step by step, said to the buyer (Indonesian); empty when nothing is left."""
    if order.status in (S.CANCELLED, S.COMPLETED, S.DELIVERED, S.RETURNING, S.RETURNED, S.CLOSED) or order.is_held:
        return []
    steps = []
    if order.payment_status in ("unpaid", "expired", "partially_paid"):
        steps.append("Bayar sesuai jumlah di atas sebelum batas waktunya.")
    if order.status == S.NEW and order.is_cod:
        steps.append("CS toko menghubungi kamu lewat WhatsApp untuk memastikan data.")
    if order.status != S.SHIPPED:
        steps.append("Pesanan dikemas dan dijemput kurir; nomor resi muncul di halaman ini.")
    steps.append(
        f"Kurir mengantar ke alamatmu. Siapkan uang pas {format_rupiah(cod_due(order))}."
        if cod_due(order)
        else "Kurir mengantar ke alamatmu."
    )
    return steps


def even_grid(count: int, *, most: int) -> dict[str, int]:
    """Columns for ``count`` tiles so that all rows are equally long; ``spare``: how many of them take two places."""
    rows = max(-(-count // most), 1)
    columns = max(-(-count // rows), 1)
    return {"columns": columns, "spare": rows * columns - count}
