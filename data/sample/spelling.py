"""The same texts in other signs: how operators abbreviate, and what comes out of a mail or a chat."""

from typing import Any

import numpy as np
from pypinyin import lazy_pinyin

BRIEF = ((" Street", " St"), (" Road", " Rd"), (" Avenue", " Ave"), ("straße", "str."), ("号", "號"))
FULL_WIDTH = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in "0123456789"})
TRADITIONAL = str.maketrans("号区东龙华阳门广长发兴丰楼国润诚贸实", "號區東龍華陽門廣長發興豐樓國潤誠貿實")


def abbreviated(address: str) -> str:
    """Return an address as an operator would shorten it."""
    for long, brief in BRIEF:
        address = address.replace(long, brief)
    return address


def respaced(phone: str) -> str:
    """Return a telephone number with other separators."""
    return phone.replace("-", " ") if "-" in phone else phone.replace(" ", "")


def pasted_name(rng: np.random.Generator, name: str) -> str:
    """Return a company's name as it comes out of a mail or a chat."""
    ways = [name.upper(), f" {name} ", name.replace("Ltd", "Ltd."), name.lower()]
    if not name.isascii():
        ways = [name.translate(TRADITIONAL), f"{name} ", " ".join(lazy_pinyin(name)).title(), name]
    return ways[int(rng.integers(len(ways)))]


def pasted_address(rng: np.random.Generator, address: str) -> str:
    """Return an address as it comes out of a mail or a chat."""
    ways = [address.upper(), address.replace(" ", "  "), abbreviated(address), address]
    if not address.isascii():
        ways = [address.translate(FULL_WIDTH), address.translate(TRADITIONAL), f" {address}", address]
    return ways[int(rng.integers(len(ways)))]


def pasted_phone(rng: np.random.Generator, phone: Any) -> Any:
    """Return a telephone number as it comes out of a mail or a chat; none stays none."""
    if not isinstance(phone, str):
        return phone
    return phone.translate(FULL_WIDTH) if rng.random() < 0.3 else phone.replace(" ", "")


def pasted_number(rng: np.random.Generator, number: Any) -> Any:
    """Return a purchase order number as it comes out of a mail or a chat; none stays none."""
    if not isinstance(number, str):
        return number
    ways = [number.lower(), number.replace("-", " "), number.replace("PO-0", "PO-"), number]
    return ways[int(rng.integers(len(ways)))]
