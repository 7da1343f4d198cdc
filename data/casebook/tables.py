"""The casebook's tables as the newest migration leaves them; a test compares both.

Names of people are copied into history (``by``, ``actor``) instead of referred to, so that history stays readable
whatever happens to an account. ``labels`` and ``audit_log`` are append-only: triggers in the database refuse the rest.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcTime(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn an aware datetime into UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return an aware datetime in UTC; SQLite keeps no offset."""
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

metadata = MetaData(naming_convention=NAMES)

users = Table(
    "users",
    metadata,
    Column("user_id", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("name_key", String(64), nullable=False, unique=True),  # case-folded
    Column("role", String(32), nullable=False),
    Column("password_hash", String(256)),  # null: cannot sign in with a password
    Column("is_enabled", Boolean, nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", String(128), nullable=False),
    Column("password_changed_at", UtcTime),
    Column("disabled_at", UtcTime),
    Column("last_seen_at", UtcTime),
)

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", Integer, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("user_id", ForeignKey("users.user_id"), nullable=False, index=True),
    Column("started_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("origin", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("attempt_id", Integer, primary_key=True),
    Column("name_key", String(64), nullable=False),
    Column("origin", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("outcome", String(16), nullable=False),  # failed, succeeded, locked_out
    Index("ix_login_attempts_name_key_at", "name_key", "at"),
    Index("ix_login_attempts_origin_at", "origin", "at"),
)

one_time_tokens = Table(
    "one_time_tokens",
    metadata,
    Column("one_time_token_id", Integer, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("purpose", String(32), nullable=False),  # first_admin, password
    Column("user_id", ForeignKey("users.user_id")),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("api_token_id", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("role", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", String(128), nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("last_used_at", UtcTime),
)

labels = Table(
    "labels",
    metadata,
    Column("label_id", Integer, primary_key=True),
    Column("exception_id", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("order_id", Text),
    Column("line_no", Integer),
    Column("product_id", Text),
    Column("label", String(32)),  # null in a row that undoes another
    Column("reason", String(32)),
    Column("note", Text, nullable=False),
    Column("score", Float),  # what was shown when it was judged
    Column("source", String(64)),
    Column("undoes", ForeignKey("labels.label_id"), unique=True),
    Column("by", String(128), nullable=False),
    Column("via", String(8), nullable=False),
    Column("at", UtcTime, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("audit_id", Integer, primary_key=True, autoincrement=False),  # counts without gaps
    Column("at", UtcTime, nullable=False, index=True),
    Column("actor", String(128), nullable=False),
    Column("role", String(32), nullable=False),
    Column("via", String(8), nullable=False),
    Column("action", String(64), nullable=False, index=True),
    Column("subject", Text, nullable=False, index=True),
    Column("detail", Text, nullable=False),  # canonical JSON, as hashed
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("head_id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("audit_id", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("status", String(16), nullable=False, index=True),  # running, done, failed, cancelled
    Column("detail", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("progress", Float),  # 0..1, null while unknown
    Column("message", Text, nullable=False),
    Column("is_cancel_requested", Boolean, nullable=False),
    Column("started_by", String(128), nullable=False),
    Column("via", String(8), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("host", String(128), nullable=False),
    Column("pid", Integer, nullable=False),
)

preferences = Table(
    "preferences",
    metadata,
    Column("owner", String(128), primary_key=True),  # "" = everybody's default
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),  # JSON
    Column("updated_at", UtcTime, nullable=False),
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("view_id", Integer, primary_key=True),
    Column("owner", String(128), nullable=False),
    Column("page", String(64), nullable=False),
    Column("name", String(64), nullable=False),
    Column("query", Text, nullable=False),  # the page's query string
    Column("is_shared", Boolean, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("owner", "page", "name"),
)

mutes = Table(
    "mutes",
    metadata,
    Column("mute_id", Integer, primary_key=True),
    Column("kind", String(32)),  # a condition that is null holds for everything
    Column("source", String(64)),
    Column("customer_id", Text),
    Column("product_id", Text),
    Column("channel", Text),
    Column("entered_by", Text),
    Column("exception_id", String(64)),
    Column("direction", String(8), nullable=False),  # "", up, down
    Column("below_impact", Float),
    Column("below_score", Float),
    Column("until", UtcTime, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("revoked_by", String(128)),
)

notification_rules = Table(
    "notification_rules",
    metadata,
    Column("rule_id", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("departments", Text, nullable=False),  # JSON list; empty = all
    Column("kinds", Text, nullable=False),  # JSON list; empty = all
    Column("min_score", Float, nullable=False),
    Column("min_impact", Float, nullable=False),
    Column("language", String(8), nullable=False),
    Column("delivery", String(16), nullable=False),  # each, digest
    Column("digest_at", String(5), nullable=False),  # HH:MM in the setting time_zone, as the next two
    Column("quiet_from", String(5)),
    Column("quiet_until", String(5)),
    Column("is_quiet_at_weekends", Boolean, nullable=False),
    Column("target", Text, nullable=False),  # a secret: see data.casebook.notification_targets
    Column("topics", Text, nullable=False, server_default='["findings"]'),  # JSON list
    Column("person", String(64)),  # an account: its own cases only; null = everybody's
    Column("updated_by", String(128), nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("removed_at", UtcTime),
)

notifications = Table(
    "notifications",
    metadata,
    Column("notification_id", Integer, primary_key=True),
    Column("rule_id", ForeignKey("notification_rules.rule_id"), nullable=False),
    Column("purpose", String(16), nullable=False),  # news, test
    Column("status", String(16), nullable=False),  # queued, sending, sent, failed, held, dropped
    Column("queued_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("attempt_count", Integer, nullable=False),
    Column("error", Text, nullable=False),  # without anything secret
    Column("claimed_at", UtcTime),
    Column("host", String(128)),  # of the process that sends it
    Column("pid", Integer),
    Column("finished_at", UtcTime),
    Index("ix_notifications_status_due_at", "status", "due_at"),
)

notification_items = Table(
    "notification_items",
    metadata,
    Column("item_id", Integer, primary_key=True),
    Column("notification_id", ForeignKey("notifications.notification_id"), nullable=False, index=True),
    Column("rule_id", Integer, nullable=False),
    Column("cause_key", Text, nullable=False),  # the alert: one order, or all orders of one common cause
    Column("exception_id", String(64), nullable=False),
    Column("impact", Float, nullable=False),
    Column("order_count", Integer, nullable=False),
    Column("is_worse", Boolean, nullable=False),  # told before, and worse now
    Column("content", Text),  # JSON to write the message from; null beyond what a message lists
    Index("ix_notification_items_rule_id_cause_key", "rule_id", "cause_key"),
)

permission_reviews = Table(
    "permission_reviews",
    metadata,
    Column("review_id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("by", String(128), nullable=False),
    Column("note", Text, nullable=False),
    Column("accounts", Text, nullable=False),  # JSON: who might what at that time
)

interventions = Table(
    "interventions",
    metadata,
    Column("intervention_id", Integer, primary_key=True),
    Column("title", String(128), nullable=False),
    Column("begins_on", Date, nullable=False, index=True),
    Column("kind", String(32)),  # null: meant to lower all of them
    Column("cause", String(32)),
    Column("conditions", Text, nullable=False),  # JSON: the segment it is about
    Column("department", String(32)),
    Column("procedure", Text, nullable=False),
    Column("training", Text, nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("withdrawn_at", UtcTime),
    Column("withdrawn_by", String(128)),
)
