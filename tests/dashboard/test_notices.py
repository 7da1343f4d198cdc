"""From what was found to a message that arrives: over a real mail server and a real webhook on this machine."""

import logging

import pytest
from click.testing import CliRunner
from sqlalchemy import text, update

from dashboard.cli import orderlens
from dashboard.i18n import speaking
from dashboard.notices.courier import Courier, run_round, system_actor
from dashboard.notices.letters import one_line, write
from dashboard.notices.news import matching
from dashboard.words import kind_title
from data.casebook import Actor
from data.casebook.notification_rules import Rule
from data.casebook.outbox import Message
from data.casebook.tables import notifications
from data.vocabulary import KINDS
from models.casework import open_cases
from tests.dashboard.conftest import CONSOLE
from tests.dashboard.post_boxes import mail_server, webhook

SURE = 0.94
MANAGER = Actor("Mia", "manager", "app")


@pytest.fixture
def hook():
    with webhook() as listening:
        yield listening


@pytest.fixture
def mail_box():
    with mail_server() as listening:
        yield listening


def add_rule(workspace, target, **rule):
    return workspace.casebook.notification_rules.save(MANAGER, Rule("Sales desk", **rule), target)


def go(workspace):
    return run_round(workspace, system_actor())


def statuses(workspace):
    return {status: count for status, count in workspace.casebook.outbox.counts().items() if count}


def test_a_cause_is_told_once_by_webhook(fresh, hook):
    add_rule(fresh, hook.url, kinds=("price_error",), min_score=0.9)
    expected = matching(fresh, Rule("x", kinds=("price_error",), min_score=0.9))
    first, second = go(fresh), go(fresh)
    assert first.queued == len(expected) > 0
    assert (second.queued, second.sent) == (0, 0)
    assert len(hook.received) == first.sent == statuses(fresh)["sent"]
    body, headers = hook.received[0]
    assert "Price error" in body["message"]
    assert "CNY at risk" in body["message"]
    assert headers["Idempotency-Key"] == "orderlens-1"
    fresh.casebook.labels.add(MANAGER, {"exception_id": "x000", "kind": "delivery_delay"}, "confirmed")
    assert go(fresh).queued == 0


def test_it_is_told_again_when_it_got_worse(fresh, hook):
    add_rule(fresh, hook.url, kinds=("price_error",), min_score=0.9)
    go(fresh)
    count = len(hook.received)
    alert = matching(fresh, Rule("x", kinds=("price_error",), min_score=0.9))["alert_id"].iloc[0]
    with fresh.warehouse.build() as build:
        build.connection.execute("update alerts set impact = impact * 2 where alert_id = $id", {"id": alert})
    assert go(fresh).sent == 1
    assert len(hook.received) == count + 1
    assert "worse than told before" in hook.received[-1][0]["message"]


def test_rules_choose_by_kind_department_score_and_money(fresh):
    everything = matching(fresh, Rule("x", min_score=0.0))
    finance = matching(fresh, Rule("x", min_score=0.0, departments=("finance",)))
    dear = matching(fresh, Rule("x", min_score=0.9, min_impact=5000))
    assert set(finance["department"]) == {"finance"}
    assert 0 < len(finance) < len(everything)
    assert dear["impact"].ge(5000).all()
    assert dear["score"].ge(0.9).all()
    assert len(dear)


def test_what_was_judged_before_it_went_out_is_not_told(fresh, hook):
    rule_id = add_rule(fresh, hook.url, kinds=("unusual_order",), min_score=0.0)
    found = matching(fresh, fresh.casebook.notification_rules.get(rule_id))
    hook.status = 503
    go(fresh)
    for row in found.to_dict("records"):
        fresh.casebook.labels.add(MANAGER, {"exception_id": row["exception_id"], "kind": row["kind"]}, "confirmed")
    hook.status = 200
    with fresh.casebook.store.engine.begin() as connection:
        connection.execute(update(notifications).values(due_at=text("queued_at")))
    assert go(fresh).dropped == len(found) > 0
    assert statuses(fresh) == {"dropped": len(found)}
    assert hook.received == []


def test_a_service_that_fails_is_tried_again_and_nothing_secret_is_kept(fresh, hook, caplog):
    caplog.set_level(logging.DEBUG)
    hook.status = 500
    add_rule(fresh, hook.url, min_score=SURE)
    done = go(fresh)
    assert done.failed > 0
    assert statuses(fresh).keys() == {"queued"}
    listed = fresh.casebook.outbox.list()
    assert listed["error"].ne("").all()
    everything = str(listed.to_dict()) + str(fresh.casebook.audit.entries().to_dict()) + caplog.text
    assert "s3cret" not in everything
    assert "T0KEN" not in everything
    assert go(fresh).sent == 0, "it waits before it tries again"
    hook.status = 200
    with fresh.casebook.store.engine.begin() as connection:
        connection.execute(update(notifications).values(due_at=text("queued_at")))
    assert go(fresh).sent == done.failed == len(hook.received)


