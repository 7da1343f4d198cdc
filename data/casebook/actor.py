"""Who does something, in which role, and from where."""

import getpass
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

Via = Literal["app", "api", "cli"]

NOBODY = "nobody"  # the role of someone who has not signed in; no account can have it


@dataclass(frozen=True)
class Actor:
    """Whoever writes to the casebook; the role decides what is allowed, the rest goes into the audit log.

    Attributes
    ----------
    name : str
        The account's name, or the operating system's for the command line.
    role : str
        One of `data.vocabulary.ROLES`, or `NOBODY`.
    via : {"app", "api", "cli"}
        Where the request came from.
    """

    name: str
    role: str
    via: Via

    @classmethod
    def of_command_line(cls) -> "Actor":
        """Return the person at the command line: who can read the home folder's files may do everything."""
        name = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
        with suppress(Exception):  # a container may run under a number that has no name
            name = getpass.getuser()
        return cls(name, "admin", "cli")
