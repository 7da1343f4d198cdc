"""A registry: one file in a package adds one thing, found by itself."""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TypeVar

from data.errors import UnknownNameError

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Things of one sort by name; the modules of ``package`` are imported on first use.

    Parameters
    ----------
    what : str
        What sort of thing this holds, for error messages.
    package : str
        The package whose modules register themselves.
    """

    def __init__(self, what: str, package: str) -> None:
        self.what = what
        self.package = package
        self._things: dict[str, T] = {}
        self._is_loaded = False

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that adds the decorated thing under ``name``."""

        def add(thing: T) -> T:
            if name in self._things:
                raise ValueError(f"{self.what} {name!r} is registered twice")
            self._things[name] = thing
            return thing

        return add

    def _load(self) -> dict[str, T]:
        if not self._is_loaded:
            self._is_loaded = True
            for module in pkgutil.iter_modules(import_module(self.package).__path__, f"{self.package}."):
                import_module(module.name)
        return self._things

    def __getitem__(self, name: str) -> T:
        things = self._load()
        if name not in things:
            raise UnknownNameError(self.what, name, things)
        return things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._load()))

    def __len__(self) -> int:
        return len(self._load())
