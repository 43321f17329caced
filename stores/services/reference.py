"""Rows that every installation has: banks and couriers."""

from __future__ import annotations

from stores.models import Bank, Courier

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


def reference_load() -> None:
    """Insert what is missing; rows changed by the platform's staff stay."""
    Bank.objects.bulk_create([Bank(code=c, name=n, short_name=s) for c, n, s in BANKS], ignore_conflicts=True)
    Courier.objects.bulk_create(
        [Courier(code=c, name=n, cod_fee_bp=bp, cod_fee_min=low) for c, n, bp, low in COURIERS], ignore_conflicts=True
    )
