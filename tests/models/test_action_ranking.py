"""Which corrective action is suggested first, before and after there is experience."""

import pandas as pd

from models.action_ranking import rank_actions

STANDARD = ["correct_order", "contact_customer"]
NONE = pd.DataFrame(columns=["action", "kind", "cause", "outcome", "reopened_count"])


def tried(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["action", "cause", "outcome", "reopened_count"]).assign(kind="order_info")


def test_without_experience_the_standard_order_holds() -> None:
    ranked = rank_actions(NONE, "data_entry", STANDARD)
    assert ranked.action.tolist() == STANDARD
    assert ranked.case_count.tolist() == [0, 0]
    assert ranked.worked_share.isna().all()


def test_what_worked_moves_up_and_what_failed_down() -> None:
    rows = [("train_operator", "data_entry", "worked", 0)] * 6 + [("correct_order", "data_entry", "failed", 0)] * 4
    ranked = rank_actions(tried(*rows), "data_entry", STANDARD)
    assert ranked.action.tolist() == ["train_operator", "contact_customer", "correct_order"]
    assert ranked.is_standard.tolist() == [False, True, True]
    assert ranked.worked_share.tolist()[0] == 1.0


def test_one_success_is_no_proof() -> None:
    ranked = rank_actions(tried(("call_support", "data_entry", "worked", 0)), "data_entry", STANDARD)
    assert ranked.action.tolist()[0] == "correct_order"


def test_a_case_that_came_back_did_not_work() -> None:
    rows = [("correct_order", "data_entry", "worked", 1)] * 5
    assert rank_actions(tried(*rows), "data_entry", STANDARD).action.tolist()[0] == "contact_customer"


def test_the_same_cause_counts_more() -> None:
    same = rank_actions(tried(*[("x", "data_entry", "worked", 0)] * 3), "data_entry", []).expected_share[0]
    other = rank_actions(tried(*[("x", "unknown", "worked", 0)] * 3), "data_entry", []).expected_share[0]
    assert same > other > 0.4
