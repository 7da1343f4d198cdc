"""The training page: topics with the findings behind them, names hidden where they shall be."""

import pytest

from dashboard import workspace
from dashboard.navigation import PAGES
from data.errors import PermissionDeniedError
from data.settings import Settings
from data.vocabulary import ROLES
from models.training_needs import masked_name


@pytest.fixture(scope="module")
def erring(tmp_path_factory):
    """The hand-made company, in which li.na mistypes many quantities on the phone."""
    from tests.dashboard.conftest import make_workspace

    made = make_workspace(tmp_path_factory.mktemp("erring"))
    with made.warehouse.build() as build:
        build.connection.execute("update orders set channel = 'phone'")
        build.connection.execute("update exceptions set channel = 'phone', entered_by = 'm.jones'")
        build.connection.execute(
            """update exceptions set entered_by = 'li.na', cause = 'data_entry', source = 'quantity_digits', score = 0.9
            where kind in ('delivery_delay', 'payment_problem', 'stock_shortage')"""
        )
    return made


@pytest.mark.parametrize("language", ["en", "zh"])
def test_topics_stand_above_the_findings_behind_them(erring, visit, language):
    at = visit(erring, "training", role="manager", language=language)
    assert not at.exception
    topics = next(table.value for table in at.dataframe if "ratio" in table.value)
    assert topics["operator"].tolist() == ["li.na"]
    behind = at.dataframe[-1].value
    assert len(behind) >= topics["count"].iloc[0]


def test_names_are_hidden_by_the_reader(erring, visit):
    at = visit(erring, "training", role="manager")
    at.toggle(key="training_masked").set_value(True).run()
    assert not at.exception
    texts = str([table.value.to_dict() for table in at.dataframe]) + str(at.selectbox)
    assert "li.na" not in texts
    assert masked_name("li.na") in texts


def test_names_are_hidden_by_the_setting(erring, visit, tmp_path):
    masked = workspace.Workspace(erring.home, Settings(mask_operators=True), erring.warehouse, erring.casebook, True)
    at = visit(masked, "training", role="manager")
    assert not at.exception
    assert "li.na" not in str([table.value.to_dict() for table in at.dataframe]) + str(at.selectbox)
    assert not at.toggle


def test_only_those_who_train_see_it(erring):
    assert [role for role in ROLES if role in next(page for page in PAGES if page.name == "training").roles] == [
        "manager",
        "admin",
    ]
    with pytest.raises(PermissionDeniedError):
        erring.casebook.audit.record(erring.casebook.accounts.get("demo-analyst").acting(), "training.read", "x")
