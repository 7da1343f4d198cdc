"""One form for names, addresses, phone numbers and e-mails, computed on distinct values only.

People and systems write the same thing in many ways: full width or half, traditional or simplified characters, with or
without the company form, the province or the country prefix. Each function here maps what was written to a *key*; equal
keys mean the same thing. `register_values` does so for every distinct value of a column and hands the result back to
DuckDB.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

import duckdb
import pandas as pd
from opencc import OpenCC
from pypinyin import lazy_pinyin

LATEST_TEXTS = 200_000
"""How many texts of a sort keep their key: in one run the same names and addresses are asked for several times."""

HAN = re.compile(r"[\u3400-\u9fff]")

COMPANY_WORDS = frozenset(
    "incorporated inc corporation corp company co limited ltd llc llp plc gmbh mbh ag kg ohg bv nv sarl sas sa srl spa "
    "oy ab aps as pty pte pvt sdn bhd group holding holdings the".split()
)

COMPANY_FORMS = re.compile(
    r"股份有限公司|有限责任公司|有限公司|集团公司|集团|公司|株式会社"
    rf"|\b(?:{'|'.join(sorted(COMPANY_WORDS, reverse=True))})\b"
)

REGIONS = re.compile(
    r"^(?:中国|中华人民共和国)?"
    r"(?:[\u4e00-\u9fff]{2,3}?省|(?:内蒙古|广西壮族|西藏|宁夏回族|新疆维吾尔)自治区|(?:内蒙古|广西|西藏|宁夏|新疆))?"
)

STREET_WORDS = {
    "street": "st",
    "str": "st",
    "road": "rd",
    "avenue": "ave",
    "av": "ave",
    "boulevard": "blvd",
    "drive": "dr",
    "lane": "ln",
    "court": "ct",
    "place": "pl",
    "square": "sq",
    "highway": "hwy",
    "parkway": "pkwy",
    "suite": "ste",
    "apartment": "apt",
    "building": "bldg",
    "floor": "fl",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
    "saint": "st",
    "number": "",
    "no": "",
}

EXTENSION = re.compile(r"(?:ext\.?|extension|x|转|分机|#)\s*\d+\s*$")
PHONE_DIGITS = 9  # the last nine digits survive country prefixes and trunk zeros, and still tell subscribers apart


@cache
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")


class _Letters(dict[int, str]):
    """What each character becomes, for `str.translate`: worked out the first time that it comes."""

    def __init__(self, mapping: Callable[[str], str]) -> None:
        super().__init__()
        self.mapping = mapping

    def __missing__(self, code: int) -> str:
        self[code] = self.mapping(chr(code))
        return self[code]


def _plain(character: str) -> str:
    if character.isascii():
        return character
    if HAN.match(character):
        return str(_to_simplified().convert(character))
    return "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))


def _sound(character: str) -> str:
    return "".join(lazy_pinyin(character)) if HAN.match(character) else character


PLAIN, SOUNDS = _Letters(_plain), _Letters(_sound)


def fold(text: str) -> str:
    """Return ``text`` in half width, lower case, simplified characters and without accents."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return folded if folded.isascii() else folded.translate(PLAIN)


def romanise(text: str) -> str:
    """Return ``text`` with each Chinese character as its pinyin, so that functions on bytes compare sounds."""
    return text if text.isascii() else text.translate(SOUNDS)


@lru_cache(maxsize=LATEST_TEXTS)
def name_key(text: str) -> str:
    """Return a company's or person's name without case, width, company form, punctuation and spaces."""
    folded = fold(text).replace("&", " and ").replace(".", "")
    if folded.isascii():
        words = re.findall(r"\w+", folded)
        bare = "".join(word for word in words if word not in COMPANY_WORDS) or "".join(words)
        return bare.replace("_", "")
    bare = re.sub(r"[\W_]+", "", COMPANY_FORMS.sub(" ", re.sub(r"[^\w]+", " ", folded)))
    return bare or re.sub(r"[\W_]+", "", folded)


@lru_cache(maxsize=LATEST_TEXTS)
def address_key(text: str) -> str:
    """Return an address without case, width, province, punctuation, spelled-out street words and order of its parts."""
    folded = REGIONS.sub("", fold(text), count=1)
    words = re.findall(r"\d+|[^\W\d_]+", folded.replace("号", " "))
    if HAN.search(folded):
        return "".join(words)
    return " ".join(sorted(word for word in (STREET_WORDS.get(word, word) for word in words) if word))


@lru_cache(maxsize=LATEST_TEXTS)
def address_numbers(text: str) -> str:
    """Return the numbers of an address in order: a different house number is a different place."""
    return " ".join(number.lstrip("0") or "0" for number in re.findall(r"\d+", unicodedata.normalize("NFKC", text)))


@lru_cache(maxsize=LATEST_TEXTS)
def phone_key(text: str) -> str:
    """Return the last nine digits of a phone number without its extension; empty if fewer than seven."""
    folded = EXTENSION.sub("", fold(text)).replace("(0)", "")
    digits = re.sub(r"\D", "", folded)
    return digits[-PHONE_DIGITS:] if len(digits) >= 7 else ""


@lru_cache(maxsize=LATEST_TEXTS)
def email_key(text: str) -> str:
    """Return an e-mail address in lower case and half width, without a ``+tag``; empty if it has no ``@``."""
    local, at, host = fold(text).replace(" ", "").rpartition("@")
    return f"{local.partition('+')[0]}@{host}" if at and local else ""


KEYS: dict[str, Callable[[str], str]] = {
    "name": name_key,
    "address": address_key,
    "phone": phone_key,
    "email": email_key,
}


def normal_values(values: Iterable[str], sort: str) -> pd.DataFrame:
    """Return the normal forms of distinct values.

    Parameters
    ----------
    values : iterable of str
        Distinct values as written.
    sort : {"name", "address", "phone", "email"}
        What they are.

    Returns
    -------
    pandas.DataFrame
        ``value`` as written; ``key``, null where nothing is left; ``latin``, the key in pinyin; ``numbers`` of an
        address.
    """
    written = [*values]
    keys = [KEYS[sort](value) or None for value in written]
    return pd.DataFrame(
        {
            "value": written,
            "key": keys,
            "latin": [romanise(key) if key else None for key in keys],
            "numbers": [address_numbers(value) if sort == "address" else "" for value in written],
        },
        dtype="object",
    )


def register_values(connection: duckdb.DuckDBPyConnection, table: str, sort: str, columns: Iterable[str]) -> None:
    """Create the temp table ``table`` with the normal forms of all distinct values of ``columns``.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Where the columns are and the table goes.
    table : str
        Its name.
    sort : {"name", "address", "phone", "email"}
        What the values are.
    columns : iterable of str
        Columns as ``relation.column``.
    """
    parts = " union ".join(
        f'select "{column.partition(".")[2]}" as value from "{column.partition(".")[0]}"' for column in columns
    )
    values = connection.execute(f"select distinct value from ({parts}) where value is not null order by value").df()
    frame = normal_values(values["value"].tolist(), sort)
    connection.register("normal_values_frame", frame)
    connection.execute(
        f'create or replace temp table "{table}" as select value::varchar as value, key::varchar as key, '
        f"latin::varchar as latin, numbers::varchar as numbers, hash(key::varchar) as hashed "
        f"from normal_values_frame where key is not null"
    )
    connection.unregister("normal_values_frame")
