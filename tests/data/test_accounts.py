"""Accounts, sign-ins, sessions and tokens: who comes in, and for how long."""

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from data.casebook import Actor, Casebook, passwords, sign_in
from data.casebook.secret_tokens import token_hash
from data.casebook.sign_in import SignInRefusedError
from data.casebook.tables import api_tokens, login_attempts, one_time_tokens, sessions, users
from data.errors import InvalidInputError, PermissionDeniedError, UnknownNameError
from data.settings import Settings
from data.vocabulary import ROLES

PASSWORD = "correct horse battery"


@pytest.fixture
def ana(casebook: Casebook, admin: Actor) -> Actor:
    return casebook.accounts.add(admin, "Ana", "analyst", PASSWORD).acting("app")


def age(casebook: Casebook, column: object, table: object, by: timedelta) -> None:
    """Make a time column lie in the past."""
    with casebook.store.engine.begin() as connection:
        connection.execute(update(table).values({column: datetime.now(UTC) - by}))


def stored_text(casebook: Casebook) -> str:
    tables = ("users", "sessions", "one_time_tokens", "api_tokens", "audit_log", "login_attempts")
    with casebook.store.read() as connection:
        return repr([connection.execute(text(f"select * from {table}")).fetchall() for table in tables])


# -- accounts


def test_an_account_is_found_however_its_name_is_typed(casebook: Casebook, ana: Actor, admin: Actor) -> None:
    assert casebook.accounts.get(" ANA ").name == "Ana"
    with pytest.raises(InvalidInputError, match="already"):
        casebook.accounts.add(admin, "ANA", "viewer")
    with pytest.raises(UnknownNameError, match="Did you mean 'Ana'"):
        casebook.accounts.get("Anna")
    assert casebook.accounts.list()[["name", "role", "has_password"]].to_numpy().tolist() == [["Ana", "analyst", True]]


@pytest.mark.parametrize("name", ["", " ", "token:erp", "a" * 65, "new\nline", "-x", "nobody", "<b>", "a/b"])
def test_a_wrong_name_is_refused(casebook: Casebook, admin: Actor, name: str) -> None:
    with pytest.raises(InvalidInputError):
        casebook.accounts.add(admin, name, "viewer")


def test_chinese_names_are_names(casebook: Casebook, admin: Actor) -> None:
    casebook.accounts.add(admin, "王小明", "analyst", PASSWORD)
    assert casebook.accounts.verify("王小明", PASSWORD).role == "analyst"


@pytest.mark.parametrize("password", ["short", "", "aaaaaaaaaaaa", "ana1234567", "x" * 600])
def test_a_weak_password_is_refused(casebook: Casebook, admin: Actor, password: str) -> None:
    with pytest.raises(InvalidInputError, match="password"):
        casebook.accounts.add(admin, "ana", "viewer", password)


def test_unknown_roles_are_refused(casebook: Casebook, admin: Actor, ana: Actor) -> None:
    for role in ("nobody", "root"):
        with pytest.raises(UnknownNameError):
            casebook.accounts.add(admin, "Bo", role)
        with pytest.raises(UnknownNameError):
            casebook.accounts.set_role(admin, "Ana", role)


def test_the_only_administrator_stays(casebook: Casebook, admin: Actor) -> None:
    casebook.accounts.add(admin, "One", "admin")
    casebook.accounts.ensure_demo_users(admin)
    for change in (
        lambda: casebook.accounts.disable(admin, "One"),
        lambda: casebook.accounts.set_role(admin, "One", "viewer"),
    ):
        with pytest.raises(InvalidInputError, match="only administrator"):
            change()
    casebook.accounts.add(admin, "Two", "admin")
    casebook.accounts.disable(admin, "One")
    assert casebook.accounts.has_admin()


def test_secrets_are_nowhere_in_the_casebook(casebook: Casebook, admin: Actor, ana: Actor) -> None:
    secrets = [PASSWORD, casebook.sessions.start("Ana"), casebook.api_tokens.add(admin, "erp", "order_entry")]
    secrets.append(casebook.accounts.issue_password_token(admin, "Ana"))
    casebook.accounts.verify("Ana", PASSWORD)
    stored = stored_text(casebook)
    assert [secret for secret in secrets if secret in stored] == []
    assert token_hash(secrets[1]) in stored


# -- passwords


