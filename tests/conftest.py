"""How the tests are shared out: a file to one worker, and everything in a browser to the same one.

Two servers with a browser each would leave two cores too busy for the browsers' patience.
"""

from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name each test's group for ``--dist loadgroup``."""
    for item in items:
        group = "browser" if BROWSER in item.path.parents else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
