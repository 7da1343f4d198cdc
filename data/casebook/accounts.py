"""Accounts: who there is, in which role, and how the first administrator comes in."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from data.casebook.actor import NOBODY, Actor, Via
from data.casebook.one_time import issue, owner, use
from data.casebook.passwords import check_password, hash_password
from data.casebook.permissions import require
from data.casebook.sign_in import SignIn
from data.casebook.store import Store, Write
from data.casebook.tables import sessions, users
from data.errors import InvalidInputError, PermissionDeniedError, UnknownNameError
from data.vocabulary import ROLES

FIRST_ADMIN_HOURS = 24
PASSWORD_TOKEN_HOURS = 48
LISTED = "name role is_enabled is_demo created_at created_by password_changed_at disabled_at last_seen_at".split()


@dataclass(frozen=True)
class User:
    """An account as it was just read."""

    user_id: int
    name: str
    role: str
    is_demo: bool

    def acting(self, via: Via = "app") -> Actor:
        """Return this user as an actor."""
        return Actor(self.name, self.role, via)


def name_key(name: str) -> str:
    """Return the form of a name by which accounts are told apart: however it is typed, it is one person."""
    return unicodedata.normalize("NFKC", name).strip().casefold()[:64]


class Accounts:
    """Add, change, disable and check accounts. Nobody is ever removed: history names them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._sign_in = SignIn(store)

    # -- reading

    def list(self) -> pd.DataFrame:
        """Return all accounts by name, without anything secret."""
        has_password = users.c.password_hash.is_not(None).label("has_password")
        query = select(*(users.c[name] for name in LISTED), has_password).order_by(users.c.name_key)
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=[*LISTED, "has_password"])

    def get(self, name: str) -> User:
        """Return one account, enabled or not; raise `UnknownNameError` if there is none of that name."""
        with self.store.read() as connection:
            return _as_user(_find(connection, name))

    def has_admin(self) -> bool:
        """Return whether somebody can administer the product by signing in."""
        with self.store.read() as connection:
            return _admin_count(connection) > 0

    def verify(self, name: str, password: str, origin: str = "", via: Via = "app") -> User:
        """Return the account if the password is right; every attempt counts and is logged.

        Raises
        ------
        SignInRefusedError
            With the same words whether name or password is wrong; after too many attempts, without looking.
        """
        row = self._sign_in.check(name_key(name), password, origin, via)
        return _as_user(row)

    # -- by an administrator

    def add(self, actor: Actor, name: str, role: str, password: str | None = None) -> User:
        """Add an account; without a password its owner sets one by `issue_password_token`."""
        name = _checked_name(name)
        _check_role(role)
        hashed = None
        if password is not None:
            check_password(password, name)
            hashed = hash_password(password)
        with self.store.write(actor, "account.add") as write:
            return _insert(write, name, role, hashed)

    def set_role(self, actor: Actor, name: str, role: str) -> None:
        """Give an account another role, at once, in its open sessions too."""
        _check_role(role)
        with self.store.write(actor, "account.set_role") as write:
            row = _find(write.connection, name)
            if role != "admin":
                _keep_an_admin(write.connection, row)
            write.execute(update(users).where(users.c.user_id == row["user_id"]).values(role=role))
            write.note(row["name"], role=role, before=row["role"])

    def disable(self, actor: Actor, name: str) -> None:
        """Disable an account; its sessions end at once."""
        with self.store.write(actor, "account.disable") as write:
            row = _find(write.connection, name)
            _keep_an_admin(write.connection, row)
            change = {"is_enabled": False, "disabled_at": write.at}
            write.execute(update(users).where(users.c.user_id == row["user_id"]).values(change))
            _end_sessions(write, row["user_id"])
            write.note(row["name"])

    def enable(self, actor: Actor, name: str) -> None:
        """Enable a disabled account again; it has to sign in anew."""
        with self.store.write(actor, "account.enable") as write:
            row = _find(write.connection, name)
            change = {"is_enabled": True, "disabled_at": None}
            write.execute(update(users).where(users.c.user_id == row["user_id"]).values(change))
            write.note(row["name"])

    def set_password(self, actor: Actor, name: str, password: str) -> None:
        """Set the password of an account; its sessions end at once."""
        self._store_password(actor, "account.set_password", name, password)

    def issue_password_token(self, actor: Actor, name: str) -> str:
        """Return a one-time token by which the owner of an account sets its password; valid for two days."""
        with self.store.write(actor, "account.issue_password_token") as write:
            row = _find(write.connection, name)
            token = issue(write, "password", PASSWORD_TOKEN_HOURS, row["user_id"])
            write.note(row["name"])
        return token

    def ensure_demo_users(self, actor: Actor) -> dict[str, str]:
        """Add what is missing of one demo account per role; return their names by role.

        They have no password, and a session of theirs counts only where demo mode is stated: see `Sessions`.
        """
        require(actor, "account.add_demo_users")
        names = {role: f"demo-{role.replace('_', '-')}" for role in ROLES}
        with self.store.read() as connection:
            keys = [name_key(name) for name in names.values()]
            there = set(connection.execute(select(users.c.name).where(users.c.name_key.in_(keys))).scalars())
        if there >= set(names.values()):
            return names
        with self.store.write(actor, "account.add_demo_users", is_noted=False) as write:
            for role, name in names.items():
                if not write.execute(select(users.c.user_id).where(users.c.name_key == name_key(name))).first():
                    _insert(write, name, role, None, is_demo=True)
        return names

    # -- by oneself

    def change_password(self, actor: Actor, old: str, new: str, origin: str = "") -> None:
        """Change one's own password, proving oneself by the old one; all one's sessions end."""
        require(actor, "account.set_own_password")
        self.verify(actor.name, old, origin, actor.via)
        self._store_password(actor, "account.set_own_password", actor.name, new)

    def _store_password(self, actor: Actor, action: str, name: str, password: str) -> None:
        require(actor, action)  # before the hash, which takes long
        check_password(password, name)
        hashed = hash_password(password)
        with self.store.write(actor, action) as write:
            row = _find(write.connection, name)
            _set_password(write, row, hashed)
            write.note(row["name"])

    # -- by somebody who has a one-time token

    def issue_first_admin_token(self, actor: Actor) -> str | None:
        """Return a one-time token to add the first administrator with, for a day; None if there is one already."""
        with self.store.write(actor, "account.issue_first_admin_token", is_noted=False) as write:
            if _admin_count(write.connection):
                return None
            token = issue(write, "first_admin", FIRST_ADMIN_HOURS)
            write.note("first administrator")
        return token

    def add_first_admin(self, token: str, name: str, password: str, via: Via = "app") -> User:
        """Add the first administrator; the token works once, and only while there is no administrator."""
        name = _checked_name(name)
        check_password(password, name)
        hashed = hash_password(password)
        with self.store.write(Actor(name, NOBODY, via), "account.add_first_admin") as write:
            use(write, "first_admin", token)
            if _admin_count(write.connection):
                raise PermissionDeniedError("There is an administrator already; ask them for an account.")
            return _insert(write, name, "admin", hashed)

    def use_password_token(self, token: str, password: str, via: Via = "app") -> User:
        """Set the password of the account a one-time token was issued for."""
        with self.store.read() as connection:
            row = owner(connection, token)
        check_password(password, row["name"])
        hashed = hash_password(password)
        with self.store.write(Actor(row["name"], NOBODY, via), "account.use_password_token") as write:
            use(write, "password", token)
            _set_password(write, row, hashed)
            write.note(row["name"])
        return _as_user(row)


