"""The one-box search: "kec juwana pati", "59185", "jwana", "pd gede", "cibubur", "cilandak jaksel" → districts.

First what is meant by that spelling: a word stands for itself, for what it abbreviates and for what begins with it, and
every word is somewhere in the names of the district, its villages, its city or its province; the trigram indexes give the
candidates, :func:`_points` puts them in order. Only when nothing is found, each unknown word is replaced by the names it
may have meant, found by trigrams among the different words of the regions and judged by edit distance; a word that means
nothing is left out. (integrations.md, Regions)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.db import connection

from bosonline import cleaning
from stores.services.regions import plain, tidy

MAX_WORDS = 6
ALIKE = 6  # how many names an unknown word may have meant
CANDIDATES = 100  # how many rows are put in order


@dataclass(frozen=True, slots=True)
class Area:
    """A district as the one-box search shows it. ``district_id`` is BosCOD's; ``village`` when it was found by one."""

    district_id: int
    code: str
    district: str
    city: str
    province: str
    postal_codes: list[str]
    village: str = ""
    village_code: str = ""

    def as_api(self, postal_code: str = "") -> dict[str, Any]:
        shown = postal_code or self.village_code or (self.postal_codes[0] if self.postal_codes else "")
        name = f"{self.village}, {self.district}" if self.village else self.district
        return {
            "district_id": self.district_id,
            "district": self.district,
            "village": self.village,
            "city": self.city,
            "province": self.province,
            "postal_codes": self.postal_codes,
            "postal_code": shown,
            "label": f"{name}, {self.city}, {self.province} {shown}".strip(),
        }


def postal_code_of(postal_codes: Sequence[str], typed: str) -> str | None:
    """The postal code to keep: what was typed, else the district's first. None when it cannot be one of this area.

    The open data do not know every code, so one of the same post office (its first two digits) is believed.
    """
    if not typed:
        return postal_codes[0] if postal_codes else ""
    near = not postal_codes or any(code[:2] == typed[:2] for code in postal_codes)
    return typed if near else None


def postal_code_typed(keyword: str) -> str:
    """The postal code within a search text, if there is one."""
    return next((w for w in cleaning.keyword(keyword).replace(",", " ").split() if w.isdecimal() and len(w) == 5), "")


_NOISE_WORDS = {"kec", "kecamatan", "kab", "kabupaten", "kota", "prov", "provinsi", "propinsi", "desa", "kel",
                "kelurahan", "ds", "jl", "jln", "jalan", "rt", "rw", "no", "adm", "administrasi", "indonesia", "kodya",
                "kotamadya", "nomor", "gg", "gang", "blok", "dusun", "dsn"}  # fmt: skip
