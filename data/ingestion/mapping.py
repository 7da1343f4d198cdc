"""Mapping files: how a source's own tables, columns and words become the canonical ones."""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from data.errors import MappingError, UnknownNameError
from data.schema import table as canonical_table
from data.vocabulary import STATUSES

FOLDER = Path(__file__).parents[1] / "mappings"
ENDINGS = (".yaml", ".yml")


def _as_text(value: Any) -> Any:
    """YAML reads 5, 1.5 and true as themselves; here they are words or SQL like any other."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, (int, float)) else value


Sql = Annotated[str, BeforeValidator(_as_text)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


class RejectRule(_Part):
    """Rows that the mapping turns away, with the reason that the quarantine shows."""

    when: Sql = Field(description="SQL condition over the source's columns.")
    reason: str = Field(min_length=1, description="Why such a row can't be what the table holds.")


class TableMapping(_Part):
    """How one canonical table is made."""

    source: Sql = Field(alias="from", description="A source table, or SQL as after `from`, with joins.")
    columns: dict[str, Sql] = Field(description="SQL expression over the source's columns for each canonical column.")
    where: Sql | None = Field(default=None, description="SQL condition: rows that are of this table at all.")
    reject: tuple[RejectRule, ...] = Field(default=(), description="Rows to quarantine.")


class Mapping(_Part):
    """A whole mapping file; without ``tables``, the source has the canonical names."""

    title: str = ""
    notes: str = Field(default="", description="Decisions that a reader should know.")
    time_zone: str | None = Field(
        default=None, description="Of moments without an offset; default: the configured one."
    )
    number_format: Literal["auto", "point", "comma"] = "auto"
    date_format: Literal["auto", "dmy", "mdy"] = "auto"
    encoding: str | None = Field(default=None, description="Of text files; default: decided per file.")
    separator: str | None = Field(
        default=None, min_length=1, max_length=1, description="Of text files; default: decided."
    )
    channel: str | None = Field(default=None, description="Of orders whose source names none.")
    currency: str | None = Field(default=None, description="Of orders whose source names none.")
    status: dict[Sql, str] = Field(default={}, description="The source's status words and the canonical ones.")
    tables: dict[str, TableMapping] = {}

    @field_validator("tables")
    @classmethod
    def _has_canonical_names(cls, tables: dict[str, TableMapping]) -> dict[str, TableMapping]:
        for name, mapped in tables.items():
            known = canonical_table(name)
            for column in mapped.columns:
                known.column(column)
            missing = [column for column in known.required_columns if column not in mapped.columns]
            if missing:
                raise MappingError(f"Table {name} lacks the required columns {', '.join(missing)}.")
        return tables

    @field_validator("status")
    @classmethod
    def _has_canonical_statuses(cls, status: dict[str, str]) -> dict[str, str]:
        for word in status.values():
            if word not in STATUSES:
                raise UnknownNameError("status", word, STATUSES)
        return status

    @field_validator("time_zone")
    @classmethod
    def _has_known_zone(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError("not a time zone such as Europe/Berlin")
        return zone


@cache
def shipped_mappings() -> dict[str, Path]:
    """Return the mapping files that come with the product, by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}


def mapping_path(name: Path | str) -> Path:
    """Return the file of a mapping: a path, or the name of a shipped one."""
    path = Path(name)
    if path.suffix.lower() in ENDINGS or path.exists():
        if not path.is_file():
            raise MappingError(f"Mapping file {name} does not exist.")
        return path
    if str(name) not in shipped_mappings():
        raise MappingError(f"{UnknownNameError('mapping', str(name), shipped_mappings())} Or give a .yaml file.")
    return shipped_mappings()[str(name)]


def parse_mapping(text: str, name: str) -> Mapping:
    """Return the mapping that a YAML text states.

    Raises
    ------
    MappingError
        In one line, if it is not YAML or names something unknown.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        place = f" line {mark.line + 1}" if mark else ""
        raise MappingError(f"Mapping {name}{place}: {getattr(wrong, 'problem', None) or 'not YAML'}.") from None
    if not isinstance(content, dict):
        raise MappingError(f"Mapping {name}: expected entries such as `tables:`, got {type(content).__name__}.")
    try:
        return Mapping.model_validate(content)
    except ValidationError as wrong:
        # A misspelt entry also makes the right one missing: say the former.
        first = min(wrong.errors(), key=lambda error: error["type"] != "extra_forbidden")
        place = ".".join(str(part) for part in first["loc"] if part != "[key]")
        if first["type"] == "extra_forbidden":
            known = (RejectRule if "reject" in place else TableMapping if "." in place else Mapping).model_fields
            allowed = [field.alias or key for key, field in known.items()]
            raise MappingError(f"Mapping {name}: {UnknownNameError('entry', place.split('.')[-1], allowed)}") from None
        raise MappingError(f"Mapping {name}, {place}: {first['msg']} (got {str(first['input'])[:80]!r}).") from None
    except (MappingError, UnknownNameError) as wrong:
        raise MappingError(f"Mapping {name}: {wrong}") from None


def read_mapping(name: Path | str) -> Mapping:
    """Return a mapping by the path of its file or by the name of a shipped one."""
    path = mapping_path(name)
    try:
        return parse_mapping(path.read_text(encoding="utf-8-sig"), path.name)
    except (OSError, UnicodeDecodeError) as wrong:
        raise MappingError(f"Mapping file {path.name} cannot be read as UTF-8 text: {wrong}.") from None


def write_mapping(mapping: Mapping) -> str:
    """Return a mapping as YAML, without what is default."""
    content = mapping.model_dump(by_alias=True, exclude_defaults=True, mode="json")
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110))