def _checked_name(name: str) -> str:
    name = unicodedata.normalize("NFC", name).strip()
    if not re.fullmatch(r"[^\W_][\w .@+'-]{0,63}", name) or name_key(name) == NOBODY:
        raise InvalidInputError(
            f"A name has 1 to 64 letters, digits, spaces or . @ + ' - _, a letter or digit first (got {name!r})."
        )
    return name


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise UnknownNameError("role", role, ROLES)


def _find(connection: Connection, name: str) -> RowMapping:
    row = connection.execute(select(users).where(users.c.name_key == name_key(name))).mappings().one_or_none()
    if row is None:
        raise UnknownNameError("account", name, connection.execute(select(users.c.name)).scalars())
    return row


def _as_user(row: RowMapping) -> User:
    return User(row["user_id"], row["name"], row["role"], row["is_demo"])


def _insert(write: Write, name: str, role: str, hashed: str | None, is_demo: bool = False) -> User:
    if write.execute(select(users.c.user_id).where(users.c.name_key == name_key(name))).first():
        raise InvalidInputError(f"There is an account {name!r} already.")
    values: dict[str, Any] = {
        "name": name,
        "name_key": name_key(name),
        "role": role,
        "password_hash": hashed,
        "is_enabled": True,
        "is_demo": is_demo,
        "created_at": write.at,
        "created_by": write.actor.name,
        "password_changed_at": write.at if hashed else None,
    }
    user_id = int(write.execute(insert(users).values(values).returning(users.c.user_id)).scalar_one())
    write.note(name, role=role, is_demo=is_demo, has_password=hashed is not None)
    return User(user_id, name, role, is_demo)


def _set_password(write: Write, row: RowMapping, hashed: str) -> None:
    if row["is_demo"]:
        raise InvalidInputError("A demo account has no password.")
    change = {"password_hash": hashed, "password_changed_at": write.at}
    write.execute(update(users).where(users.c.user_id == row["user_id"]).values(change))
    _end_sessions(write, row["user_id"])


def _end_sessions(write: Write, user_id: int) -> None:
    is_open = (sessions.c.user_id == user_id) & sessions.c.revoked_at.is_(None)
    write.execute(update(sessions).where(is_open).values(revoked_at=write.at))


def _admin_count(connection: Connection) -> int:
    is_admin = (users.c.role == "admin") & users.c.is_enabled & ~users.c.is_demo
    return int(connection.execute(select(func.count()).where(is_admin)).scalar_one())


def _keep_an_admin(connection: Connection, row: RowMapping) -> None:
    is_admin = row["role"] == "admin" and row["is_enabled"] and not row["is_demo"]
    if is_admin and _admin_count(connection) == 1:
        raise InvalidInputError(f"{row['name']} is the only administrator; make somebody else one first.")


def check_account(write: Write, name: str) -> None:
    """Raise `UnknownNameError` unless an account of that name may sign in."""
    enabled = select(users.c.name).where(users.c.is_enabled).order_by(users.c.name_key)
    names = list(write.execute(enabled).scalars())
    if name not in names:
        raise UnknownNameError("account", name, names)
