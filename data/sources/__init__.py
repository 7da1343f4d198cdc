"""Where orders come from: a folder of files, one file, a DuckDB file or a database. One module adds one sort of source.

A source offers *raw tables* as they are: text stays text (``007``), every row has its number, and a row that cannot be
read is written to ``work.rejects`` with its reason instead of being dropped.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from data.errors import SourceError
from data.registry import Registry

ROW = "_row"  # the column that holds the number of a row in its source, 1 = the first


@dataclass(frozen=True)
class ReadOptions:
    """How to read raw tables.

    Attributes
    ----------
    scratch : Path
        A folder for temporary files.
    encoding : str, optional
        Python's name of the text files' encoding; decided per file if not given.
    separator : str, optional
        What separates the columns of text files; decided per file if not given.
    """

    scratch: Path
    encoding: str | None = None
    separator: str | None = None


@dataclass(frozen=True)
class RawTable:
    """One table of a source, not read yet.

    Attributes
    ----------
    name : str
        What the table is called in mappings.
    origin : str
        The file or database table it comes from, to show.
    load : callable
        Given a connection, the name of the table to create and `ReadOptions`: creates it and returns notes for people.
    """

    name: str
    origin: str
    load: Callable[[duckdb.DuckDBPyConnection, str, ReadOptions], list[str]]


@dataclass(frozen=True)
class SourceKind:
    """A sort of source.

    Attributes
    ----------
    title : str
        What it is called in messages.
    accepts : callable
        Whether a location (path or URL) is of this sort.
    tables : callable
        Return the raw tables at a location.
    reads_folders : bool
        Whether a folder that bears the name of a file is one of its tables, in parts.
    """

    title: str
    accepts: Callable[[str], bool]
    tables: Callable[[str], list[RawTable]]
    reads_folders: bool = False


@dataclass(frozen=True)
class Source:
    """An opened source.

    Attributes
    ----------
    description : str
        The location without secrets.
    tables : dict of str to RawTable
        What it holds.
    ignored : tuple of str
        Files and folders in the folder that are of no known sort.
    """

    description: str
    tables: dict[str, RawTable] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


SOURCES: Registry[SourceKind] = Registry("source", "data.sources")


def unique_names(names: list[str]) -> list[str]:
    """Return column names that are not empty and differ when case is ignored."""
    seen: set[str] = {ROW}
    made = []
    for position, name in enumerate(names, start=1):
        base = " ".join(name.replace("\ufeff", "").replace("\xa0", " ").split()) or f"column_{position}"
        candidate, count = base, 1
        while candidate.lower() in seen:
            count += 1
            candidate = f"{base}_{count}"
        seen.add(candidate.lower())
        made.append(candidate)
    return made


def kind_of(location: str) -> SourceKind | None:
    """Return the sort of source that a location is of, None if no sort accepts it."""
    is_folder = "://" not in location and Path(location).is_dir()
    kinds = (kind for kind in SOURCES.values() if kind.reads_folders or not is_folder)
    return next((kind for kind in kinds if kind.accepts(location)), None)


def _collect(tables: list[RawTable]) -> dict[str, RawTable]:
    found: dict[str, RawTable] = {}
    for table in tables:
        other = next((known for known in found.values() if known.name.lower() == table.name.lower()), None)
        if other:
            raise SourceError(f"Table {table.name!r} is there twice: {other.origin} and {table.origin}. Keep one.")
        found[table.name] = table
    return found


def _open_folder(folder: Path) -> Source:
    tables: list[RawTable] = []
    ignored = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")):
            continue
        kind = kind_of(str(path))
        if kind is not None:
            tables += kind.tables(str(path))
        else:
            ignored.append(f"{path.name}/" if path.is_dir() else path.name)
    if not tables:
        raise SourceError(f"{folder} holds no tables. Known: {', '.join(kind.title for kind in SOURCES.values())}.")
    return Source(str(folder), _collect(tables), tuple(ignored))


def open_source(location: str) -> Source:
    """Return the source at a path or URL.

    Raises
    ------
    SourceError
        If there is nothing, or nothing of a known sort.
    """
    is_url = "://" in location
    if not is_url and not Path(location).exists():
        raise SourceError(f"{location} does not exist.")
    kind = kind_of(location)
    if kind is None and not is_url and Path(location).is_dir():
        return _open_folder(Path(location))
    if kind is None:
        shown = location.split("://")[0] + "://..." if is_url else location
        raise SourceError(
            f"{shown} is of no known sort. Known: a folder, {', '.join(kind.title for kind in SOURCES.values())}."
        )
    tables = kind.tables(location)
    return Source(tables[0].origin if is_url and tables else location, _collect(tables))
