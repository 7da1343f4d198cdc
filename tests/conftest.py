"""How the tests are shared out: a file to one worker, and everything in a browser to the same one.

Two servers with a browser each would leave two cores too busy for the browsers' patience.
"""

import pytest
from xdist.scheduler import LoadScopeScheduling


class ByFile(LoadScopeScheduling):
    """Send the tests of a file to one worker; ``--dist loadgroup`` can't name groups to pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        return "browser" if file.startswith("tests/browser/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Choose the scheduler."""
    return ByFile(config, log)
