"""Rows that every installation has: banks, couriers, and the tips new sellers see."""

from __future__ import annotations

from stores.models import Announcement, Bank, Courier

# Clearing codes of Bank Indonesia.
BANKS = [
    ("002", "Bank Rakyat Indonesia", "BRI"), ("008", "Bank Mandiri", "Mandiri"), ("009", "Bank Negara Indonesia", "BNI"),
    ("011", "Bank Danamon", "Danamon"), ("013", "Bank Permata", "Permata"), ("014", "Bank Central Asia", "BCA"),
    ("016", "Maybank Indonesia", "Maybank"), ("019", "Bank Panin", "Panin"), ("022", "CIMB Niaga", "CIMB Niaga"),
    ("028", "OCBC", "OCBC"), ("110", "Bank BJB", "BJB"), ("111", "Bank DKI", "Bank DKI"),
    ("113", "Bank Jateng", "Bank Jateng"), ("114", "Bank Jatim", "Bank Jatim"),
    ("147", "Bank Muamalat", "Muamalat"), ("153", "Bank Sinarmas", "Sinarmas"), ("200", "Bank Tabungan Negara", "BTN"),
    ("213", "SMBC Indonesia (BTPN)", "BTPN"), ("426", "Bank Mega", "Mega"), ("441", "KB Bank (Bukopin)", "Bukopin"),
    ("451", "Bank Syariah Indonesia", "BSI"), ("490", "Bank Neo Commerce", "Neo"), ("501", "BCA Digital (blu)", "blu"),
    ("535", "SeaBank Indonesia", "SeaBank"), ("542", "Bank Jago", "Jago"), ("567", "Allo Bank", "Allo Bank"),
]  # fmt: skip

# (code, name, COD fee in basis points, its minimum in rupiah); [A] where no public page says (integrations.md)
COURIERS = [
    ("idx", "ID Express", 300, 2000), ("jnt", "J&T Express", 300, 2500), ("sicepat", "SiCepat", 300, 2000),
    ("ninja", "Ninja Xpress", 250, 2500), ("sap", "SAP Express", 300, 2000), ("lion", "Lion Parcel", 300, 2000),
    ("anteraja", "AnterAja", 250, 2000), ("jne", "JNE", 400, 3000), ("pos", "POS Indonesia", 300, 2000),
]  # fmt: skip

# (key, segment, title id, body id, title en, body en, url)
TIPS = [
    ("first-form", "starting", "Bagikan form pertamamu", "Selesaikan langkah awal, lalu pasang tautan form di iklan, bio, dan status WhatsApp.",
     "Share your first form", "Finish the first steps, then put the form's link into your ads, bio and WhatsApp status.", "/onboarding"),
    ("reply-fast", "selling", "Hubungi lead dalam 15 menit", "Pembeli COD yang cepat dikonfirmasi lebih jarang menolak paket. Buka Antrean CS dan mulai dari yang teratas.",
     "Contact leads within 15 minutes", "COD buyers who are confirmed quickly refuse fewer parcels. Open the CS queue and start at the top.", "/antrean"),
    ("second-factor", "all", "Lindungi akun dengan verifikasi dua langkah", "Rekening dan data pembeli ada di balik kata sandimu. Tambahkan kode dari ponsel.",
     "Protect your account with a second factor", "Bank accounts and buyers' data are behind your password. Add a code of your phone.", "/pengaturan/keamanan"),
    ("own-domain", "selling", "Pakai domain sendiri", "Tautan dengan nama tokomu lebih dipercaya pembeli daripada alamat bersama.",
     "Use your own domain", "Buyers trust a link with your store's name more than a shared address.", "/pengaturan/domain"),
]  # fmt: skip


def reference_load() -> None:
    """Insert what is missing; rows changed by the platform's staff stay."""
    Bank.objects.bulk_create([Bank(code=c, name=n, short_name=s) for c, n, s in BANKS], ignore_conflicts=True)
    Courier.objects.bulk_create(
        [Courier(code=c, name=n, cod_fee_bp=bp, cod_fee_min=low) for c, n, bp, low in COURIERS], ignore_conflicts=True
    )
    Announcement.objects.bulk_create(
        [
            Announcement(
                kind="tip", key=key, segment=segment, title_id=ti, body_id=bi, title_en=te, body_en=be, url=url
            )
            for key, segment, ti, bi, te, be, url in TIPS
        ],
        ignore_conflicts=True,
    )
