"""Labels correct the priors: nothing without labels, more with each, and only where they speak."""

import numpy as np
import pandas as pd
import pytest

from models.feedback import LIMIT, NOTHING_LEARNED, Learner, rescore

NO_LABELS = pd.DataFrame({"exception_id": [], "label": []})


def findings(count: int, source: str = "slip", variant: str = "a", score: float = 0.6) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "exception_id": [f"{source}-{variant}-{k}" for k in range(count)],
            "kind": "price_error",
            "source": source,
            "variant": variant,
            "prior_score": score,
        }
    )


def labels(names: list[str], label: str) -> pd.DataFrame:
    return pd.DataFrame({"exception_id": names, "label": label})


def test_without_labels_the_prior_stands() -> None:
    frame = findings(3)
    assert rescore(frame, NO_LABELS).tolist() == [0.6, 0.6, 0.6]


def test_labels_of_findings_that_are_gone_say_nothing() -> None:
    assert rescore(findings(2), labels(["gone"], "false_positive")).tolist() == [0.6, 0.6]


@pytest.mark.parametrize(("label", "sign"), [("confirmed", 1), ("false_positive", -1)])
def test_each_label_moves_the_score_its_way(label: str, sign: int) -> None:
    frame = findings(30)
    path = [rescore(frame, labels(list(frame["exception_id"][:count]), label)).iloc[-1] for count in (0, 1, 5, 20)]
    assert (np.diff(path) * sign > 0).all()
    assert min(path) >= LIMIT
    assert max(path) <= 1 - LIMIT


def test_twenty_rejections_silence_one_check_but_hardly_another() -> None:
    bad, good = findings(30, "guess"), findings(30, "slip")
    other = findings(30, "slip").assign(kind="customer_info", source="phone")
    other["exception_id"] = "phone-" + other["exception_id"]
    both = pd.concat([bad, good, other], ignore_index=True)
    said = pd.concat(
        [labels(list(bad["exception_id"][:20]), "false_positive"), labels(list(good["exception_id"][:20]), "confirmed")]
    )
    scores = rescore(both, said).groupby(both["source"]).last()
    assert scores["guess"] < 0.25
    assert scores["slip"] > 0.75
    assert scores["phone"] == pytest.approx(0.6)


@pytest.mark.parametrize("held_by", ["entered_by", "region", "product_id"])
def test_what_one_holder_may_do_others_may_not(held_by: str) -> None:
    frame = findings(40, score=0.9).assign(**{held_by: ["amy", "ben"] * 20})
    of_amy, of_ben = (list(frame.loc[frame[held_by].eq(name), "exception_id"][:8]) for name in ("amy", "ben"))
    said = pd.concat([labels(of_amy, "false_positive"), labels(of_ben, "confirmed")])
    scores = rescore(frame, said).groupby(frame[held_by]).last()
    assert scores["amy"] < 0.4
    assert scores["ben"] > 0.8


def test_the_order_of_labels_does_not_matter() -> None:
    frame = findings(10)
    said = pd.concat(
        [
            labels(list(frame["exception_id"][:4]), "confirmed"),
            labels(list(frame["exception_id"][4:7]), "false_positive"),
        ]
    )
    assert np.allclose(rescore(frame, said), rescore(frame, said.iloc[::-1]))


def test_scores_approach_the_observed_rate() -> None:
    """With many labels the mean score of a check is the share that reviewers confirmed."""
    frame = findings(400, score=0.9)
    confirmed = labels(list(frame["exception_id"][:80]), "confirmed")
    rejected = labels(list(frame["exception_id"][80:]), "false_positive")
    assert rescore(frame, pd.concat([confirmed, rejected])).mean() == pytest.approx(0.2, abs=0.03)


def test_lessons_score_findings_as_the_learner_that_taught_them() -> None:
    frame = pd.concat([findings(6), findings(5, source="other")], ignore_index=True).assign(
        exception_id=lambda both: [f"e{place}" for place in range(len(both))]
    )
    learner = Learner(frame)
    lessons = learner.learn(labels(["e0", "e1", "e7"], "false_positive"))
    assert np.allclose(lessons.scores(frame), learner.scores(lessons))
    assert lessons.scores(frame).iloc[0] < frame["prior_score"].iloc[0]
    assert np.allclose(NOTHING_LEARNED.scores(frame), frame["prior_score"])
