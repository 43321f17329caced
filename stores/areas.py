"""The one-box search: "kec juwana pati", "59185", "jwana", "cilandak jaksel" → districts (integrations.md, Regions).

First what is spelt like that: every word somewhere in the district's text, by the trigram index. Only when nothing is,
each unknown word is replaced by the names it may have meant, found by trigrams among the ten thousand different words
of the regions and judged by edit distance; a word that means nothing is left out. All steps use indexes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from stores.services.regions import plain, tidy

MAX_WORDS = 6
ALIKE = 6  # how many names an unknown word may have meant


@dataclass(frozen=True, slots=True)
class Area:
    """A district as the one-box search shows it. ``district_id`` is BosCOD's."""

    district_id: int
    code: str
    district: str
    city: str
    province: str
    postal_codes: list[str]

    def as_api(self, postal_code: str = "") -> dict[str, Any]:
        shown = postal_code or (self.postal_codes[0] if self.postal_codes else "")
        return {
            "district_id": self.district_id,
            "district": self.district,
            "city": self.city,
            "province": self.province,
            "postal_codes": self.postal_codes,
            "postal_code": shown,
            "label": f"{self.district}, {self.city}, {self.province} {shown}".strip(),
        }


_SEARCH = """
SELECT d.boscod_id, d.code, d.name, c.name, p.name, d.postal_codes
FROM stores_district d JOIN stores_city c ON c.code = d.city_id JOIN stores_province p ON p.code = c.province_id
WHERE d.boscod_id IS NOT NULL AND {where}
ORDER BY {rank} LIMIT %(limit)s
"""
_ALIKE = """
SELECT q.word, r.word, r.alike FROM unnest(%(words)s::text[]) AS q(word) CROSS JOIN LATERAL (
  SELECT w.word, similarity(w.word, q.word) AS alike FROM stores_regionword w
  WHERE w.word %% q.word OR w.word LIKE q.word || '%%' ORDER BY 2 DESC, 1 LIMIT 12) r
"""
_NOISE_WORDS = {"kec", "kecamatan", "kab", "kabupaten", "kota", "prov", "provinsi", "propinsi", "desa", "kel",
                "kelurahan", "ds", "jl", "jln", "jalan", "rt", "rw", "no", "adm", "administrasi", "indonesia"}  # fmt: skip
_COMMON = {"barat", "timur", "selatan", "utara", "tengah", "baru", "lama", "hilir", "hulu", "raya"}
# how people write regions in chats
_SHORT = {
    "jkt": "jakarta", "jaksel": "jakarta selatan", "jakbar": "jakarta barat", "jakpus": "jakarta pusat",
    "jaktim": "jakarta timur", "jakut": "jakarta utara", "jogja": "yogyakarta", "jogjakarta": "yogyakarta",
    "yogya": "yogyakarta", "diy": "yogyakarta", "jateng": "jawa tengah", "jabar": "jawa barat", "jatim": "jawa timur",
    "bdg": "bandung", "sby": "surabaya", "smg": "semarang", "mlg": "malang", "bks": "bekasi",
    "tangsel": "tangerang selatan", "solo": "surakarta", "sumut": "sumatera utara", "sumbar": "sumatera barat",
    "sumsel": "sumatera selatan", "kalbar": "kalimantan barat", "kalsel": "kalimantan selatan",
    "kaltim": "kalimantan timur", "kalteng": "kalimantan tengah", "kaltara": "kalimantan utara",
    "sulsel": "sulawesi selatan", "sulut": "sulawesi utara", "sulteng": "sulawesi tengah",
    "sultra": "sulawesi tenggara", "sulbar": "sulawesi barat", "ntb": "nusa tenggara barat",
    "ntt": "nusa tenggara timur", "babel": "bangka belitung", "kepri": "kepulauan riau",
}  # fmt: skip


def areas_search(keyword: str, limit: int = 10) -> list[Area]:
    """Districts for a one-box text: district, city, province, postal code, in any order, typos tolerated."""
    typed = plain(keyword[:100]).split()
    words = [w for w in typed if w not in _NOISE_WORDS]
    if not words or len("".join(words)) < 3:
        return []
    kind = "kota " if "kota" in typed else "kabupaten " if {"kab", "kabupaten"} & set(typed) else ""
    found = _spelt(words[:MAX_WORDS], kind, limit)
    if found:
        return found
    long = [part for word in words for part in _SHORT.get(word, word).split()][:MAX_WORDS]
    if long != words:
        found = _spelt(long, kind, limit)
    return found or _meant(long, kind, limit)


