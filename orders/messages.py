"""Message wordings per stage with variables (product.md §10). Built-in ones; a store's own replace them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bosonline.errors import ValidationFailed

STAGES = {
    "order_received": gettext_lazy("Order received"),
    "cod_confirmation": gettext_lazy("COD confirmation"),
    "follow_up_1": gettext_lazy("Follow up 1"),
    "follow_up_2": gettext_lazy("Follow up 2"),
    "follow_up_3": gettext_lazy("Follow up 3"),
    "follow_up_4": gettext_lazy("Follow up 4"),
    "payment_reminder": gettext_lazy("Payment reminder"),
    "payment_received": gettext_lazy("Payment received"),
    "shipped": gettext_lazy("Shipped"),
    "out_for_delivery": gettext_lazy("Out for delivery"),
    "delivered": gettext_lazy("Delivered"),
    "delivery_problem": gettext_lazy("Delivery problem"),
    "abandoned": gettext_lazy("Abandoned checkout"),
    "repeat_order": gettext_lazy("Repeat order"),
}
VARIABLES = ("nama", "toko", "produk", "total", "nomor", "alamat", "kurir", "resi", "rekening", "link", "batas")

# What buyers read is Indonesian whatever language the dashboard has.
BUILT_IN: dict[str, tuple[str, ...]] = {
    "order_received": (
        "Halo Kak {nama}, terima kasih sudah pesan {produk} di {toko}. Nomor pesanan {nomor}, total {total}. "
        "Pantau pesanan di sini: {link}",
    ),
    "cod_confirmation": (
        "Halo Kak {nama}, kami dari {toko}. Pesanan {produk} ({nomor}) siap kami kirim ke:\n{alamat}\n\n"
        "Bayar di tempat (COD) {total}. Apakah data di atas sudah benar? Balas YA atau konfirmasi di sini: {link}",
        "Kak {nama}, ini {toko}. Kami mau kirim {produk} ke alamat berikut:\n{alamat}\n\n"
        "Total yang dibayar ke kurir {total}. Sudah sesuai ya Kak? Konfirmasi: {link}",
    ),
    "follow_up_1": (
        "Halo Kak {nama}, pesanan {produk} ({nomor}) masih kami simpan. Boleh kami proses hari ini? {link}",
    ),
    "follow_up_2": ("Kak {nama}, stok {produk} terbatas. Mau kami kirim pesanan {nomor} hari ini? {link}",),
    "follow_up_3": ("Halo Kak {nama}, ada yang bisa kami bantu soal pesanan {nomor}? {link}",),
    "follow_up_4": ("Kak {nama}, pesanan {nomor} kami tutup bila belum ada kabar hari ini ya. {link}",),
    "payment_reminder": (
        "Halo Kak {nama}, pesanan {produk} ({nomor}) menunggu pembayaran {total} ke {rekening} sebelum {batas}. "
        "Cara bayar: {link}",
    ),
    "payment_received": (
        "Terima kasih Kak {nama}, pembayaran {total} untuk pesanan {nomor} sudah kami terima. {link}",
    ),
    "shipped": ("Kak {nama}, pesanan {nomor} sudah dikirim dengan {kurir}, no. resi {resi}. Lacak: {link}",),
    "out_for_delivery": ("Kak {nama}, kurir sedang menuju alamat Kakak hari ini (resi {resi}). Siapkan {total} ya.",),
    "delivered": ("Kak {nama}, paket {nomor} sudah diterima. Semoga suka dengan {produk}-nya. Terima kasih!",),
    "delivery_problem": (
        "Halo Kak {nama}, kurir mencatat paket {nomor} belum bisa diantar (resi {resi}). "
        "Kapan Kakak bisa menerima, dan apakah alamatnya benar?\n{alamat}",
    ),
    "abandoned": ("Halo Kak {nama}, pesanan {produk} di {toko} belum selesai. Lanjutkan di sini: {link}",),
    "repeat_order": ("Halo Kak {nama}, {produk}-nya mungkin sudah habis? Pesan lagi di sini: {link}",),
}

_VARIABLE = re.compile(r"\{([^{}]*)\}")


def check(text: str) -> str:
    """The text itself when every variable is known, else :class:`ValidationFailed` naming the unknown ones."""
    unknown = sorted({name for name in _VARIABLE.findall(text) if name not in VARIABLES})
    if unknown:
        raise ValidationFailed.field(
            "texts", _("Unknown variables: %(names)s.") % {"names": ", ".join("{" + n + "}" for n in unknown)}
        )
    return text


def render(text: str, values: Mapping[str, str]) -> str:
    """Fill the variables in one pass; a value that itself contains braces stays as it is."""
    return _VARIABLE.sub(lambda match: values.get(match.group(1), match.group()), text)
