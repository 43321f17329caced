"""How to pay a virtual account, per bank: what buyers read on their order page. Indonesian, like the page."""

from __future__ import annotations

Guide = dict[str, object]

_NUMBER = "Masukkan nomor VA di atas"
_CHECK = "Periksa nama dan jumlah, lalu masukkan PIN"


def _app(name: str, *menu: str) -> tuple[str, list[str]]:
    return name, [f"Buka {name} dan masuk", *menu, _NUMBER, _CHECK]


def _atm(bank: str, *menu: str) -> tuple[str, list[str]]:
    return f"ATM {bank}", ["Masukkan kartu dan PIN", *menu, _NUMBER, "Periksa nama dan jumlah, lalu tekan Ya"]


_OTHER_BANK = (
    "Bank lain",
    ["Pilih Transfer ke bank lain di aplikasi atau ATM bankmu", "Pilih bank tujuan sesuai nama di atas",
     "Masukkan nomor VA di atas sebagai nomor rekening", "Masukkan jumlah yang sama persis, lalu kirim"],
)  # fmt: skip
_GENERAL = [
    _app("m-banking", "Pilih menu Virtual Account atau Pembayaran"),
    _atm("bank", "Pilih Transaksi lain, Transfer, Virtual Account"),
]
_BANKS: dict[str, list[tuple[str, list[str]]]] = {
    "BCA": [
        _app("myBCA / BCA mobile", "Pilih m-Transfer, lalu BCA Virtual Account"),
        ("KlikBCA", ["Masuk ke KlikBCA", "Pilih Transfer Dana, lalu Transfer ke BCA Virtual Account", _NUMBER,
                     "Periksa jumlah, lalu masukkan kode KeyBCA"]),
        _atm("BCA", "Pilih Transaksi Lainnya, Transfer, ke Rekening BCA Virtual Account"),
    ],
    "BRI": [
        _app("BRImo", "Pilih BRIVA"),
        _atm("BRI", "Pilih Transaksi Lain, Pembayaran, Lainnya, BRIVA"),
        _OTHER_BANK,
    ],
    "BNI": [
        _app("wondr / BNI Mobile", "Pilih Transfer, lalu Virtual Account Billing"),
        _atm("BNI", "Pilih Menu Lain, Transfer, Virtual Account Billing"),
        _OTHER_BANK,
    ],
    "MANDIRI": [
        _app("Livin' by Mandiri", "Pilih Bayar, lalu cari penyedia jasa sesuai nama di atas"),
        _atm("Mandiri", "Pilih Bayar/Beli, Lainnya, Multi Payment"),
        _OTHER_BANK,
    ],
    "PERMATA": [
        _app("PermataMobile X", "Pilih Bayar Tagihan, lalu Virtual Account"),
        _atm("Permata", "Pilih Transaksi Lainnya, Pembayaran, Virtual Account"),
        _OTHER_BANK,
    ],
    "BSI": [
        _app("BYOND by BSI", "Pilih Pembayaran, lalu Virtual Account"),
        _atm("BSI", "Pilih Pembayaran/Pembelian, Institusi, Virtual Account"),
        _OTHER_BANK,
    ],
    "CIMB": [
        _app("OCTO Mobile", "Pilih Transfer, lalu Transfer ke CIMB Niaga lain"),
        _atm("CIMB Niaga", "Pilih Pembayaran, Lanjut, Virtual Account"),
        _OTHER_BANK,
    ],
    "INDOMARET": [
        ("Kasir Indomaret", ["Datang ke Indomaret terdekat", "Sebut pembayaran Winpay, lalu tunjukkan kode di atas",
                             "Bayar jumlah yang sama persis, simpan struknya"]),
    ],
    "ALFAMART": [
        ("Kasir Alfamart", ["Datang ke Alfamart terdekat", "Sebut pembayaran Winpay, lalu tunjukkan kode di atas",
                            "Bayar jumlah yang sama persis, simpan struknya"]),
    ],
}  # fmt: skip


def va_guides(channel: str) -> list[Guide]:
    """``[{"title", "steps"}]`` for a channel of Winpay; general ones for banks without their own."""
    return [{"title": title, "steps": steps} for title, steps in _BANKS.get(channel, [*_GENERAL, _OTHER_BANK])]