def test_a_service_that_is_not_there_stops_nobody_elses_messages(fresh, hook):
    add_rule(fresh, "json://127.0.0.1:1/x", min_score=SURE)
    add_rule(fresh, hook.url, min_score=SURE)
    done = go(fresh)
    assert done.failed == done.sent == len(hook.received) > 0


@pytest.mark.parametrize(("language", "words"), [("en", "exceptions to look at"), ("zh", "条异常待查看")])
def test_mail_arrives_in_the_language_of_the_rule(fresh, mail_box, language, words):
    add_rule(fresh, mail_box.url, language=language, min_score=0.6)
    assert go(fresh).sent == 1
    (mail,) = mail_box.received
    assert words in mail["subject"]
    assert mail["X-Orderlens-Message"] == "orderlens-1"
    html = mail.get_body(("html", "plain")).get_content()
    with speaking(language):
        assert kind_title("delivery_delay") in html


def test_order_data_is_harmless_in_a_message(fresh, mail_box):
    with fresh.warehouse.build() as build:
        build.connection.execute("update customers set name = '<img src=x onerror=alert(1)>\nSubject: evil'")
    add_rule(fresh, mail_box.url, min_score=SURE, kinds=("price_error",))
    go(fresh)
    for mail in mail_box.received:
        assert "evil" not in mail["subject"]
        html = mail.get_body(("html", "plain")).get_content()
        assert "<img" not in html
        assert "onerror" in html, "it is shown, as text"


@pytest.mark.parametrize(
    "given", ["a\r\nBcc: x", "[click](http://evil)", "<http://evil|click>", "\u202egnp.exe", "x" * 5000]
)
def test_a_value_is_one_plain_line(given):
    line = one_line(given)
    assert line.isprintable()
    assert len(line) <= 400
    assert not {"<", ">", "\n"} & set(line)
    assert "](" not in line


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_told(kind, language):
    item = {
        "kind": kind, "department": "it", "order_id": "SO-1", "impact": 12.5, "order_count": 3, "score": 0.8,
        "cause_key": "a b/c", "exception_id": "x", "is_worse": True, "reason": "Because.", "currency": "CNY",
    }  # fmt: skip
    message = Message(7, Rule("Desk", language=language), "json://x", False, (item,), 0, 1)
    title, body = write(message, [item], "https://orders.example.com/")
    with speaking(language):
        assert kind_title(kind) in title
    assert "12.50 CNY" in body
    assert "https://orders.example.com/exceptions?id=a%20b%2Fc" in body
    assert "Because." in body


def test_the_command_sends_and_says_what_failed(fresh, hook):
    add_rule(fresh, hook.url, min_score=SURE)
    run = CliRunner().invoke(orderlens, ["--home", str(fresh.home), "notify"])
    assert run.exit_code == 0, run.output
    assert f"{len(hook.received)} messages sent, 0 failed" in run.output
    add_rule(fresh, "json://127.0.0.1:1/x", min_score=SURE)
    run = CliRunner().invoke(orderlens, ["--home", str(fresh.home), "notify"])
    assert run.exit_code == 1


def test_the_courier_runs_in_the_background_and_stops(fresh, hook):
    add_rule(fresh, hook.url, min_score=SURE)
    courier = Courier(fresh, seconds=0.05)
    courier.start()
    for _ in range(200):
        if statuses(fresh).keys() == {"sent"}:
            break
        courier._stopped.wait(0.05)
    courier.stop()
    assert statuses(fresh).keys() == {"sent"}
    assert not courier._thread.is_alive()


# -- the page


def test_a_manager_makes_a_rule_and_sends_a_test(fresh, visit, hook):
    at = visit(fresh, "notifications", role="manager")
    assert not at.exception
    at.text_input(key="rule_0_name").set_value("Finance desk")
    at.text_input(key="rule_0_target").set_value(hook.url)
    at.multiselect(key="rule_0_departments").set_value(["finance"])
    at.slider(key="rule_0_score").set_value(80)
    at.button(key="rule_0_save").click().run()
    assert not at.exception
    (rule_id,) = fresh.casebook.notification_rules.in_force()
    assert fresh.casebook.notification_rules.get(rule_id).min_score == 0.8
    assert "s3cret" not in str(at.main)
    at.selectbox(key="rule_chosen").select(rule_id).run()
    at.button(key=f"rule_{rule_id}_test").click().run()
    assert not at.exception
    go(fresh)
    assert hook.received[0][0]["title"] == "Orderlens: test message"


def test_a_wrong_rule_is_refused_in_its_place(fresh, visit):
    at = visit(fresh, "notifications", role="manager")
    at.text_input(key="rule_0_name").set_value("x")
    at.text_input(key="rule_0_target").set_value("file:///etc/passwd")
    at.button(key="rule_0_save").click().run()
    assert "An address begins with" in at.error[0].value
    assert fresh.casebook.notification_rules.list().empty