_COMMON = {"barat", "timur", "selatan", "utara", "tengah", "baru", "lama", "hilir", "hulu", "raya"}
# parts of names as they are shortened in chats, and spelt in two ways
_SHORT: dict[str, tuple[str, ...]] = {
    "tj": ("tanjung",), "tjg": ("tanjung",), "tg": ("tanjung",), "tnjg": ("tanjung",), "tanjong": ("tanjung",),
    "tn": ("tanah",), "tnh": ("tanah",), "gn": ("gunung",), "gng": ("gunung",), "gunong": ("gunung",),
    "pd": ("pondok", "padang"), "pdk": ("pondok",), "pndk": ("pondok",), "pdg": ("padang",), "pnd": ("pondok",),
    "klp": ("kelapa",), "kb": ("kebon", "kebun"), "kbn": ("kebon", "kebun"), "kebun": ("kebon",), "kebon": ("kebun",),
    "kby": ("kebayoran",), "kbyrn": ("kebayoran",), "kp": ("kampung",), "kpg": ("kampung", "kupang"),
    "kmp": ("kampung",), "kampong": ("kampung",), "tlk": ("teluk",), "tl": ("teluk", "telaga"), "telok": ("teluk",),
    "ps": ("pasar",), "psr": ("pasar",), "bar": ("barat",), "brt": ("barat",), "tim": ("timur",), "tmr": ("timur",),
    "sel": ("selatan",), "slt": ("selatan",), "ut": ("utara",), "utr": ("utara",), "pus": ("pusat",), "pst": ("pusat",),
    "tgh": ("tengah", "tangah"), "teng": ("tengah",), "tng": ("tangerang", "tengah"), "hilir": ("ilir",), "ilir": ("hilir",),
    "hulu": ("ulu",), "ulu": ("hulu",), "mr": ("muara",), "ma": ("muara",), "mra": ("muara",),
    "sei": ("sungai",), "sungai": ("sei",), "s": ("sungai", "sei"), "sg": ("sungai", "sei"), "sng": ("sungai",),
    "bt": ("batu",), "btg": ("batang",), "bj": ("bojong", "banjar"), "bjg": ("bojong",), "bjr": ("banjar",), "bdr": ("bandar",), "bndr": ("bandar",),
    "lb": ("lubuk", "lima"), "lbk": ("lubuk",), "lmb": ("lembah",), "rwa": ("rawa",), "rj": ("raja", "rajeg"),
    "sb": ("sumber",), "sbr": ("sumber",), "sbrg": ("seberang",), "smbr": ("sumber",), "sk": ("suka",), "kr": ("karang", "krueng"), "krg": ("karang",),
    "krng": ("karang",), "kdg": ("kedung",), "kd": ("kedung",), "kedong": ("kedung",), "pl": ("pulau", "pulo"), "p": ("pulau",),
    "pulo": ("pulau",), "pulau": ("pulo",), "kep": ("kepulauan",), "pkl": ("pangkalan",), "pkln": ("pangkalan",),
    "pgk": ("pangkal",), "pmt": ("pematang",), "pem": ("pematang",), "rtu": ("rantau",), "sp": ("simpang",),
    "spg": ("simpang",), "sim": ("simpang",), "mt": ("matraman",), "kt": ("kota", "kuta"), "ktg": ("ketapang",),
    "bkt": ("bukit",), "bkit": ("bukit",), "bbk": ("babakan",), "bbt": ("bobotsari",), "cgk": ("cengkareng",),
    "grg": ("gringsing",), "lw": ("lawang",), "lwng": ("lawang",), "mj": ("maja", "mojo"), "wn": ("wono",), "jt": ("jati",),
    "jtn": ("jatinegara",), "cplk": ("ciputat",), "br": ("baru",), "bru": ("baru",), "lm": ("lama",), "ry": ("raya",),
    "indh": ("indah",), "agg": ("agung",), "kcl": ("kecil",), "bsr": ("besar",), "dlm": ("dalam",),
    "kramat": ("keramat",), "keramat": ("kramat",), "cpk": ("cempaka",), "cmpk": ("cempaka",),
    "pth": ("putih",), "hitam": ("itam",), "mrh": ("merah",), "gde": ("gede",), "gd": ("gede", "gading"), "gdg": ("gading",),
    "dukuh": ("dukuh", "duku"), "jrk": ("jeruk",), "abg": ("abang",), "bgn": ("bangun",), "bngn": ("bangun",),
    # cities and provinces
    "jkt": ("jakarta",), "jak": ("jakarta",), "bdg": ("bandung",), "bndg": ("bandung",), "sby": ("surabaya",),
    "smg": ("semarang",), "mlg": ("malang",), "bks": ("bekasi",), "bgr": ("bogor",), "bgor": ("bogor",), "dpk": ("depok",),
    "tgr": ("tangerang", "tenggara"), "crb": ("cirebon",), "srg": ("serang",), "krw": ("karawang",),
    "krwg": ("karawang",), "tsm": ("tasikmalaya",), "tasik": ("tasikmalaya",), "smd": ("sumedang", "samarinda"),
    "pwk": ("purwakarta",), "skb": ("sukabumi",), "skbm": ("sukabumi",), "cjr": ("cianjur",), "grt": ("garut",),
    "jogja": ("yogyakarta",), "jogjakarta": ("yogyakarta",), "yogya": ("yogyakarta",), "diy": ("yogyakarta",),
    "yk": ("yogyakarta",), "jgj": ("yogyakarta",), "btl": ("bantul",), "slm": ("sleman",), "solo": ("surakarta",),
    "skh": ("sukoharjo",), "kra": ("karanganyar",), "klt": ("klaten",), "mgl": ("magelang",), "pwr": ("purworejo",),
    "sda": ("sidoarjo",), "gsk": ("gresik",), "mjk": ("mojokerto",), "jbg": ("jombang",),
    "kdr": ("kediri",), "bli": ("blitar",), "jbr": ("jember",), "bwi": ("banyuwangi",), "mdn": ("medan", "madiun"),
    "pku": ("pekanbaru",), "plg": ("palembang",), "plb": ("palembang",), "btm": ("batam",), "jmb": ("jambi",),
    "bkl": ("bengkulu", "bangkalan"), "bpn": ("balikpapan",), "bppn": ("balikpapan",), "bjm": ("banjarmasin",),
    "pnk": ("pontianak",), "ptk": ("pontianak",), "dps": ("denpasar",), "mtr": ("mataram",), "mks": ("makassar",),
    "mksr": ("makassar",), "ujungpandang": ("makassar",), "mnd": ("manado",), "kdi": ("kendari",), "smr": ("samarinda",),
}  # fmt: skip
_PHRASES = {
    "jaksel": "jakarta selatan", "jakbar": "jakarta barat", "jakpus": "jakarta pusat", "jaktim": "jakarta timur",
    "jakut": "jakarta utara", "jateng": "jawa tengah", "jabar": "jawa barat", "jatim": "jawa timur", "tangsel": "tangerang selatan",
    "kbb": "bandung barat", "sumut": "sumatera utara", "sumbar": "sumatera barat", "sumsel": "sumatera selatan",
    "kalbar": "kalimantan barat", "kalsel": "kalimantan selatan", "kaltim": "kalimantan timur", "kalteng": "kalimantan tengah",
    "kaltara": "kalimantan utara", "sulsel": "sulawesi selatan", "sulut": "sulawesi utara", "sulteng": "sulawesi tengah",
    "sultra": "sulawesi tenggara", "sulbar": "sulawesi barat", "ntb": "nusa tenggara barat", "ntt": "nusa tenggara timur",
    "babel": "bangka belitung", "kepri": "kepulauan riau", "balam": "bandar lampung", "bdl": "bandar lampung",
    "pwt": "purwokerto banyumas", "purwokerto": "purwokerto banyumas", "pematangsiantar": "siantar", "cimol": "cibolerang",
    "tj pinang": "tanjung pinang", "bandarlampung": "bandar lampung", "bumiayu": "bumiayu brebes",
    # what advertisements and drivers call a place → the district or village it lies in
    "bsd city": "serpong tangerang selatan", "bsd": "serpong tangerang selatan", "alam sutera": "serpong utara tangerang selatan",
    "alsut": "serpong utara tangerang selatan", "gading serpong": "kelapa dua tangerang", "lippo karawaci": "kelapa dua tangerang",
    "lippo cikarang": "cikarang selatan bekasi", "jababeka": "cikarang utara bekasi", "harapan indah": "medan satria bekasi",
    "kota wisata": "gunung putri bogor", "sentul": "babakan madang bogor", "sentul city": "babakan madang bogor",
    "pik": "penjaringan jakarta utara", "pantai indah kapuk": "penjaringan jakarta utara", "blok m": "kebayoran baru jakarta selatan",
    "kelapa gading": "kelapa gading jakarta utara", "bintaro jaya": "pondok aren tangerang selatan",
    "bintaro": "bintaro pesanggrahan jakarta selatan", "bintaro tangsel": "pondok aren tangerang selatan", "kemang jaksel": "mampang prapatan jakarta selatan",
    "pasming": "pasar minggu", "pondok indah": "pondok pinang kebayoran lama", "pd indah": "pondok pinang kebayoran lama", "malioboro": "gedong tengen yogyakarta", "citra raya": "cikupa tangerang",
    "graha raya": "pinang tangerang", "galaxy bekasi": "bekasi selatan", "summarecon bekasi": "bekasi utara",
    "citraland surabaya": "sambikerep surabaya", "pakuwon city": "mulyorejo surabaya", "kota baru parahyangan": "padalarang bandung barat",
    "canggu": "canggu kuta utara badung", "sanur": "sanur denpasar selatan", "nusa dua": "benoa kuta selatan badung", "jimbaran": "jimbaran kuta selatan badung",
}  # fmt: skip
_LONGEST = max(len(phrase.split()) for phrase in _PHRASES)
_NUMBERS = [("1", "i", "satu"), ("2", "ii", "dua"), ("3", "iii", "tiga"), ("4", "iv", "empat"), ("5", "v", "lima"),
            ("6", "vi", "enam"), ("7", "vii", "tujuh"), ("8", "viii", "delapan"), ("9", "ix", "sembilan"), ("10", "x", "sepuluh"),
            ("11", "xi", "sebelas"), ("12", "xii"), ("13", "xiii"), ("14", "xiv"), ("15", "xv"), ("16", "xvi")]  # fmt: skip
