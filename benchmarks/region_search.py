"""The one-box area search: p95 over keywords as people type them, right and wrong, and how many find their district.

Floor: the bare SQL of the same words (every word somewhere in the district's text, no ranking, no typos), by psycopg.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.common import RUNS, environment, record

PLACES = 120
TARGET_MS = 30


@dataclass(frozen=True)
class Query:
    """What is typed, and the code of the district it is about."""

    text: str
    code: str
    kind: str


def misspelt(word: str, chance: random.Random) -> str:
    """One letter lost, doubled, swapped or wrong, never the first."""
    if len(word) < 5:
        return word + word[-1]
    at = chance.randrange(1, len(word) - 1)
    match chance.randrange(4):
        case 0:
            return word[:at] + word[at + 1 :]
        case 1:
            return word[:at] + word[at] + word[at:]
        case 2:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case _:
            return word[:at] + chance.choice("aeioun") + word[at + 1 :]


def queries() -> list[Query]:
    """The same several hundred keywords in every run."""
    from stores.models import District
    from stores.services.regions import match_key, plain

    chance = random.Random(11)
    rows = list(
        District.objects.filter(boscod_id__isnull=False).select_related("city__province").order_by("code")
    )  # fmt: skip
    found: list[Query] = []
    for row in chance.sample(rows, PLACES):
        name, city = plain(row.name), plain(row.city.name).replace("kabupaten ", "").replace("kota ", "")
        province = plain(row.city.province.name)
        wrong = " ".join([misspelt(name.split()[0], chance), *name.split()[1:]])
        texts = {
            "spelt": [f"{name} {city}", f"kec {name} {city}", f"{name}, {city}, {province}", f"{name[:5]} {city}"],
            "postal code": [f"{name} {row.postal_codes[0]}" if row.postal_codes else name],
            "misspelt": [f"{wrong} {city}", f"kec. {wrong} {misspelt(city.split()[0], chance)}", f"{wrong} {province}"],
            "joined": [f"{match_key(row.name)} {city}"],
        }
        found += [Query(text, row.code, kind) for kind, group in texts.items() for text in group]
    found += [
        Query(text, "", "nothing") for text in ("zzzzqqq", "asdf ghjkl", "jawa barat", "jakarta", "suka", "tanjung")
    ]
    return found


def timed(function: Callable[[str], object], texts: list[str]) -> list[float]:
    times = []
    for text in texts:
        began = time.perf_counter()
        function(text)
        times.append((time.perf_counter() - began) * 1000)
    return times


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def main() -> None:
    with environment() as env:
        import psycopg

        from stores.areas import areas_search
        from stores.services.regions import plain

        wanted = queries()
        texts = [q.text for q in wanted]
        with psycopg.connect(env["DATABASE_URL"], autocommit=True) as bare:

            def floor(text: str) -> object:
                words = [f"%{w}%" for w in plain(text).split() if w != "kec"]
                return bare.execute(
                    "SELECT d.boscod_id, d.name, c.name, p.name FROM stores_district d "
                    "JOIN stores_city c ON c.code = d.city_id JOIN stores_province p ON p.code = c.province_id "
                    "WHERE d.search_text LIKE ALL(%s) LIMIT 10",
                    [words],
                ).fetchall()

            timed(floor, texts), timed(areas_search, texts)  # warm
            floors, subjects = [], []
            for _run in range(RUNS):
                floors.append(percentile(timed(floor, texts), 0.95))
                subjects.append(percentile(timed(areas_search, texts), 0.95))
        hits: dict[str, list[bool]] = {}
        for query in wanted:
            if query.code:
                hits.setdefault(query.kind, []).append(query.code in [a.code for a in areas_search(query.text)])
        shares = ", ".join(f"{kind} {100 * sum(got) // len(got)} %" for kind, got in hits.items())
        record(
            "region_search_p95", value=statistics.median(subjects), floor=statistics.median(floors), unit="ms",
            note=f"{len(texts)} keywords; at most {TARGET_MS} ms wanted; the district is among the ten: {shares}",
        )  # fmt: skip


if __name__ == "__main__":
    main()