def test_a_message_in_doubt_waits_for_a_decision(fresh, visit, hook):
    add_rule(fresh, hook.url, min_score=SURE)
    hook.status = 500
    go(fresh)
    with fresh.casebook.store.engine.begin() as connection:
        connection.execute(update(notifications).values(status="held"))
    at = visit(fresh, "notifications", role="manager")
    at.session_state["notification_tabs"] = "Outbox"
    at.run()
    assert not at.exception
    assert "In doubt" in at.warning[0].value
    before = statuses(fresh)["held"]
    at.button(key="outbox_again").click().run()
    assert statuses(fresh).get("held", 0) == before - 1
    assert statuses(fresh)["queued"] == 1


# -- cases

LATER = "2000-01-01 00:00:00.000000"


def open_case(workspace):
    workspace.casebook.accounts.add(CONSOLE, "ole", "order_entry")
    return open_cases(workspace.warehouse, workspace.casebook, MANAGER, ["x005"])[0]


@pytest.mark.parametrize(
    ("language", "title", "happened"),
    [
        ("en", "Orderlens: case 1 was given to ole", "Case 1 was given to ole"),
        ("zh", "Orderlens：案件 1 已指派给 ole", "案件 1 已指派给 ole"),
    ],
)
def test_who_is_given_a_case_is_told_once_in_their_language(fresh, hook, language, title, happened):
    case_id = open_case(fresh)
    add_rule(fresh, hook.url, topics=("assigned",), person="ole", language=language)
    assert go(fresh).sent == 0
    fresh.casebook.cases.assign(MANAGER, [case_id], assignee="ole")
    assert (go(fresh).sent, go(fresh).sent) == (1, 0)
    ((body, _headers),) = hook.received
    assert body["title"] == title
    assert body["message"].startswith(happened)
    with speaking(language):
        assert kind_title("price_error") in body["message"]


def test_a_verdict_on_its_finding_does_not_silence_a_case_but_closing_it_does(fresh, hook):
    case_id = open_case(fresh)
    add_rule(fresh, hook.url, topics=("overdue", "reopened"), delivery="digest", digest_at="08:00")
    fresh.casebook.labels.add(MANAGER, {"exception_id": "x005", "kind": "price_error"}, "confirmed")

    def make_overdue_and_due():
        with fresh.casebook.store.engine.begin() as connection:
            connection.execute(text("update cases set due_at = :then"), {"then": LATER})
            connection.execute(update(notifications).values(due_at=text("queued_at")))

    make_overdue_and_due()
    assert (go(fresh).queued, statuses(fresh)) == (1, {"queued": 1})
    make_overdue_and_due()
    assert go(fresh).sent == 1
    assert "overdue" in hook.received[0][0]["message"]
    fresh.casebook.cases.move(MANAGER, case_id, "dismissed", "all is well")
    fresh.casebook.cases.move(MANAGER, case_id, "investigating", "it is back")
    assert go(fresh).queued == 1
    fresh.casebook.cases.move(MANAGER, case_id, "dismissed", "it is not")
    make_overdue_and_due()
    assert go(fresh).dropped == 1
    assert len(hook.received) == 1


def test_a_comment_is_quoted_as_one_harmless_line_with_a_link_to_the_case(fresh, hook, mail_box):
    case_id = open_case(fresh)
    rule = Rule("r", topics=("mentioned",), person="ole")
    fresh.casebook.cases.comment(MANAGER, case_id, "@ole <a href='http://x'>\nsee [this](http://y)")
    (news,) = fresh.casebook.case_news.of(rule)
    item = {**news.content, "impact": news.impact, "order_count": 1, "cause_key": news.cause_key}
    _title, body = write(Message(1, rule, "json://x", False, (item,), 0, 1), [item], "https://lens.example.com")
    assert "Mia: @ole ‹a href='http://x'› see [this] (http://y)" in body
    assert f"https://lens.example.com/cases?case={case_id}&view=all" in body


def test_a_rule_for_one_person_is_set_on_the_page(fresh, visit):
    fresh.casebook.accounts.add(CONSOLE, "ole", "order_entry")
    at = visit(fresh, "notifications", role="manager")
    at.text_input(key="rule_0_name").set_value("Ole's own")
    at.text_input(key="rule_0_target").set_value("json://hooks.example.com/abc")
    at.multiselect(key="rule_0_topics").set_value(["assigned", "mentioned"])
    at.selectbox(key="rule_0_person").set_value("ole")
    next(button for button in at.button if button.key and button.key.endswith("rule_0_save")).click().run()
    assert not at.exception
    (rule,) = fresh.casebook.notification_rules.in_force().values()
    assert (rule.topics, rule.person) == (("assigned", "mentioned"), "ole")