_SAME_NUMBER = {word: tuple(w for w in group if w != word) for group in _NUMBERS for word in group}


def areas_search(keyword: str, limit: int = 10) -> list[Area]:
    """Districts for a one-box text: district, village, city, province, postal code, in any order, typos tolerated."""
    typed = plain(cleaning.keyword(keyword)[:100]).split()
    words = [w for w in typed if w not in _NOISE_WORDS]
    if not words or len("".join(words)) < 3:
        return []
    kind = "kota " if {"kota", "kodya"} & set(typed) else "kabupaten " if {"kab", "kabupaten"} & set(typed) else ""
    words = _said(words)[: MAX_WORDS + 2]
    choices = [Choice(word, _meanings(word)) for word in words]
    found = _found(choices, kind, limit)
    return found or _meant(words, kind, limit)


def _said(words: list[str]) -> list[str]:
    """Nicknames of places and shortened pairs of words in full; one that is in the names as well stays beside it."""
    result: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            phrase = _PHRASES.get(" ".join(words[at : at + length]))
            if phrase:
                result += [w for w in phrase.split() if w not in result]
                at += length
                break
        else:
            result.append(words[at])
            at += 1
    return list(dict.fromkeys(result))


@dataclass(frozen=True, slots=True)
class Choice:
    """A typed word and what it may stand for, the likeliest first, each with its share of certainty."""

    word: str
    meanings: tuple[tuple[str, float], ...]

    @property
    def narrows(self) -> list[str]:
        """The meanings an index can look for; none when one is too short for it."""
        found = [m for m, _share in self.meanings]
        return found if all(len(m) > 2 for m in found) else []


