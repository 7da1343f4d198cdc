"""Keep what took work: computed once for all sessions, even where many ask for it at the same moment."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, TypeVar, cast

Compute = TypeVar("Compute", bound=Callable[..., Any])


class _Place:
    """Where one value is, once it is computed; the lock lets one compute and the others wait for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value: Any = None
        self.is_filled = False


def kept(size: int) -> Callable[[Compute], Compute]:
    """Keep the latest ``size`` values of a function of hashable arguments.

    `functools.lru_cache` would let everybody who asks too early compute the same again, all at once.
    """

    def decorate(compute: Compute) -> Compute:
        places: OrderedDict[Hashable, _Place] = OrderedDict()
        turn = threading.Lock()

        @wraps(compute)
        def ask(*key: Hashable) -> Any:
            with turn:
                place = places.setdefault(key, _Place())
                places.move_to_end(key)
                if len(places) > size:
                    places.popitem(last=False)
            with place.lock:
                if not place.is_filled:
                    place.value, place.is_filled = compute(*key), True
            return place.value

        return cast("Compute", ask)

    return decorate
