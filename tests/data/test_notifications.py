"""Rules, quiet hours and the outbox: told once, told again only when worse, and never twice by itself."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from data.casebook import Actor, Casebook
from data.casebook.notification_rules import Rule
from data.casebook.notification_targets import check_target, masked, without_secrets
from data.casebook.outbox import AT_ONCE, LISTED_IN_FULL, RETRY_AFTER, News
from data.casebook.quiet_hours import Timetable
from data.casebook.tables import notification_rules, notifications
from data.errors import InvalidInputError, PermissionDeniedError, UnknownNameError

MANAGER = Actor("Mia", "manager", "app")
ANALYST = Actor("Ana", "analyst", "app")
TARGET = "json://erp:s3cretpass@hooks.example.com/T0KENT0KEN?x=1"


def news(key: str, impact: float = 100.0, orders: int = 1) -> News:
    return News(key, f"x-{key}", impact, orders, {"kind": "price_error"})


@pytest.fixture
def rule_id(casebook: Casebook) -> int:
    return casebook.notification_rules.save(MANAGER, Rule("Sales desk"), TARGET)


def queue(casebook: Casebook, rule_id: int, *found: News) -> int:
    return casebook.outbox.queue(ANALYST, rule_id, casebook.notification_rules.get(rule_id), found)


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=2)


# -- when


@pytest.mark.parametrize(
    ("timetable", "now", "due"),
    [
        (Timetable("UTC"), "2026-03-04T12:00", "2026-03-04T12:00"),
        (Timetable("UTC", "08:00"), "2026-03-04T07:59", "2026-03-04T08:00"),
        (Timetable("UTC", "08:00"), "2026-03-04T08:01", "2026-03-05T08:00"),
        (Timetable("Asia/Shanghai", "08:00"), "2026-03-04T01:00", "2026-03-05T00:00"),
        (Timetable("UTC", None, "20:00", "07:00"), "2026-03-04T21:00", "2026-03-05T07:00"),
        (Timetable("UTC", None, "20:00", "07:00"), "2026-03-04T06:59", "2026-03-04T07:00"),
        (Timetable("UTC", None, "20:00", "07:00"), "2026-03-04T07:00", "2026-03-04T07:00"),
        (Timetable("UTC", None, "12:00", "13:00"), "2026-03-04T12:30", "2026-03-04T13:00"),
        (Timetable("UTC", None, "20:00", "07:00", True), "2026-03-06T21:00", "2026-03-09T07:00"),  # Friday night
        (Timetable("UTC", "06:00", "20:00", "07:00", True), "2026-03-07T09:00", "2026-03-09T07:00"),
        (Timetable("UTC", None, "00:00", "00:00"), "2026-03-04T12:00", "2026-03-04T12:00"),
    ],
)
def test_a_message_is_due_when_the_timetable_lets_it_out(timetable: Timetable, now: str, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert timetable.due(moment) == datetime.fromisoformat(due).replace(tzinfo=UTC)


# -- rules and their addresses


def test_a_rule_is_listed_without_its_secrets(casebook: Casebook, rule_id: int) -> None:
    casebook.notification_rules.save(MANAGER, Rule("Desk", kinds=("price_error",), min_impact=5), rule_id=rule_id)
    (row,) = casebook.notification_rules.list().to_dict("records")
    assert row["kinds"] == ["price_error"]
    assert row["target"] == "json://hooks.example.com/••••"
    everything = str(casebook.audit.entries().to_dict()) + str(row)
    assert "s3cret" not in everything
    assert "T0KEN" not in everything
    assert casebook.notification_rules.in_force()[rule_id].min_impact == 5


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("slack://TokenA/TokenB/TokenC", "slack://••••"),
        ("mailtos://me:pw@mail.example.com?to=x@y.z", "mailtos://mail.example.com/••••"),
        ("wecombot://botkeybotkey", "wecombot://••••"),
        ("json://user:p4ssw0rd@10.0.0.1:8080/a/b", "json://10.0.0.1/••••"),
    ],
)
def test_an_address_is_masked(target: str, shown: str) -> None:
    assert masked(check_target(f" {target} ")) == shown


def test_errors_of_a_service_lose_what_is_secret() -> None:
    told = without_secrets("401 for erp:s3cretpass at hooks.example.com/T0KENT0KEN", TARGET)
    assert told == "401 for erp:•••• at hooks.example.com/••••"


@pytest.mark.parametrize(
    "target", ["", "hooks.example.com", "exec://rm", "file:///etc/passwd", "syslog://", "json://", "json://a\nb"]
)
def test_a_wrong_address_is_refused(casebook: Casebook, target: str) -> None:
    with pytest.raises(InvalidInputError):
        casebook.notification_rules.save(MANAGER, Rule("Desk"), target)


@pytest.mark.parametrize(
    "rule",
    [
        Rule(""),
        Rule("x", departments=("kitchen",)),
        Rule("x", kinds=("nonsense",)),
        Rule("x", min_score=1.5),
        Rule("x", min_impact=float("inf")),
        Rule("x", language="fr"),
        Rule("x", delivery="often"),
        Rule("x", digest_at="8"),
        Rule("x", quiet_from="20:00"),
        Rule("x", quiet_from="24:00", quiet_until="07:00"),
    ],
)
def test_a_wrong_rule_is_refused(casebook: Casebook, rule: Rule) -> None:
    with pytest.raises((InvalidInputError, UnknownNameError)):
        casebook.notification_rules.save(MANAGER, rule, TARGET)
    assert casebook.notification_rules.list().empty


def test_a_removed_rule_forgets_its_address_and_drops_what_waits(casebook: Casebook, rule_id: int) -> None:
    queue(casebook, rule_id, news("a"))
    casebook.notification_rules.remove(MANAGER, rule_id)
    assert casebook.notification_rules.list().empty
    assert casebook.outbox.counts()["dropped"] == 1
    assert casebook.outbox.claim(ANALYST, tomorrow()) is None
    with casebook.store.read() as connection:
        assert connection.execute(select(notification_rules.c.target)).scalar_one() == "json://hooks.example.com/••••"
    with pytest.raises(InvalidInputError):
        casebook.notification_rules.remove(MANAGER, rule_id)


# -- the outbox


def test_one_message_per_cause_and_again_only_when_worse(casebook: Casebook, rule_id: int) -> None:
    assert queue(casebook, rule_id, news("a"), news("b")) == 2
    assert casebook.outbox.counts()["queued"] == 2
    for message in iter(lambda: casebook.outbox.claim(ANALYST), None):
        assert [item["is_worse"] for item in message.items] == [False]
        casebook.outbox.finish(ANALYST, message)
    head = casebook.audit.head()
    assert queue(casebook, rule_id, news("a"), news("b", 149)) == 0
    assert casebook.audit.head() == head
    assert queue(casebook, rule_id, news("a", 150), news("b")) == 1
    message = casebook.outbox.claim(ANALYST)
    assert message
    assert message.items[0]["cause_key"] == "a"
    assert message.items[0]["is_worse"]
    casebook.outbox.finish(ANALYST, message)
    assert queue(casebook, rule_id, news("a", 200), news("b", 100, 2)) == 1
    assert casebook.outbox.counts()["sent"] == 3


def test_a_message_that_still_waits_takes_the_worse_news_with_it(casebook: Casebook, rule_id: int) -> None:
    queue(casebook, rule_id, news("a"))
    queue(casebook, rule_id, news("a", 500))
    message = casebook.outbox.claim(ANALYST)
    assert message
    assert [item["impact"] for item in message.items] == [500]
    assert casebook.outbox.claim(ANALYST) is None


def test_a_flood_goes_out_as_one_message(casebook: Casebook, rule_id: int) -> None:
    queue(casebook, rule_id, *(news(f"c{number}") for number in range(LISTED_IN_FULL + 5)))
    message = casebook.outbox.claim(ANALYST)
    assert message
    assert (len(message.items), message.more_count) == (LISTED_IN_FULL, 5)
    assert [item["cause_key"] for item in message.items][:2] == ["c0", "c1"]
    assert casebook.outbox.claim(ANALYST) is None
    casebook.outbox.finish(ANALYST, message)
    assert queue(casebook, rule_id, *(news(f"d{number}") for number in range(AT_ONCE))) == AT_ONCE
    assert casebook.outbox.counts()["queued"] == AT_ONCE


def test_a_digest_collects_until_its_hour(casebook: Casebook) -> None:
    rule = Rule("Daily", delivery="digest", digest_at="08:00", language="zh")
    rule_id = casebook.notification_rules.save(MANAGER, rule, TARGET)
    queue(casebook, rule_id, news("a"))
    queue(casebook, rule_id, news("b"))
    assert casebook.outbox.list()["cause_count"].tolist() == [2]
    due_at = casebook.outbox.list()["due_at"][0]
    assert (due_at.hour, due_at.minute) == (8, 0)
    assert casebook.outbox.claim(ANALYST, due_at - timedelta(seconds=1)) is None
    assert casebook.outbox.claim(ANALYST, due_at)


def test_a_failed_message_is_tried_again_later_and_then_given_up(casebook: Casebook, rule_id: int) -> None:
    queue(casebook, rule_id, news("a"))
    now = datetime.now(UTC)
    for number, pause in enumerate([*RETRY_AFTER, None], start=1):
        message = casebook.outbox.claim(ANALYST, tomorrow())
        assert message
        assert message.attempt == number
        casebook.outbox.finish(ANALYST, message, "refused")
        (row,) = casebook.outbox.list().to_dict("records")
        if pause:
            assert row["status"] == "queued"
            assert timedelta(0) <= row["due_at"] - now - pause < timedelta(minutes=1)
    assert row["status"] == "failed"
    assert row["error"] == "refused"
    assert casebook.outbox.claim(ANALYST, tomorrow()) is None
    casebook.outbox.send_again(MANAGER, row["notification_id"])
    message = casebook.outbox.claim(ANALYST)
    assert message
    assert message.attempt == 1
    with pytest.raises(InvalidInputError):
        casebook.outbox.send_again(MANAGER, row["notification_id"])


def test_a_message_is_claimed_once_and_finished_once(casebook: Casebook, rule_id: int) -> None:
    queue(casebook, rule_id, news("a"))
    message = casebook.outbox.claim(ANALYST)
    assert message
    assert casebook.outbox.claim(ANALYST, tomorrow()) is None
    assert casebook.outbox.hold_lost(ANALYST) == [], "its sender lives"
    casebook.outbox.finish(ANALYST, message)
    with pytest.raises(InvalidInputError, match="is not sending"):
        casebook.outbox.finish(ANALYST, message)


@pytest.mark.parametrize(("host", "age"), [(None, 0), ("elsewhere", 11)])
def test_a_message_whose_sender_died_is_held_until_somebody_decides(
    casebook: Casebook, rule_id: int, host: str | None, age: int
) -> None:
    queue(casebook, rule_id, news("a"), news("b"))
    lost = [casebook.outbox.claim(ANALYST), casebook.outbox.claim(ANALYST)]
    change = {"pid": 2**22 + 1, "host": host or socket.gethostname()[:128]}
    change["claimed_at"] = datetime.now(UTC) - timedelta(minutes=age)
    with casebook.store.engine.begin() as connection:
        connection.execute(update(notifications).values(change))
    numbers = casebook.outbox.hold_lost(ANALYST)
    assert len(numbers) == 2
    assert casebook.outbox.claim(ANALYST, tomorrow()) is None
    casebook.outbox.discard(MANAGER, numbers[0])
    casebook.outbox.send_again(MANAGER, numbers[1])
    assert casebook.outbox.claim(ANALYST)
    assert all(lost)


def test_a_sender_elsewhere_is_given_time(casebook: Casebook, rule_id: int) -> None:
    queue(casebook, rule_id, news("a"))
    casebook.outbox.claim(ANALYST)
    with casebook.store.engine.begin() as connection:
        connection.execute(update(notifications).values(host="elsewhere"))
    assert casebook.outbox.hold_lost(ANALYST) == []


def test_dropped_news_may_come_again(casebook: Casebook, rule_id: int) -> None:
    queue(casebook, rule_id, news("a"))
    message = casebook.outbox.claim(ANALYST)
    assert message
    casebook.outbox.drop(ANALYST, message)
    assert queue(casebook, rule_id, news("a")) == 1


def test_a_paused_rule_keeps_its_messages_back(casebook: Casebook, rule_id: int) -> None:
    queue(casebook, rule_id, news("a"))
    casebook.notification_rules.save(MANAGER, Rule("Sales desk", is_enabled=False), rule_id=rule_id)
    assert casebook.notification_rules.in_force() == {}
    assert casebook.outbox.claim(ANALYST, tomorrow()) is None
    casebook.outbox.queue_test(MANAGER, rule_id)
    message = casebook.outbox.claim(ANALYST)
    assert message
    assert message.is_test


def test_roles_hold(casebook: Casebook, rule_id: int) -> None:
    for refused in (
        lambda: casebook.notification_rules.save(ANALYST, Rule("x"), TARGET),
        lambda: casebook.notification_rules.remove(ANALYST, rule_id),
        lambda: casebook.outbox.queue_test(ANALYST, rule_id),
        lambda: casebook.outbox.send_again(ANALYST, 1),
        lambda: casebook.outbox.discard(ANALYST, 1),
        lambda: casebook.outbox.queue(
            Actor("V", "viewer", "app"), rule_id, casebook.notification_rules.get(rule_id), [news("a")]
        ),
    ):
        with pytest.raises(PermissionDeniedError):
            refused()


# -- the review of who may what


def test_a_review_says_what_changed_since_the_last(casebook: Casebook, admin: Actor) -> None:
    review = casebook.permission_review
    for name in ("Ana", "Bo", "Cy"):
        casebook.accounts.add(admin, name, "analyst", "correct horse battery")
    casebook.accounts.ensure_demo_users(admin)
    casebook.api_tokens.add(admin, "erp", "viewer", 30)
    assert review.last() is None
    first = review.accounts()
    assert first["name"].tolist() == ["Ana", "Bo", "Cy", "erp (1)"]
    assert not first["change"].any()
    review.sign_off(admin, "first look")
    casebook.accounts.set_role(admin, "Ana", "manager")
    casebook.accounts.disable(admin, "Bo")
    casebook.accounts.add(admin, "Di", "viewer")
    casebook.api_tokens.revoke(admin, 1)
    found = review.accounts().set_index("name")
    assert found["change"].to_dict() == {
        "Ana": "role_changed", "Bo": "disabled", "Cy": "", "Di": "new", "erp (1)": "disabled",
    }  # fmt: skip
    assert found.loc["Ana", "role_before"] == "analyst"
    review.sign_off(admin)
    assert not review.accounts()["change"].any()
    assert review.list()["by"].tolist() == ["root", "root"]
    last = review.last()
    assert last
    assert last.accounts["Ana"] == {"role": "manager", "is_active": True}
    with pytest.raises(PermissionDeniedError):
        review.sign_off(MANAGER)
    with pytest.raises(Exception, match="append-only"), casebook.store.engine.begin() as connection:
        connection.execute(text("delete from permission_reviews"))


def test_an_account_nobody_uses_is_marked(casebook: Casebook, admin: Actor) -> None:
    casebook.accounts.add(admin, "Ana", "analyst", "correct horse battery")
    casebook.accounts.add(admin, "Bo", "analyst", "correct horse battery")
    later = datetime.now(UTC) + timedelta(days=91)
    casebook.accounts.disable(admin, "Bo")
    assert casebook.permission_review.accounts()["is_unused"].tolist() == [False, False]
    assert casebook.permission_review.accounts(later)["is_unused"].tolist() == [True, False]


# -- cases


OLE = Actor("ole", "order_entry", "app")
EVERYTHING = ("assigned", "mentioned", "overdue", "reopened")


@pytest.fixture
def case_id(casebook: Casebook) -> int:
    for name, role in (("ana", "analyst"), ("ole", "order_entry")):
        casebook.accounts.add(Actor("root", "admin", "cli"), name, role)
    return casebook.cases.open(OLE, {"exception_id": "e1", "kind": "price_error", "order_id": "SO-1", "impact": 70.0})


def told(casebook: Casebook, now: datetime | None = None, **rule: object) -> list[str]:
    found = casebook.case_news.of(Rule("r", **{"topics": EVERYTHING, **rule}), now)  # type: ignore[arg-type]
    return [str(one.content["topic"]) for one in found]


def test_a_department_is_told_of_its_own_cases(casebook: Casebook, case_id: int) -> None:
    department = str(casebook.case_lists.get(case_id)["department"])
    assert told(casebook, departments=(department,)) == ["assigned"]
    assert told(casebook, departments=("warehouse",)) == []
    assert told(casebook, kinds=("order_info",)) == []
    casebook.cases.assign(MANAGER, [case_id], department="warehouse")
    assert told(casebook, departments=("warehouse",)) == ["assigned"]
    assert told(casebook, departments=(department,)) == []


def test_a_person_is_told_of_what_others_gave_them(casebook: Casebook, case_id: int) -> None:
    casebook.cases.assign(ANALYST, [case_id], assignee="ole")
    assert told(casebook, person="ole") == ["assigned"]
    assert told(casebook, person="ana") == []
    casebook.cases.assign(Actor("ana", "analyst", "app"), [case_id], assignee="ana")
    assert told(casebook, person="ana") == []


def test_a_mention_is_told_until_it_was_seen(casebook: Casebook, case_id: int) -> None:
    casebook.cases.comment(OLE, case_id, "please look, @ana")
    (one,) = casebook.case_news.of(Rule("r", topics=("mentioned",), person="ana"))
    assert (one.content["by"], one.content["text"]) == ("ole", "please look, @ana")
    assert told(casebook, person="ole") == []
    casebook.case_mentions.mark_seen(Actor("ana", "analyst", "app"), case_id)
    assert told(casebook, person="ana") == []


def test_overdue_is_told_once_for_each_due_time_and_no_more_once_closed(casebook: Casebook, case_id: int) -> None:
    later = datetime.now(UTC) + timedelta(days=60)
    rule = Rule("r", topics=("overdue",))
    assert casebook.case_news.of(rule) == []
    (first,) = casebook.case_news.of(rule, later)
    assert casebook.case_news.of(rule, later + timedelta(days=1)) == [first]
    casebook.cases.set_due(MANAGER, case_id, later + timedelta(days=2), "asked for time")
    assert casebook.case_news.of(rule, later + timedelta(days=1)) == []
    (second,) = casebook.case_news.of(rule, later + timedelta(days=3))
    assert second.cause_key != first.cause_key
    casebook.cases.move(MANAGER, case_id, "dismissed", "all is well")
    assert casebook.case_news.of(rule, later + timedelta(days=3)) == []


def test_a_case_that_came_back_is_told_each_time(casebook: Casebook, case_id: int) -> None:
    keys = set()
    for count in (1, 2):
        casebook.cases.move(MANAGER, case_id, "dismissed", "all is well")
        assert casebook.case_news.of(Rule("r", topics=("reopened",))) == []
        casebook.cases.move(MANAGER, case_id, "investigating", "it is back")
        keys |= {one.cause_key for one in casebook.case_news.of(Rule("r", topics=("reopened",)))}
        assert len(keys) == count


def test_a_rule_tells_of_something_and_its_person_has_an_account(casebook: Casebook, case_id: int) -> None:
    rules = casebook.notification_rules
    kept = Rule("r", topics=("mentioned", "overdue"), person="ole")
    assert rules.get(rules.save(MANAGER, kept, TARGET)) == kept
    with pytest.raises(InvalidInputError, match="tells of something"):
        rules.save(MANAGER, Rule("r", topics=()), TARGET)
    with pytest.raises(UnknownNameError):
        rules.save(MANAGER, Rule("r", topics=("closed",)), TARGET)
    with pytest.raises(UnknownNameError):
        rules.save(MANAGER, Rule("r", person="nobody"), TARGET)