@lru_cache(maxsize=4096)
def _meanings(word: str) -> tuple[tuple[str, float], ...]:
    if word in _SAME_NUMBER:
        return ((word, 1.0), *((w, 1.0) for w in _SAME_NUMBER[word]))
    long = _SHORT.get(word, ())
    # a shortened word of two letters is no beginning of anything
    own = () if long and len(word) < 3 else ((word, 1.0),)
    return (*own, *((w, 0.95 - 0.02 * n) for n, w in enumerate(long)))


_SEARCH = """
SELECT d.boscod_id, d.code, d.name, c.name, p.name, d.postal_codes, d.village_text
FROM stores_district d JOIN stores_city c ON c.code = d.city_id JOIN stores_province p ON p.code = c.province_id
WHERE d.boscod_id IS NOT NULL AND {where}
ORDER BY {rank} LIMIT %(limit)s
"""
_ALIKE = """
SELECT q.word, r.word, r.alike FROM unnest(%(words)s::text[]) AS q(word) CROSS JOIN LATERAL (
  SELECT w.word, similarity(w.word, q.word) AS alike FROM stores_regionword w
  WHERE w.word %% q.word OR w.word LIKE q.word || '%%' ORDER BY 2 DESC, 1 LIMIT 12) r
"""


def _found(choices: Sequence[Choice], kind: str, limit: int) -> list[Area]:
    """The districts in which every word is somewhere, the likeliest first. Villages are asked when there is room."""
    looked = [c for c in choices if c.narrows]
    if not looked:
        return []
    best = _judged(looked, choices, kind, villages=False)
    if len(best) < limit:
        best = _judged(looked, choices, kind, villages=True)
    return _with_villages([(_area(row), village) for row, village in best[:limit]])


