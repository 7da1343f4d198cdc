"""What was planted, what follows from it, and what only looks wrong: the truth beside the data."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

WHOLE = 0  # the line number that stands for the whole order


@dataclass
class Truth:
    """Collects the truth by order ``uid``; written out under the final order ids."""

    exceptions: list[pd.DataFrame] = field(default_factory=list)
    also: list[pd.DataFrame] = field(default_factory=list)
    duplicates: list[pd.DataFrame] = field(default_factory=list)
    shortages: list[pd.DataFrame] = field(default_factory=list)
    innocent: list[pd.DataFrame] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    trends: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def plant(
        self, uid: Any, kind: str, cause: Any, difficulty: Any, variant: Any, line_no: Any = WHOLE, also_ok: Any = ""
    ) -> None:
        """Record planted faults; every argument may be one value or one per fault."""
        frame = pd.DataFrame(
            {
                "uid": np.atleast_1d(uid),
                "line_no": line_no,
                "kind": kind,
                "cause": cause,
                "difficulty": difficulty,
                "variant": variant,
                "also_ok": also_ok,
            }
        )
        self.exceptions.append(frame)
        self.taken.update(frame["uid"].tolist())

    def note(self, uid: Any, kind: str, why: str, line_no: Any = WHOLE, other: Any = -1) -> None:
        """Record what is right to report too (``consequence``) or open to doubt (``gray``)."""
        uid = np.atleast_1d(uid)
        if len(uid):
            self.also.append(pd.DataFrame({"uid": uid, "line_no": line_no, "kind": kind, "why": why, "other": other}))

    def pair(self, later: Any, earlier: Any, variant: Any) -> None:
        """Record that ``later`` repeats ``earlier``."""
        frame = pd.DataFrame({"uid": np.atleast_1d(later), "other": earlier, "variant": variant})
        self.duplicates.append(frame)
        self.taken.update(frame["uid"].tolist())
        self.taken.update(frame["other"].tolist())

    def excuse(self, uid: Any, why: str, tempts: str, line_no: Any = WHOLE) -> None:
        """Record legitimate things that look wrong: a hard negative for the kind it tempts to."""
        uid = np.atleast_1d(uid)
        if len(uid):
            self.innocent.append(pd.DataFrame({"uid": uid, "line_no": line_no, "why": why, "tempts": tempts}))

    def trend(self, sort: str, **what: Any) -> None:
        """Record a shift or a concentration that was planted."""
        self.trends.setdefault(sort, []).append(what)

    def free(self, uid: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Return which orders have nothing planted yet."""
        return ~np.isin(uid, np.fromiter(self.taken, dtype=np.int64, count=len(self.taken)))


def gathered(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """Return the collected rows as one frame, empty with those columns if there are none."""
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns))