def test_the_right_password_and_no_other(casebook: Casebook, ana: Actor) -> None:
    assert casebook.accounts.verify("ana", PASSWORD) == casebook.accounts.get("Ana")
    for name, password in [("Ana", "wrong horse battery"), ("Bo", PASSWORD), ("Ana", ""), ("", "")]:
        with pytest.raises(SignInRefusedError, match="Name or password is wrong"):
            casebook.accounts.verify(name, password)
    assert casebook.audit.entries(action="session.refuse").subject.tolist() == ["", "ana", "bo", "ana"]


def test_an_unknown_name_takes_as_long_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = passwords.hash_password(PASSWORD)
    passwords.is_password(None, "warm up")
    times: dict[str | None, list[float]] = {stored: [], None: []}
    for _ in range(5):
        for known in times:
            started = time.process_time()
            assert not passwords.is_password(known, "wrong horse battery")
            times[known].append(time.process_time() - started)
    assert 0.5 < min(times[None]) / min(times[stored]) < 2


def test_the_stand_in_hash_lets_nobody_in() -> None:
    assert not passwords.is_password(None, "nobody has this password")


def test_the_same_password_typed_on_another_system_fits() -> None:
    assert passwords.is_password(passwords.hash_password("Grüße an alle"), "Gru\u0308ße an alle")


def test_disabled_and_demo_accounts_cannot_sign_in(casebook: Casebook, admin: Actor, ana: Actor) -> None:
    casebook.accounts.disable(admin, "Ana")
    with pytest.raises(SignInRefusedError, match="Name or password"):
        casebook.accounts.verify("Ana", PASSWORD)
    casebook.accounts.enable(admin, "Ana")
    casebook.accounts.verify("Ana", PASSWORD)
    casebook.accounts.ensure_demo_users(admin)
    with pytest.raises(InvalidInputError):
        casebook.accounts.set_password(admin, "demo-admin", PASSWORD)
    with pytest.raises(SignInRefusedError):
        casebook.accounts.verify("demo-admin", "")