def _judged(
    looked: Sequence[Choice], choices: Sequence[Choice], kind: str, *, villages: bool
) -> list[tuple[tuple[Any, ...], str]]:
    """Rows of the districts with the village by which each was found, the likeliest first."""
    name = " ".join(c.word for c in choices)
    params: dict[str, Any] = {"limit": CANDIDATES, "cities": [f"kota {name}", f"kabupaten {name}"]}
    # roughly: what is in the district's own name or is the city first, then what is in no village only
    conditions, rank = [], ["(lower(c.name) = ANY(%(cities)s))::int * 2"]
    for n, choice in enumerate(looked):
        params[f"w{n}"] = [f"%{m}%" for m in choice.narrows]
        in_names = f"d.search_text LIKE ANY(%(w{n})s)"
        conditions.append(f"({in_names} OR d.village_text LIKE ANY(%(w{n})s))" if villages else in_names)
        rank.append(f"(lower(d.name) LIKE ANY(%(w{n})s))::int * 2" + (f" + ({in_names})::int" if villages else ""))
    sql = _SEARCH.format(where=" AND ".join(conditions), rank=f"{' + '.join(rank)} DESC, length(d.name), d.code")
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    judged = []
    for row in rows:
        points, village = _points(row, choices, kind)
        if points > 0:
            judged.append((-points, len(row[2]), row[1], row, village))
    judged.sort(key=lambda item: item[:3])
    return [(row, village) for _less, _length, _code, row, village in judged]


@lru_cache(maxsize=16384)
def _name_words(name: str) -> tuple[str, ...]:
    """A region's name as words, without its title."""
    words = plain(name).split()
    return tuple(words[1:] if len(words) > 1 and words[0] in ("kabupaten", "kota") else words)


_ADMINISTRATION = ("administrasi", "daerah", "khusus", "ibukota", "istimewa", "kepulauan")


def _points(row: tuple[Any, ...], choices: Sequence[Choice], kind: str) -> tuple[float, str]:
    """How well a district fits, zero for not at all, and the village by which it was found, if by one."""
    district, province = _name_words(row[2]), _name_words(row[4])
    city = tuple(w for w in _name_words(row[3]) if w not in _ADMINISTRATION)
    joined = "".join(district)
    whole_by = _composed(joined, choices)
    villages: list[list[str]] | None = None
    points = 0.0
    named: set[str] = set()  # words of the district's name that were said
    in_city: set[str] = set()
    only_villages: list[Choice] = []
    for n, choice in enumerate(choices):
        best = 0.0
        if n in whole_by:
            points += 10.0
            in_city.update(m for m, _share in choice.meanings if m in city)
            continue
        for meaning, share in choice.meanings:
            if meaning in district:
                worth = 10.0 * share
                named.add(meaning)
                if meaning in city:
                    in_city.add(meaning)
            elif meaning in city:
                worth = 6.0 * share
                in_city.add(meaning)
            elif meaning in province:
                worth = 3.0 * share
            elif meaning in row[5]:
                worth = 9.0
            elif len(meaning) > 2 and (joined.startswith(meaning) or any(w.startswith(meaning) for w in district)):
                worth = 7.5 * share
            elif (len(meaning) > 2 and any(w.startswith(meaning) for w in (*city, "".join(city), *province))) or (
                len(meaning) > 3 and meaning in joined
            ):
                worth = 3.0 * share
            else:
                continue
            best = max(best, worth)
        if best == 0.0:
            only_villages.append(choice)
        points += best
    village = ""
    if only_villages:
        villages = [v.split() for v in row[6].split("|")]
        gained, village = _village_points(only_villages, choices, villages)
        # house numbers and such are in no name and take nothing away
        if gained == 0.0 and any(not c.word.isdecimal() or len(c.word) == 5 for c in only_villages):
            return 0.0, ""
        points += gained
    whole = sum(1 for w in district if w in named)
    if whole_by or whole == len(district):
        points += 8.0 + (4.0 if len(choices) == max(len(whole_by), 1 if whole_by else len(district)) else 0.0)
    else:
        points -= 0.8 * (len(district) - whole)
    if city and all(w in in_city for w in city):
        points += 5.0
        if len(choices) == len(city):  # nothing but a city's name: its own districts before far ones of that name
            points += 14.0
    is_kota = row[3].startswith("Kota")
    if kind:
        points += 3.0 if row[3].lower().startswith(kind) else -8.0 if in_city else 0.0
    if len(choices) == len(province) and all(any(m in province for m, _share in c.meanings) for c in choices):
        points += 10.0
    return points + (1.0 if is_kota else 0.0) + (0.5 if "31" <= row[1][:2] <= "36" else 0.0), village


