"""Regions: the one-box search, the provinces, and matching to BosCOD's ids with a report of what is left over."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bosonline.gateways.boscod import boscod_client
from stores.areas import areas_search, postal_code_of
from stores.models import District, RegionMatch, RegionWord
from stores.services.regions import regions_match, tidy
from tests.factories import JUWANA

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "keyword",
    ["juwana", "59185", "kec juwana pati", "jwana", "JUWANA, Kab. Pati", "kec. juwana pati 59185", "juana pati", "juwna", "pati juwana jawa tengah",
     "juwana jateng", "jl melati no 5 juwana pati", "juwana pti", "juwana pati 59999"],
)  # fmt: skip
def test_juwana_is_found_however_it_is_typed(client: Client, keyword: str) -> None:
    answer = client.get("/api/v1/regions", {"keyword": keyword})
    rows = answer.json()["data"]
    assert JUWANA in [row["district_id"] for row in rows] and len(rows) <= 10
    assert "max-age" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("keyword", "district", "city"),
    [
        ("tanahabang jkt", "Tanah Abang", "Jakarta Pusat"), ("cilandak jaksel", "Cilandak", "Jakarta Selatan"),
        ("cilandak barat", "Cilandak", "Jakarta Selatan"), ("kebayoran lama", "Kebayoran Lama", "Jakarta Selatan"),
        ("depok sleman", "Depok", "Kab. Sleman"), ("mentng jakarta", "Menteng", "Jakarta Pusat"), ("andir bdg", "Andir", "Kota Bandung"),
        ("gondomanan jogja", "Gondomanan", "Kota Yogyakarta"),
    ],
)  # fmt: skip
def test_the_first_row_is_the_likely_one(keyword: str, district: str, city: str) -> None:
    first = areas_search(keyword)[0]
    assert (first.district, first.city) == (district, city)


def test_addresses_as_people_shorten_them_are_found() -> None:
    """Of addresses as they are typed in chats, at least 86 % come first and 99 % within five."""
    with (ROOT / "tests/data/areas.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = {(d.name, tidy(d.city.name)) for d in District.objects.select_related("city")}
    assert not [row for row in rows if (row["district"], row["city"]) not in names]
    places = {row["typed"]: [(a.district, a.city) for a in areas_search(row["typed"])[:5]] for row in rows}
    first = [row["typed"] for row in rows if places[row["typed"]][:1] != [(row["district"], row["city"])]]
    never = [row["typed"] for row in rows if (row["district"], row["city"]) not in places[row["typed"]]]
    assert len(rows) >= 150 and len(first) <= 0.14 * len(rows), first
    assert len(never) <= 0.01 * len(rows), never


def test_a_village_leads_to_its_district_and_is_named_with_its_postal_code(client: Client) -> None:
    first = client.get("/api/v1/regions", {"keyword": "cibubur"}).json()["data"][0]
    assert (first["village"], first["district"], first["city"]) == ("Cibubur", "Ciracas", "Jakarta Timur")
    assert first["label"].startswith("Cibubur, Ciracas, Jakarta Timur") and first["postal_code"] == "13720"


@pytest.mark.parametrize(
    ("keyword", "city"),
    [("bandung", "Kota Bandung"), ("depok", "Kota Depok"), ("malang", "Kota Malang"), ("jaksel", "Jakarta Selatan"),
     ("jaktim", "Jakarta Timur"), ("bogor kab", "Kab. Bogor"), ("kab bogor", "Kab. Bogor"), ("pati", "Kab. Pati")],
)  # fmt: skip
def test_a_city_alone_offers_its_own_districts(keyword: str, city: str) -> None:
    assert {a.city for a in areas_search(keyword)[:5]} == {city}


@pytest.mark.parametrize("typed", ["58185", "59185", "59100"])
def test_a_typed_postal_code_of_the_area_is_kept(typed: str) -> None:
    kept = postal_code_of(["59185", "59186"], typed)
    assert kept == (typed if typed[:2] == "59" else None)


def test_kota_and_kabupaten_of_one_name_are_told_apart() -> None:
    assert areas_search("kota bekasi")[0].city == "Kota Bekasi"
    assert areas_search("kab bekasi")[0].city == "Kab. Bekasi"


def test_a_postal_code_is_shown_when_it_was_typed(client: Client) -> None:
    (row,) = client.get("/api/v1/regions", {"keyword": "59185 juwana"}).json()["data"]
    assert row["postal_code"] == "59185" and row["label"].endswith("59185")


@pytest.mark.parametrize(
    "keyword",
    [
        "",
        "  ",
        "a",
        "ju",
        "kec",
        "%",
        "%%%%",
        "\\",
        "____",
        "😀😀😀",
        "'; DROP",
        "a" * 5000,
        "zzzzqqq",
        "99999",
        "\x00jw",
    ],
)
def test_what_means_nothing_is_an_empty_list(client: Client, keyword: str) -> None:
    answer = client.get("/api/v1/regions", {"keyword": keyword})
    assert answer.status_code == 200 and answer.json()["total"] == len(answer.json()["data"])


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["juwana", "barat", "kota", "jkt", "5918", "xx", "tanjung"]), max_size=9).map(" ".join)
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_answered_with_at_most_ten_rows_in_few_queries(keyword: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert len(areas_search(keyword)) <= 10
    assert len(captured) <= 20  # names, villages, words, then at most the same two and the villages' own per word left


def test_sellers_have_the_same_search_with_a_log_in(client: Client) -> None:
    assert client.get("/api/v1/store/shipping/areas", {"keyword": "juwana"}).status_code == 401


def test_all_provinces_with_both_ids(client: Client) -> None:
    rows = client.get("/api/v1/regions/provinces").json()
    names = [row["name"] for row in rows["data"]]
    assert rows["total"] == 38 and names == sorted(names)
    assert {"code": "33", "name": "Jawa Tengah"}.items() <= rows["data"][names.index("Jawa Tengah")].items()


def test_every_district_has_a_partner_and_the_report_is_kept() -> None:
    assert District.objects.filter(boscod_id__isnull=True).count() == 0
    assert RegionWord.objects.count() > 5_000
    last = RegionMatch.objects.latest("id")
    assert (last.districts, last.unmatched_theirs, last.unmatched_ours) == (District.objects.count(), [], [])


def test_names_that_differ_by_a_title_are_not_mixed_up() -> None:
    by_name = {d.name: d.boscod_id for d in District.objects.filter(city_id="14.01", name__startswith="Bangkinang")}
    assert len(by_name) == 2 and len(set(by_name.values())) == 2
    theirs = {d.id: d.name for d in _their_districts("KAMPAR")}
    for name, number in by_name.items():
        assert theirs[number or 0] == name.upper()


def _their_districts(city: str) -> Any:
    client = boscod_client()
    for province in client.provinces():
        if province.name == "RIAU":
            for found in client.cities(province.id):
                if found.name == city:
                    yield from client.districts(found.id)


def test_what_is_left_over_is_named_in_both_directions() -> None:
    """One of ours unknown there, one of theirs unknown here: by renaming ours."""
    District.objects.update(boscod_id=None)
    District.objects.filter(code="33.18.08").update(name="Juwana Lama")
    report = regions_match(boscod_client())
    assert report.unmatched_theirs == ["JAWA TENGAH / PATI / JUWANA"]
    assert report.unmatched_ours == ["Jawa Tengah / Kabupaten Pati / Juwana Lama (33.18.08)"]
    kept = RegionMatch.objects.latest("id")
    assert (kept.unmatched_theirs, kept.unmatched_ours) == (report.unmatched_theirs, report.unmatched_ours)
    out = io.StringIO()
    call_command("boscod_match", "--show", stdout=out)
    assert "no partner (BosCOD's): JAWA TENGAH / PATI / JUWANA" in out.getvalue()
    assert "no partner (ours): Jawa Tengah / Kabupaten Pati / Juwana Lama" in out.getvalue()


def test_without_boscod_nothing_is_changed_and_it_says_so(settings: Any) -> None:
    settings.BOSCOD_BASE_URL = "http://127.0.0.1:9/boscod"
    err = io.StringIO()
    call_command("boscod_match", stderr=err)
    assert "did not answer" in err.getvalue()
    assert District.objects.filter(boscod_id__isnull=True).count() == 0
    assert django_settings.BOSCOD_BASE_URL
