"""What a courier's words say of a parcel, where it sent no code we know (integrations.md, Words of couriers).

A final state is read only from a text whose every word belongs to it: one word that denies, doubts, looks ahead or names
a place, a wrong person or simply something unknown, and the text is no longer a delivery. One false "delivered" marks
cash as collected. What is not final is read by patterns, with the same guard against denial and doubt.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

FINAL = frozenset({"delivered", "returned", "lost", "damaged"})


@dataclass(frozen=True, slots=True)
class Reading:
    """``status`` is ours, None where nothing sure is said; ``doubtful``: something was said, and a person must read it;
    ``by_code``: a code said it, not words."""

    status: str | None
    doubtful: bool
    by_code: bool = False


NOTHING = Reading(None, False)
UNSURE = Reading(None, True)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# -- words -------------------------------------------------------------------------------------------------------------

DENIAL = _set(
    "belum blm belom tidak tdk tak gak ga nggak ngga enggak engga bukan jangan gagal gagalnya batal dibatalkan tanpa salah "
    "keliru nihil un non not no never none cannot cant couldnt didnt wasnt isnt unable failed fail failure wrong without "
    "undelivered undeliverable unsuccessful cancel cancelled canceled attempt attempted refused rejected"
)
DOUBT = _set(
    "akan segera sedang proses dalam menunggu tunggu rencana rencananya jika apabila bila kalau bilamana mohon harap "
    "estimasi perkiraan diperkirakan diduga dugaan kemungkinan mungkin sepertinya indikasi dilaporkan laporan konfirmasi "
    "klaim hampir siap besok nanti agar supaya untuk sebelum sampai hingga will would may might should expected estimated "
    "estimate scheduled pending awaiting waiting if unless until probably possibly likely suspected reported claim claimed "
    "being soon ready for about almost before"
)
PLACE = _set(
    "gudang gdg hub gateway gtw gw dc wh warehouse sorting sortir sortasi transit kantor cabang agen agent counter konter "
    "outlet facility fasilitas station stasiun branch depo depot drop point dp center centre pusat distribusi distribution "
    "origin destination kota kab kabupaten kecamatan provinsi bandara airport pelabuhan port terminal locker loker mitra "
    "toko lokasi office pool mezzanine rak kurir courier driver sprinter rider sigesit delman petugas staf staff operator "
    "ekspedisi express logistics logistik vendor linehaul pabean customs"
)
OTHERS = _set(
    "satpam security sekuriti tetangga resepsionis receptionist front desk ob pembantu art asisten keluarga saudara istri "
    "suami anak ibu ayah bapak orang kakak adik teman kolega rekan neighbor neighbour guard housekeeper family relative "
    "someone seseorang lain other"
)
STOP = DENIAL | DOUBT | PLACE | OTHERS

FILLER = _set(
    "paket kiriman barang pesanan order shipment package parcel item resi telah sudah udah sdh has have been was is "
    "successfully successful sukses berhasil dengan baik anda kamu ini your the status pada tanggal tgl jam pukul wib wita "
    "wit on at dan and pod"
)
WHO = _set("penerima ybs bersangkutan pembeli customer consignee recipient addressee receiver buyer")
SENDER = _set("pengirim shipper sender seller penjual")
BACK = _set("retur diretur return returned dikembalikan kembali pengembalian rts")
HANDED = _set("diterima terkirim delivered received diserahkan terantar")
LINK = _set("oleh kepada ke langsung by to yang alamat tujuan di in person")


def normal(text: str) -> list[str]:
    """The words of a note: lower case, plain letters, what belongs together joined (``a.n.`` → ``atasnama``)."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("'", "")
    plain = re.sub(r"\ba\s*[./]\s*n\b\.?|\batas\s+nama\b", " atasnama ", plain)
    plain = re.sub(r"\by\s*\.\s*b\s*\.\s*s\b\.?", " ybs ", plain)
    plain = re.sub(r"\bd\s*/\s*a\b", " alamat ", plain)
    return re.findall(r"[^\W\d_]+|\d+|\?", plain)


def _named(words: list[str]) -> list[str] | None:
    """The words without a receiver's name after "a.n."; None when what stands there may not be a person."""
    if "atasnama" not in words:
        return words
    at = words.index("atasnama")
    name = words[at + 1 :]
    if not 1 <= len(name) <= 4:
        return None
    known = STOP | FILLER | WHO | SENDER | BACK | HANDED | LINK
    if any(not word.isalpha() or len(word) < 2 or word in known for word in name):
        return None
    return [*words[:at], "penerima"]