def _composed(joined: str, choices: Sequence[Choice]) -> range:
    """Which neighbouring words make up the whole name, however it is divided: gunung + putri → "gunungputri"."""
    for start, first in enumerate(choices):
        if not any(joined.startswith(m) for m, _share in first.meanings):
            continue
        rests = {joined}
        for end in range(start, len(choices)):
            rests = {r[len(m) :] for r in rests for m, _share in choices[end].meanings if r.startswith(m)}
            if "" in rests:
                return range(start, end + 1)
            if not rests:
                break
    return range(0)


def _village_points(left: Sequence[Choice], choices: Sequence[Choice], villages: list[list[str]]) -> tuple[float, str]:
    """The village in which all the words that are nowhere else stand."""
    best, name = 0.0, ""
    for village in villages:
        points, said = 0.0, 0
        whole_by = _composed("".join(village), choices)
        for choice in left:
            worth = 0.0
            for meaning, share in choice.meanings:
                if meaning in village or any(choices[n] is choice for n in whole_by):
                    worth = max(worth, 5.0 * share)
                elif len(meaning) > 2 and any(w.startswith(meaning) for w in village):
                    worth = max(worth, 3.0 * share)
                elif len(meaning) > 4 and meaning in "".join(village):
                    worth = max(worth, 2.0 * share)
            if worth == 0.0 and not choice.word.isdecimal():
                points = 0.0
                break
            points += worth
        if points:
            said = sum(1 for w in village if any(w == m for c in choices for m, _share in c.meanings))
            if whole_by:  # in this order, whether written as one word or as several
                points += 11.0 + (4.0 if len(choices) == len(whole_by) else 0.0)
            elif said == len(village):
                points += 7.0 + (4.0 if len(choices) == len(village) else 0.0)
            else:
                points -= 0.5 * (len(village) - said)
        if points > best:
            best, name = points, " ".join(village)
    return best, name


def _area(row: tuple[Any, ...]) -> Area:
    return Area(row[0], row[1], row[2], tidy(row[3]), tidy(row[4]), row[5])


def _with_villages(found: list[tuple[Area, str]]) -> list[Area]:
    """The villages' names as they are written, with their postal codes: one query, and none when none was meant."""
    wanted = {area.code: village for area, village in found if village}
    if not wanted:
        return [area for area, _village in found]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT district_id, name, postal_code FROM stores_village WHERE district_id = ANY(%s)", [list(wanted)]
        )
        written = {(code, plain(name)): (name, postal) for code, name, postal in cursor.fetchall()}
    result = []
    for area, village in found:
        name, postal = written.get((area.code, village), ("", ""))
        result.append(replace(area, village=name, village_code=postal if postal in area.postal_codes else ""))
    return result


def _meant(words: list[str], kind: str, limit: int) -> list[Area]:
    """What the words may have meant. The least sure word goes first when they do not go together."""
    options = _options(words)
    chosen = [options[w] for w in words if w in options]
    while chosen:
        found = _found(chosen, kind, limit)
        if found:
            return found
        chosen.remove(min(chosen, key=lambda c: (c.meanings[0][1], c.meanings[0][0] not in _COMMON)))
    return []


def _options(words: list[str]) -> Mapping[str, Choice]:
    """For each word the names it may stand for, the likeliest first, with a share of certainty up to 1."""
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
        elif word in _SHORT or word in _SAME_NUMBER:
            options[word] = [*_meanings(word), *options.get(word, [])][:ALIKE]
    return {word: Choice(word, tuple(choice)) for word, choice in options.items()}


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


_known: dict[int, Area] = {}


def area_of(district_id: int) -> Area | None:
    """The area with BosCOD's id. Regions change only with a new data package, so a process remembers them."""
    area = _known.get(district_id)
    if area is None and 0 < district_id < 2**31:
        with connection.cursor() as cursor:
            cursor.execute(_SEARCH.format(where="d.boscod_id = %(id)s", rank="d.code"), {"id": district_id, "limit": 1})
            row = cursor.fetchone()
        if row:
            area = _known[district_id] = _area(row)
    return area
