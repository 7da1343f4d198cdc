"""What actions are called on screen."""

from dashboard.i18n import speaking
from dashboard.permission_words import ACTION_TITLES, action_title
from data.casebook.permissions import PERMISSIONS


def test_every_action_has_one_title_of_its_own():
    assert ACTION_TITLES.keys() == PERMISSIONS.keys()
    assert len(set(ACTION_TITLES.values())) == len(PERMISSIONS)
    with speaking("zh"):
        assert len({action_title(action) for action in PERMISSIONS}) == len(PERMISSIONS)
        assert action_title("something.older") == "something.older"