def test_five_failures_lock_a_name_out_for_a_while(
    casebook: Casebook, ana: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(sign_in.MAX_FAILURES_PER_NAME):
        with pytest.raises(SignInRefusedError, match="wrong"):
            casebook.accounts.verify("Ana", "wrong horse battery", "10.0.0.1")
    monkeypatch.setattr(sign_in, "is_password", lambda *given: pytest.fail("looked at the password"))
    with pytest.raises(SignInRefusedError, match="try again in 15 minutes") as refused:
        casebook.accounts.verify("ANA", PASSWORD, "10.0.0.2")
    assert 0 < refused.value.retry_after_seconds <= 900
    monkeypatch.undo()
    age(casebook, login_attempts.c.at, login_attempts, sign_in.WINDOW + timedelta(seconds=1))
    assert casebook.accounts.verify("Ana", PASSWORD).name == "Ana"
    assert len(casebook.audit.entries(action="session.refuse")) == 6


def test_a_success_starts_the_count_anew(casebook: Casebook, ana: Actor) -> None:
    for _ in range(2):
        for _ in range(sign_in.MAX_FAILURES_PER_NAME - 1):
            with pytest.raises(SignInRefusedError, match="wrong"):
                casebook.accounts.verify("Ana", "wrong horse battery")
        casebook.accounts.verify("Ana", PASSWORD)


def test_one_origin_cannot_try_many_names(casebook: Casebook, ana: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "MAX_FAILURES_PER_ORIGIN", 4)
    casebook.accounts.verify("Ana", PASSWORD, "10.0.0.9")
    for number in range(4):
        with pytest.raises(SignInRefusedError, match="wrong"):
            casebook.accounts.verify(f"guess{number}", "wrong horse battery", "10.0.0.9")
    with pytest.raises(SignInRefusedError, match="Too many"):
        casebook.accounts.verify("Ana", PASSWORD, "10.0.0.9")
    assert casebook.accounts.verify("Ana", PASSWORD, "10.0.0.8")


def test_many_guesses_at_once_do_not_slip_through(
    casebook: Casebook, ana: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def look(stored: str | None, password: str) -> bool:
        looked.append(password)
        time.sleep(0.05)
        return False

    monkeypatch.setattr(sign_in, "is_password", look)

    def guess(number: int) -> None:
        with pytest.raises(SignInRefusedError):
            casebook.accounts.verify("Ana", f"guess {number}")

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked) == sign_in.MAX_FAILURES_PER_NAME


def test_ones_own_password_needs_the_old_one_and_ends_all_sessions(casebook: Casebook, ana: Actor) -> None:
    token = casebook.sessions.start("Ana")
    with pytest.raises(SignInRefusedError):
        casebook.accounts.change_password(ana, "wrong horse battery", "another long one")
    assert casebook.sessions.resolve(token)
    casebook.accounts.change_password(ana, PASSWORD, "another long one")
    assert casebook.sessions.resolve(token) is None
    assert casebook.accounts.verify("Ana", "another long one")
    with pytest.raises(PermissionDeniedError):
        casebook.accounts.set_password(ana, "Ana", PASSWORD)


# -- one-time tokens


def test_the_first_administrator_comes_by_a_token_that_works_once(casebook: Casebook, admin: Actor) -> None:
    accounts = casebook.accounts
    outdated = accounts.issue_first_admin_token(admin)
    token = accounts.issue_first_admin_token(admin)
    assert outdated
    assert token
    for wrong in (outdated, "guess", ""):
        with pytest.raises(PermissionDeniedError):
            accounts.add_first_admin(wrong, "Root", PASSWORD)
    with pytest.raises(InvalidInputError):
        accounts.add_first_admin(token, "Root", "short")
    assert accounts.add_first_admin(token, "Root", PASSWORD).role == "admin"
    with pytest.raises(PermissionDeniedError):
        accounts.add_first_admin(token, "Second", PASSWORD)
    assert accounts.issue_first_admin_token(admin) is None
    assert casebook.accounts.list().name.tolist() == ["Root"]


def test_a_first_administrators_token_is_worth_nothing_once_there_is_one(casebook: Casebook, admin: Actor) -> None:
    token = casebook.accounts.issue_first_admin_token(admin)
    assert token
    casebook.accounts.add(admin, "Root", "admin", PASSWORD)
    with pytest.raises(PermissionDeniedError, match="administrator already"):
        casebook.accounts.add_first_admin(token, "Eve", PASSWORD)


def test_a_password_is_set_by_its_owner(casebook: Casebook, admin: Actor) -> None:
    casebook.accounts.add(admin, "Bo", "viewer")
    token = casebook.accounts.issue_password_token(admin, "Bo")
    assert casebook.accounts.use_password_token(token, PASSWORD).name == "Bo"
    assert casebook.accounts.verify("Bo", PASSWORD)
    for wrong in (token, "guess"):
        with pytest.raises(PermissionDeniedError):
            casebook.accounts.use_password_token(wrong, PASSWORD)
    late = casebook.accounts.issue_password_token(admin, "Bo")
    age(casebook, one_time_tokens.c.expires_at, one_time_tokens, timedelta(seconds=1))
    with pytest.raises(PermissionDeniedError):
        casebook.accounts.use_password_token(late, PASSWORD)


# -- sessions


def test_a_session_stands_for_its_account_as_it_is_now(casebook: Casebook, admin: Actor, ana: Actor) -> None:
    token = casebook.sessions.start("Ana", "10.0.0.1", "Firefox")
    assert casebook.sessions.resolve(token) == Actor("Ana", "analyst", "app")
    casebook.accounts.set_role(admin, "Ana", "manager")
    assert casebook.sessions.resolve(token) == Actor("Ana", "manager", "app")
    casebook.accounts.disable(admin, "Ana")
    assert casebook.sessions.resolve(token) is None
    casebook.accounts.enable(admin, "Ana")
    assert casebook.sessions.resolve(token) is None
    for wrong in (None, "", "guess", token_hash(token), "\ud800"):
        assert casebook.sessions.resolve(wrong) is None


def test_a_session_of_an_account_that_is_disabled_counts_for_nothing(casebook: Casebook, ana: Actor) -> None:
    token = casebook.sessions.start("Ana")
    with casebook.store.engine.begin() as connection:
        connection.execute(update(users).values(is_enabled=False))  # even if nobody revoked the session
    assert casebook.sessions.resolve(token) is None
    assert casebook.sessions.list().empty


def test_a_session_ends_when_idle_and_at_the_latest_after_hours(casebook: Casebook, ana: Actor) -> None:
    token = casebook.sessions.start("Ana")
    age(casebook, sessions.c.last_seen_at, sessions, timedelta(minutes=59))
    assert casebook.sessions.resolve(token)
    assert casebook.sessions.list().last_seen_at[0] > datetime.now(UTC) - timedelta(minutes=1)
    age(casebook, sessions.c.last_seen_at, sessions, timedelta(minutes=61))
    assert casebook.sessions.resolve(token) is None
    token = casebook.sessions.start("Ana")
    assert casebook.sessions.list().expires_at[0] <= datetime.now(UTC) + timedelta(hours=12)
    age(casebook, sessions.c.expires_at, sessions, timedelta(seconds=1))
    assert casebook.sessions.resolve(token) is None


def test_signing_in_replaces_the_token_that_was_sent(casebook: Casebook, ana: Actor) -> None:
    planted = casebook.sessions.start("Ana")
    token = casebook.sessions.start("Ana", replaces=planted)
    assert casebook.sessions.resolve(planted) is None
    assert casebook.sessions.resolve(token)


def test_sessions_are_revoked_one_or_all(casebook: Casebook, admin: Actor, ana: Actor) -> None:
    casebook.accounts.add(admin, "Bo", "manager", PASSWORD)
    tokens = [casebook.sessions.start("Ana") for _ in range(3)]
    bo = casebook.sessions.resolve(casebook.sessions.start("Bo"))
    assert bo
    one, *_ = casebook.sessions.list("Ana").session_id
    for refused in (lambda: casebook.sessions.revoke(bo, one), lambda: casebook.sessions.revoke_all(bo, "Ana")):
        with pytest.raises(PermissionDeniedError):
            refused()
    casebook.sessions.sign_out(tokens[0])
    casebook.sessions.sign_out(tokens[0])
    assert casebook.sessions.resolve(tokens[0]) is None
    assert casebook.sessions.revoke_all(ana, "Ana", keep=tokens[1]) == 1
    assert [bool(casebook.sessions.resolve(token)) for token in tokens] == [False, True, False]
    casebook.sessions.revoke(ana, int(casebook.sessions.list("Ana").session_id[0]))
    assert casebook.sessions.resolve(tokens[1]) is None
    assert casebook.sessions.revoke_all(admin, "Bo") == 1
    with pytest.raises(InvalidInputError):
        casebook.sessions.revoke(admin, 999)


def test_demo_users_come_in_where_demo_mode_is_stated_only(casebook: Casebook, admin: Actor) -> None:
    names = casebook.accounts.ensure_demo_users(admin)
    assert casebook.accounts.ensure_demo_users(admin) == names
    assert set(names) == set(ROLES)
    assert len(casebook.accounts.list()) == len(ROLES)
    for role, name in names.items():
        with pytest.raises(PermissionDeniedError):
            casebook.sessions.start(name)
        token = casebook.sessions.start(name, is_demo_mode=True)
        assert casebook.sessions.resolve(token) is None
        assert casebook.sessions.resolve(token, is_demo_mode=True) == Actor(name, role, "app")
    assert not casebook.accounts.has_admin()


def test_nobody_starts_a_session_for_an_unknown_or_disabled_account(
    casebook: Casebook, admin: Actor, ana: Actor
) -> None:
    casebook.accounts.disable(admin, "Ana")
    for name in ("Ana", "Bo"):
        with pytest.raises(PermissionDeniedError):
            casebook.sessions.start(name)


# -- tokens of programs


def test_a_programs_token_acts_in_its_role_until_it_ends(casebook: Casebook, admin: Actor) -> None:
    token = casebook.api_tokens.add(admin, "erp", "order_entry", days=1)
    assert token.startswith("ol_")
    assert casebook.api_tokens.resolve(token) == Actor("token:erp", "order_entry", "api")
    assert casebook.api_tokens.list().last_used_at.notna().all()
    for wrong in (None, "", "ol_guess", token.removeprefix("ol_")):
        assert casebook.api_tokens.resolve(wrong) is None
    age(casebook, api_tokens.c.expires_at, api_tokens, timedelta(seconds=1))
    assert casebook.api_tokens.resolve(token) is None
    lasting = casebook.api_tokens.add(admin, "erp", "viewer")
    assert casebook.api_tokens.resolve(lasting)
    casebook.api_tokens.revoke(admin, 2)
    assert casebook.api_tokens.resolve(lasting) is None
    for wrong_days, wrong_role in ((0, "viewer"), (None, "nobody")):
        with pytest.raises((InvalidInputError, UnknownNameError)):
            casebook.api_tokens.add(admin, "x", wrong_role, wrong_days)


def test_session_settings_are_followed(tmp_path: Path, admin: Actor) -> None:
    casebook = Casebook.open(tmp_path, Settings(session_idle_minutes=5, session_hours=1))
    casebook.accounts.add(admin, "Ana", "analyst", PASSWORD)
    token = casebook.sessions.start("Ana")
    age(casebook, sessions.c.last_seen_at, sessions, timedelta(minutes=6))
    assert casebook.sessions.resolve(token) is None
    casebook.sessions.start("Ana")
    assert casebook.sessions.list().expires_at[0] <= datetime.now(UTC) + timedelta(hours=1)
    assert casebook.accounts.list().last_seen_at.notna().all()
