"""The errors people see: what went wrong, what was given, what is allowed, in one line."""

from collections.abc import Iterable
from difflib import get_close_matches


class OrderlensError(Exception):
    """Something the user can mend; its text is one line."""


class UnknownNameError(OrderlensError):
    """A name that is not in a closed set, with the nearest that is.

    Parameters
    ----------
    what : str
        What sort of thing was named, e.g. ``"kind"``.
    got : str
        The name given.
    allowed : iterable of str
        The names that exist.
    """

    def __init__(self, what: str, got: str, allowed: Iterable[str]) -> None:
        known = sorted(allowed)
        near = get_close_matches(got, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        super().__init__(f"Unknown {what} {got!r}.{hint} Known: {', '.join(known) or 'none'}.")


class SourceError(OrderlensError):
    """A source that cannot be read, or that lacks a required table or column."""


class MappingError(OrderlensError):
    """A mapping file that does not fit the schema or the source."""


class AuditError(OrderlensError):
    """A blocking data audit failed: nothing was published."""


class BusyError(OrderlensError):
    """Another process is writing the analytics."""


class NotReadyError(OrderlensError):
    """Nothing was ingested or detected yet."""


class PermissionDeniedError(OrderlensError):
    """The actor's role may not do this."""


class InvalidInputError(OrderlensError):
    """Input that fails validation; nothing was changed."""


class InvalidFieldsError(InvalidInputError):
    """Input with wrong fields; every one of them is named.

    Parameters
    ----------
    what : str
        What can't be used, e.g. ``"The order can't be checked"``.
    faults : list of tuple of (str, str)
        For each wrong field its path and what is wrong with it.
    """

    def __init__(self, what: str, faults: list[tuple[str, str]]) -> None:
        self.faults = faults
        super().__init__(f"{what}: " + "; ".join(f"{path}: {text}" for path, text in faults) + ".")
