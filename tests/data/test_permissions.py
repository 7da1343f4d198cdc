"""Every action by every role: what the table allows is done, everything else is refused and leaves no trace."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from data.casebook import Actor, Casebook
from data.casebook.actor import NOBODY
from data.casebook.case_rules import SERVICE_LEVELS
from data.casebook.interventions import Plan
from data.casebook.mutes import MuteRule
from data.casebook.notification_rules import Rule
from data.casebook.outbox import News
from data.casebook.permissions import PERMISSIONS, allows, require
from data.casebook.plans import Decision
from data.casebook.tables import notifications
from data.errors import PermissionDeniedError, UnknownNameError
from data.settings import Settings
from data.vocabulary import ROLES

PASSWORD = "correct horse battery"
FINDING = {"exception_id": "e1", "kind": "price_error"}
ADMIN = Actor("setup", "admin", "cli")
PLAN = Plan("Training", date(2026, 3, 3), kind="price_error")
LATER = datetime(2030, 1, 1, tzinfo=UTC)
SOON = datetime.now(UTC) + timedelta(days=30)
UNNOTED = ("account.add_demo_users", "account.issue_first_admin_token", "case.see_mentions")
RECORDED = (
    "data.ingest",
    "data.detect",
    "data.export",
    "data.roll_back",
    "order.check",
    "training.read",
    "backup.make",
    "backup.restore",
)


@pytest.fixture(scope="module")
def casebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casebook]:
    opened = Casebook.open(tmp_path_factory.mktemp("home"), Settings())
    opened.accounts.add(ADMIN, "keeper", "admin")
    opened.accounts.add(ADMIN, "target", "viewer", PASSWORD)
    opened.accounts.add(ADMIN, "actor", "viewer", PASSWORD)
    yield opened
    opened.close()


def other(casebook: Casebook) -> Actor:
    return Actor("other", "analyst", "app")


def changed_intervention(casebook: Casebook, actor: Actor, step: str) -> Callable[[], object]:
    number = casebook.interventions.add(ADMIN, PLAN)
    if step == "withdraw":
        return lambda: casebook.interventions.withdraw(actor, number)
    return lambda: casebook.interventions.change(actor, number, PLAN)


def session_of(casebook: Casebook, name: str) -> int:
    casebook.sessions.start(name)
    return int(casebook.sessions.list(name).session_id.max())


def named(casebook: Casebook) -> str:
    return f"new{len(casebook.accounts.list())}"


def token_id(casebook: Casebook) -> int:
    casebook.api_tokens.add(ADMIN, "erp", "viewer")
    return int(casebook.api_tokens.list().api_token_id.max())


# Each prepares what it needs as somebody allowed to, and returns the one call that is judged.
Exercise = Callable[[Casebook, Actor], Callable[[], object]]


def own_label(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    label_id = casebook.labels.add(Actor(actor.name, "analyst", "app"), FINDING, "confirmed")
    return lambda: casebook.labels.undo(actor, label_id)


def others_label(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    label_id = casebook.labels.add(other(casebook), FINDING, "confirmed")
    return lambda: casebook.labels.undo(actor, label_id)


def own_mute(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    mute_id = casebook.mutes.add(Actor(actor.name, "analyst", "app"), MuteRule(kind="price_error"), SOON, "seasonal")
    return lambda: casebook.mutes.revoke(actor, mute_id)


def others_mute(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    mute_id = casebook.mutes.add(other(casebook), MuteRule(kind="price_error"), SOON, "seasonal")
    return lambda: casebook.mutes.revoke(actor, mute_id)


def own_job(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    job_id = casebook.jobs.start(Actor(actor.name, "analyst", "app"), "detect")
    return lambda: casebook.jobs.request_cancel(actor, job_id)


def others_job(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    job_id = casebook.jobs.start(other(casebook), "detect")
    return lambda: casebook.jobs.request_cancel(actor, job_id)


def own_session(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    session_id = session_of(casebook, "actor")
    return lambda: casebook.sessions.revoke(actor, session_id)


def others_session(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    session_id = session_of(casebook, "target")
    return lambda: casebook.sessions.revoke(actor, session_id)


def api_token(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    api_token_id = token_id(casebook)
    return lambda: casebook.api_tokens.revoke(actor, api_token_id)


def own_view(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    view_id = casebook.saved_views.save(Actor(actor.name, "viewer", "app"), "page", "own", "a=1")
    return lambda: casebook.saved_views.remove(actor, view_id)


def others_view(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    view_id = casebook.saved_views.save(other(casebook), "page", "own", "a=1")
    return lambda: casebook.saved_views.remove(actor, view_id)


def case_id(casebook: Casebook, number: int = 1) -> int:
    return casebook.cases.open(ADMIN, {"exception_id": f"case-{number}", "kind": "price_error"})


def new_case(casebook: Casebook) -> int:
    return case_id(casebook, len(casebook.case_lists.list()) + 1)


def on_a_case(act: Callable[[Casebook, Actor, int], object]) -> Exercise:
    def prepare(casebook: Casebook, actor: Actor) -> Callable[[], object]:
        number = case_id(casebook)
        return lambda: act(casebook, actor, number)

    return prepare


def moved_case(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    number = new_case(casebook)
    return lambda: casebook.cases.move(actor, number, "investigating")


def mentioned(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    number = case_id(casebook)
    casebook.cases.comment(ADMIN, number, f"@{actor.name} see this")
    return lambda: casebook.case_mentions.mark_seen(actor, number)


def opened_case(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    number = len(casebook.case_lists.list()) + 1
    return lambda: casebook.cases.open(actor, {"exception_id": f"case-{number}", "kind": "price_error"})


def attached(casebook: Casebook, actor: Actor, by: Actor) -> Callable[[], object]:
    number = casebook.attachments.add(by, case_id(casebook), "a.txt", b"a")
    return lambda: casebook.attachments.remove(actor, number)


def planned_action(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    number = casebook.corrective_actions.plan(ADMIN, case_id(casebook), "correct_order")
    return lambda: casebook.corrective_actions.finish(actor, number, "worked")


def edited_procedure(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    version = casebook.procedures.get("count_stock").version
    return lambda: casebook.procedures.edit(actor, "count_stock", "Count.", "盘点。", version)


def made_merge(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    number = len(casebook.merges.list())
    return lambda: casebook.merges.make(actor, "order", f"a{number}", f"b{number}", {}, {}, {})


def undone_merge(casebook: Casebook, actor: Actor, by: Actor) -> Callable[[], object]:
    number = len(casebook.merges.list())
    merge_id = casebook.merges.make(by, "order", f"a{number}", f"b{number}", {}, {}, {})
    return lambda: casebook.merges.undo(actor, merge_id)


def erp_request(casebook: Casebook, actor: Actor, channel: str = "file") -> Callable[[], object]:
    number = new_case(casebook)
    change = {"record": "orders", "record_id": "1", "field": "status", "before": "new", "after": "cancelled"}
    return lambda: casebook.erp_updates.request(actor, channel, [change], "twice", number)


def erp_cancel(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    update_id = erp_request(casebook, ADMIN)()
    return lambda: casebook.erp_updates.cancel(actor, update_id)


def erp_deliver(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    erp_request(casebook, ADMIN)()
    return lambda: casebook.erp_updates.export(actor)


def decided(casebook: Casebook, by: Actor) -> int:
    return casebook.plans.decide(by, "reorder", [Decision("P", "order", quantity=5)])[0]


def own_decision(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    decision_id = decided(casebook, Actor(actor.name, "planner", "app"))
    return lambda: casebook.plans.undo(actor, decision_id)


def others_decision(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    decision_id = decided(casebook, Actor("other", "planner", "app"))
    return lambda: casebook.plans.undo(actor, decision_id)


def demo_users(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    return lambda: casebook.accounts.ensure_demo_users(actor)


RULE, ADDRESS = Rule("Desk"), "json://127.0.0.1:9/x"


def some_rule(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    rule_id = casebook.notification_rules.save(ADMIN, RULE, ADDRESS)
    return lambda: casebook.notification_rules.remove(actor, rule_id)


def some_news(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    rule_id = casebook.notification_rules.save(ADMIN, RULE, ADDRESS)
    return lambda: casebook.outbox.queue(actor, rule_id, RULE, [News("SO-1", "e1", 5.0, 1, {})])


def a_claimed_message(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    some_news(casebook, ADMIN)()
    message = casebook.outbox.claim(ADMIN)
    assert message
    return lambda: casebook.outbox.finish(actor, message)


def a_failed_message(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    some_news(casebook, ADMIN)()
    number = int(casebook.outbox.list()["notification_id"].max())
    casebook.outbox.discard(ADMIN, number)
    with casebook.store.engine.begin() as connection:
        connection.execute(update(notifications).values(status="failed"))
    return lambda: casebook.outbox.send_again(actor, number)


CHECKED, ACCEPTED = {"customer_id": "C1", "lines": []}, {"verdict": "accept", "duplicates": []}


def checked_order(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    check_id = casebook.order_checks.add_many(Actor("someone", "admin", "api"), [CHECKED], [ACCEPTED])[0]
    return lambda: casebook.order_checks.enter(actor, check_id, "SO1")


def second_opinion(casebook: Casebook, actor: Actor) -> Callable[[], object]:
    asked = casebook.accounts.add(ADMIN, named(casebook), "analyst").name
    return lambda: casebook.second_opinions.ask(actor, FINDING, asked)


EXERCISES: dict[str, Exercise] = {
    "label.add": lambda book, actor: lambda: book.labels.add(actor, FINDING, "confirmed"),
    "label.undo": own_label,
    "label.undo_any": others_label,
    "mute.add": lambda book, actor: lambda: book.mutes.add(actor, MuteRule(kind="price_error"), SOON, "seasonal"),
    "mute.revoke": own_mute,
    "mute.revoke_any": others_mute,
    "order.enter": checked_order,
    "opinion.ask": second_opinion,
    "pair.review": lambda book, actor: lambda: book.pair_reviews.add(actor, "O2", "O1", "unsure"),
    "job.start": lambda book, actor: lambda: book.jobs.start(actor, "detect"),
    "job.cancel": own_job,
    "job.cancel_any": others_job,
    "account.add": lambda book, actor: lambda: book.accounts.add(actor, named(book), "viewer"),
    "account.set_role": lambda book, actor: lambda: book.accounts.set_role(actor, "target", "viewer"),
    "account.set_password": lambda book, actor: lambda: book.accounts.set_password(actor, "target", PASSWORD),
    "account.set_own_password": lambda book, actor: lambda: book.accounts.change_password(actor, PASSWORD, PASSWORD),
    "account.issue_password_token": lambda book, actor: lambda: book.accounts.issue_password_token(actor, "target"),
    "account.disable": lambda book, actor: lambda: book.accounts.disable(actor, "target"),
    "account.enable": lambda book, actor: lambda: book.accounts.enable(actor, "target"),
    "account.add_demo_users": demo_users,
    "account.issue_first_admin_token": lambda book, actor: lambda: book.accounts.issue_first_admin_token(actor),
    "session.revoke": own_session,
    "session.revoke_any": others_session,
    "token.add": lambda book, actor: lambda: book.api_tokens.add(actor, "erp", "viewer"),
    "token.revoke": api_token,
    "review.sign_off": lambda book, actor: lambda: book.permission_review.sign_off(actor),
    "notification.set_rule": lambda book, actor: lambda: book.notification_rules.save(actor, RULE, ADDRESS),
    "notification.remove_rule": some_rule,
    "notification.queue": some_news,
    "notification.send": a_claimed_message,
    "notification.resend": a_failed_message,
    "preference.set": lambda book, actor: lambda: book.preferences.set(actor, "language", "zh"),
    "preference.set_for_all": lambda book, actor: lambda: book.preferences.set_for_all(actor, "language", "zh"),
    "case.open": opened_case,
    "case.move": moved_case,
    "case.take": on_a_case(lambda book, actor, number: book.cases.take(actor, number)),
    "case.assign": on_a_case(lambda book, actor, number: book.cases.assign(actor, [number], "sales")),
    "case.set_due": on_a_case(lambda book, actor, number: book.cases.set_due(actor, number, LATER, "agreed")),
    "case.comment": on_a_case(lambda book, actor, number: book.cases.comment(actor, number, "called")),
    "case.see_mentions": mentioned,
    "case.set_rules": lambda book, actor: lambda: book.case_rules.replace(actor, "service_levels", SERVICE_LEVELS),
    "case.attach": on_a_case(lambda book, actor, number: book.attachments.add(actor, number, "a.txt", b"a")),
    "case.detach": lambda book, actor: attached(book, actor, Actor(actor.name, "analyst", "app")),
    "case.detach_any": lambda book, actor: attached(book, actor, other(book)),
    "case.plan_action": on_a_case(
        lambda book, actor, number: book.corrective_actions.plan(actor, number, "count_stock")
    ),
    "case.finish_action": planned_action,
    "procedure.edit": edited_procedure,
    "merge.make": made_merge,
    "merge.undo": lambda book, actor: undone_merge(book, actor, Actor(actor.name, "analyst", "app")),
    "merge.undo_any": lambda book, actor: undone_merge(book, actor, other(book)),
    "erp.request": erp_request,
    "erp.cancel": erp_cancel,
    "erp.deliver": erp_deliver,
    "plan.cause": lambda book, actor: lambda: book.plans.decide(actor, "cause", [Decision("P", "allocation", "O", 1)]),
    "plan.reorder": lambda book, actor: lambda: decided(book, actor),
    "plan.allocation": lambda book, actor: (
        lambda: book.plans.decide(actor, "allocation", [Decision("P", "ship", "O", 1)])
    ),
    "plan.undo": own_decision,
    "plan.undo_any": others_decision,
    "view.save": lambda book, actor: lambda: book.saved_views.save(actor, "page", "mine", "a=1"),
    "view.share": lambda book, actor: lambda: book.saved_views.save(actor, "page", "ours", "a=1", is_shared=True),
    "view.remove": own_view,
    "view.remove_any": others_view,
}


def record(action: str) -> Exercise:
    return lambda book, actor: lambda: book.audit.record(actor, action, "something")


EXERCISES |= {
    "intervention.add": lambda book, actor: lambda: book.interventions.add(actor, PLAN),
    "intervention.change": lambda book, actor: changed_intervention(book, actor, "change"),
    "intervention.withdraw": lambda book, actor: changed_intervention(book, actor, "withdraw"),
}
EXERCISES |= {action: record(action) for action in RECORDED}
# These take no actor: whoever calls them has not signed in, and the tests of accounts walk through them.
SIGNING_IN = {action for action, roles in PERMISSIONS.items() if roles == {NOBODY}}


def test_every_action_is_exercised() -> None:
    assert EXERCISES.keys() | SIGNING_IN == PERMISSIONS.keys()


def test_only_known_roles_are_in_the_table() -> None:
    assert set().union(*PERMISSIONS.values()) == {*ROLES, NOBODY}
    assert all("viewer" not in roles or roles == set(ROLES) for roles in PERMISSIONS.values())


@pytest.mark.parametrize("role", [*ROLES, NOBODY, "", "root"])
@pytest.mark.parametrize("action", sorted(EXERCISES))
def test_an_action_by_a_role(casebook: Casebook, action: str, role: str) -> None:
    actor = Actor("actor", role, "app")
    casebook.accounts.enable(ADMIN, "target")
    call = EXERCISES[action](casebook, actor)
    before = casebook.audit.head()
    if allows(role, action):
        call()
        if action not in UNNOTED:
            assert casebook.audit.head() != before
            assert casebook.audit.entries(limit=1).role.tolist() == [role]
    else:
        with pytest.raises(PermissionDeniedError, match="actor may not do"):
            call()
        assert casebook.audit.head() == before


def test_an_action_not_in_the_table_is_refused(casebook: Casebook) -> None:
    with pytest.raises(UnknownNameError, match="Unknown action"):
        casebook.audit.record(ADMIN, "data.destroy", "all")


def test_the_refusal_says_who_may() -> None:
    with pytest.raises(PermissionDeniedError, match=r"Vi may not do account\.add as viewer\. Allowed: admin\."):
        require(Actor("Vi", "viewer", "app"), "account.add")