def _final(words: list[str]) -> str | None:
    """The final state that every single word of the text agrees with."""
    if "?" in words or STOP & set(words):
        return None
    kept = _named(words)
    if kept is None:
        return None
    kept = [w for w in kept if not w.isdecimal() and w not in FILLER]
    said = set(kept)
    if said & BACK:
        arrived = said & {"diterima", "received", "diserahkan", "delivered"} and said & SENDER
        return "returned" if arrived and said <= BACK | HANDED | SENDER | LINK else None
    if said & HANDED:
        if not said <= HANDED | WHO | LINK:
            return None
        by_somebody = said & {"oleh", "by", "kepada", "diserahkan", "to"}
        return "delivered" if said & WHO or (not by_somebody and not said & {"di", "ke", "received"}) else None
    if said <= {"hilang", "lost", "dinyatakan", "declared"} and said & {"hilang", "lost"}:
        return "lost"
    if said <= {"rusak", "damaged", "dinyatakan", "declared", "total"} and said & {"rusak", "damaged"}:
        return "damaged"
    return None


# -- what is not final: the first that fits -----------------------------------------------------------------------------

_FAILED = (
    r"\bgagal\b|\bundeliver|\bun delivered\b|\bfail(ed|ure)?\b|\bunable\b|\bunsuccessful\b|bermasalah|tidak di tempat|"
    r"tidak ada (orang|penerima)|penerima tidak|tidak (dapat|bisa) (dihubungi|ditemukan|diantar|dikirim)|alamat (tidak|kurang|"
    r"salah)|ditolak|menolak|refused|rejected|reschedul|dijadwal(kan)? ulang|tunda|not at home|nobody home|no one home|"
    r"(bad|wrong|incomplete|incorrect) address|salah alamat|rumah kosong|delivery attempt"
)
_PICKUP = r"pick ?up|jemput|\bpengirim\b|shipper|sender|seller"

PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), status)
    for pattern, status in (
        (r"\b(retur|diretur|dikembalikan|kembali ke (pengirim|penjual)|return(ed|ing)? to|return process|rts)\b",
         "return_in_transit"),
        (r"akan (segera )?(di ?pick ?up|dijemput|diambil kurir)|(menunggu|waiting for|awaiting|permintaan|request(ed)?( for)?|"
         r"jadwal|scheduled( for)?) (untuk )?(di )?(pick ?up|penjemputan|dijemput|jemput)|pick ?up (requested|scheduled)|"
         r"kurir (sedang )?menuju (lokasi|alamat) (pick ?up|penjemputan|pengirim)", "awaiting_pickup"),
        (r"akan (segera )?(dikirim|diantar|diantarkan) ke alamat|(sedang|dalam) (proses )?(diantar|pengantaran|pengiriman ke "
         r"alamat)|out for delivery|dibawa (oleh )?kurir|with (delivery )?(courier|driver)|on vehicle for delivery|"
         r"kurir (sedang )?(mengantar|menuju alamat penerima)", "out_for_delivery"),
        (r"akan (segera )?(dikirim|dikirimkan|diteruskan|diberangkatkan) ke|(telah|sudah) (sampai|tiba) di|(tiba|sampai) di "
         r"(gudang|hub|gateway|dc|kota|cabang|transit)|diterima di|(received|processed|sorted|arrived|arrival|departed|"
         r"departure) (at|from|in)|diproses di|berangkat (dari|ke)|diberangkatkan|in transit|\btransit\b|disortir|"
         r"(keluar|masuk) (dari )?(gudang|hub|gateway|dc)", "in_transit"),
        (r"(telah|sudah|berhasil) (di ?pick ?up|dijemput|diambil (oleh )?kurir)|picked ?up|pick ?up (berhasil|success|done|"
         r"completed)|diserahkan ke (kurir|ekspedisi|counter|agen)", "picked_up"),
    )
)  # fmt: skip
_BY_BRANCH = re.compile(r"\b(?:diterima|received)(?: (?:oleh|by|atasnama))+ (.+)$")
# a denial that is part of what the pattern itself says
_DENIED = DENIAL - {"salah"}
_CONDITION = _set("jika apabila bila kalau bilamana if unless mohon harap diduga kemungkinan mungkin sepertinya")


def read_words(note: str, branch: str = "") -> Reading:
    """What ``note`` says; ``branch`` is the place that wrote it, as the courier names it."""
    words = normal(note)
    if not words:
        return NOTHING
    place = normal(branch)
    taken = _BY_BRANCH.search(" ".join(words))
    taker = taken[1].split() if taken is not None else []
    at_branch = bool(taker) and (taker == place or bool(PLACE & set(taker)))
    final = None if at_branch else _final(words)
    if final is not None:
        return Reading(final, False)
    text, said = " ".join(words), set(words)
    if said & _CONDITION or "?" in said:
        return UNSURE
    if re.search(_FAILED, text):
        # a pickup that failed is no delivery problem: the parcel has not left
        return UNSURE if re.search(_PICKUP, text) or said & {"belum", "blm"} else Reading("problem", False)
    if said & _DENIED:
        return UNSURE
    if at_branch and not said & BACK and not said & DOUBT - {"sampai", "dalam", "untuk"}:
        return Reading("picked_up", False)
    for pattern, status in PATTERNS:
        if pattern.search(text):
            if status == "in_transit" and said & (WHO | {"rumah", "tujuan"}) and not said & PLACE:
                return UNSURE  # "arrived at the receiver's": nobody says that it was handed over
            return Reading(status, False)
    return UNSURE
