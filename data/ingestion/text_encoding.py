"""Which encoding a text file is in, decided from all of its bytes, and the same text as UTF-8."""

import codecs
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from data.errors import SourceError

CHUNK = 4 << 20
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# The 3,755 commonest Chinese characters and the full-width signs, as GB18030 writes them. Western text in Latin-1 also
# decodes as GB18030 now and then, but to rare characters.
COMMON_CHINESE = re.compile(rb"[\xa1-\xa9\xb0-\xd7][\xa1-\xfe]")
HIGH_BYTE = re.compile(rb"[\x80-\xff]")
WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
CHINESE_SHARE = 0.6
DAMAGE_SHARE = 0.05
REPLACEMENT = "\ufffd"


@dataclass(frozen=True)
class TextEncoding:
    """What a file is written in.

    Attributes
    ----------
    codec : str
        Python's name of it.
    is_damaged : bool, default False
        Whether some bytes do not fit it; they become U+FFFD.
    """

    codec: str
    is_damaged: bool = False

    @property
    def title(self) -> str:
        """The name to show."""
        names = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "latin-1": "Latin-1", "cp1252": "Windows-1252"}
        return names.get(self.codec, self.codec.upper())


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading, unpacked if its name ends in ``.gz``."""
    return cast(BinaryIO, gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb"))


def _chunks(path: Path) -> Iterator[bytes]:
    with open_bytes(path) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@dataclass
class _ByteCounts:
    """How many bytes of each sort a file has."""

    total: int = 0
    high: int = 0
    utf8: int = 0
    chinese: int = 0
    windows: int = 0
    zeros_even: int = 0
    zeros_odd: int = 0


def _count_bytes(path: Path) -> _ByteCounts:
    counts = _ByteCounts()
    for chunk in _chunks(path):
        counts.total += len(chunk)
        counts.high += len(HIGH_BYTE.findall(chunk))
        counts.utf8 += sum(map(len, UTF8_SEQUENCE.findall(chunk)))
        counts.chinese += 2 * len(COMMON_CHINESE.findall(chunk))
        counts.windows += len(WINDOWS_ONLY.findall(chunk))
        counts.zeros_even += chunk[::2].count(0)
        counts.zeros_odd += chunk[1::2].count(0)
    return counts


def detect_encoding(path: Path) -> TextEncoding:
    """Return the encoding of a text file: by its mark, else the first of UTF-8, UTF-16, GB18030, Latin-1 that fits."""
    with open_bytes(path) as file:
        head = file.read(4)
    for mark, codec in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return TextEncoding(codec, is_damaged=not _decodes(path, codec))
    if _decodes(path, "utf-8"):
        counts = _count_bytes(path) if b"\0" in head else _ByteCounts()
        if counts.zeros_odd + counts.zeros_even <= counts.total / 4:
            return TextEncoding("utf-8")
    counts = _count_bytes(path)
    if counts.zeros_odd + counts.zeros_even > counts.total / 4:
        return TextEncoding("utf-16-le" if counts.zeros_odd > counts.zeros_even else "utf-16-be")
    if counts.high - counts.utf8 <= DAMAGE_SHARE * counts.high:
        return TextEncoding("utf-8", is_damaged=True)
    if counts.chinese >= CHINESE_SHARE * counts.high and _decodes(path, "gb18030"):
        return TextEncoding("gb18030")
    return TextEncoding("cp1252" if counts.windows and _decodes(path, "cp1252") else "latin-1")


def as_utf8(path: Path, scratch: Path, codec: str | None = None) -> tuple[Path, TextEncoding]:
    """Return a file with the same text in UTF-8: the file itself, or a copy in ``scratch``.

    Raises
    ------
    SourceError
        If ``codec`` is given and Python knows no such encoding.
    """
    try:
        if codec:
            encoding = TextEncoding(codecs.lookup(codec).name, is_damaged=not _decodes(path, codec))
        else:
            encoding = detect_encoding(path)
    except LookupError:
        raise SourceError(f"Unknown encoding {codec!r} for {path.name}. Known: utf-8, gb18030, latin-1, ...") from None
    except (OSError, EOFError) as wrong:
        raise SourceError(f"{path.name} cannot be read: {wrong}.") from None
    if encoding.codec in ("utf-8", "utf-8-sig") and not encoding.is_damaged and path.suffix.lower() != ".gz":
        return path, encoding
    decoder = codecs.getincrementaldecoder(encoding.codec)(errors="replace")
    target = scratch / f"{path.name}.utf8"
    with target.open("w", encoding="utf-8", newline="") as written:
        for chunk in _chunks(path):
            written.write(decoder.decode(chunk))
        written.write(decoder.decode(b"", final=True))
    return target, encoding