def _spelt(words: list[str], kind: str, limit: int) -> list[Area]:
    params: dict[str, Any] = {"limit": limit, "name": " ".join(words), "first": words[0], "kind": f"{kind}%"}
    for index, word in enumerate(words):
        params[f"w{index}"] = f"%{word}%"
    where = " AND ".join(f"d.search_text LIKE %(w{index})s" for index in range(len(words)))
    rank = (
        "(lower(d.name) IN (%(name)s, %(first)s)) DESC, (lower(c.name) LIKE %(kind)s) DESC, "
        "word_similarity(%(name)s, d.search_text) DESC, d.name, d.code"
    )
    return _areas(_SEARCH.format(where=where, rank=rank), params)


def _meant(words: list[str], kind: str, limit: int) -> list[Area]:
    """What the words may have meant. The least sure word goes first when they do not go together."""
    options = _options(words)
    chosen = [options[w] for w in words if options.get(w)]
    while chosen:
        found = _by_options(chosen, kind, limit)
        if found:
            return found
        chosen.remove(min(chosen, key=lambda choice: (choice[0][1], choice[0][0] not in _COMMON)))
    return []


def _options(words: list[str]) -> dict[str, list[tuple[str, float]]]:
    """For each word the names it may stand for, the likeliest first, with a score up to 1."""
    options: dict[str, list[tuple[str, float]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, {"words": [w for w in words if not w.isdecimal() and len(w) > 2]})
        for word, name, alike in cursor.fetchall():
            score = (
                1.0 if name.startswith(word) else (alike + 1 - _distance(word, name) / max(len(word), len(name))) / 2
            )
            if score >= 0.4:
                options.setdefault(word, []).append((name, score))
    for choice in options.values():
        choice.sort(key=lambda pair: -pair[1])
        # a word that is right needs no guesses
        del choice[1 if choice[0][1] == 1.0 and choice[0][0] in options else ALIKE :]
    for word in words:
        if word.isdecimal() and len(word) == 5:
            options[word] = [(word, 0.5), (word[:4], 0.3), (word[:3], 0.2)]
    return options


def _distance(a: str, b: str) -> int:
    """Edits between two words; swapped neighbours are one edit."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        older, before = before, row
        row = [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def _by_options(chosen: list[list[tuple[str, float]]], kind: str, limit: int) -> list[Area]:
    params: dict[str, Any] = {"limit": limit, "kind": f"{kind}%"}
    conditions, scores = [], []
    for n, choice in enumerate(chosen):
        parts = []
        for m, (name, score) in enumerate(choice):
            params[f"w{n}_{m}"], params[f"s{n}_{m}"] = f"%{name}%", score
            parts.append(f"d.search_text LIKE %(w{n}_{m})s")
        conditions.append(f"({' OR '.join(parts)})")
        cases = " ".join(
            f"WHEN lower(d.name) LIKE %(w{n}_{m})s THEN %(s{n}_{m})s + 0.2 " for m in range(len(choice))
        ) + " ".join(f"WHEN {part} THEN %(s{n}_{m})s" for m, part in enumerate(parts))  # fmt: skip
        scores.append(f"CASE {cases} ELSE 0 END")
    rank = f"({' + '.join(scores)}) DESC, (lower(c.name) LIKE %(kind)s) DESC, length(d.name), d.code"
    return _areas(_SEARCH.format(where=" AND ".join(conditions), rank=rank), params)


def _areas(sql: str, params: dict[str, Any]) -> list[Area]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Area(r[0], r[1], r[2], tidy(r[3]), tidy(r[4]), r[5]) for r in cursor.fetchall()]


_known: dict[int, Area] = {}


def area_of(district_id: int) -> Area | None:
    """The area with BosCOD's id. Regions change only with a new data package, so a process remembers them."""
    area = _known.get(district_id)
    if area is None and 0 < district_id < 2**31:
        rows = _areas(_SEARCH.format(where="d.boscod_id = %(id)s", rank="d.code"), {"id": district_id, "limit": 1})
        if rows:
            area = _known[district_id] = rows[0]
    return area
