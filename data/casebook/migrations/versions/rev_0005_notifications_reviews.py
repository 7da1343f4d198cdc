"""Notification rules with their outbox, and reviews of who may what."""

import sqlalchemy as sa
from alembic import op

from data.casebook.migrations.append_only import make_append_only

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create these tables."""
    op.create_table(
        "notification_rules",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("departments", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("min_score", sa.Float(), nullable=False),
        sa.Column("min_impact", sa.Float(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("delivery", sa.String(length=16), nullable=False),
        sa.Column("digest_at", sa.String(length=5), nullable=False),
        sa.Column("quiet_from", sa.String(length=5)),
        sa.Column("quiet_until", sa.String(length=5)),
        sa.Column("is_quiet_at_weekends", sa.Boolean(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("updated_by", sa.String(length=128), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_notification_rules")),
    )
    op.create_table(
        "notifications",
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        sa.Column("host", sa.String(length=128)),
        sa.Column("pid", sa.Integer()),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["rule_id"], ["notification_rules.rule_id"], name=op.f("fk_notifications_rule_id")),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_notifications")),
    )
    op.create_index(op.f("ix_notifications_status_due_at"), "notifications", ["status", "due_at"])
    op.create_table(
        "notification_items",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("cause_key", sa.Text(), nullable=False),
        sa.Column("exception_id", sa.String(length=64), nullable=False),
        sa.Column("impact", sa.Float(), nullable=False),
        sa.Column("order_count", sa.Integer(), nullable=False),
        sa.Column("is_worse", sa.Boolean(), nullable=False),
        sa.Column("content", sa.Text()),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notifications.notification_id"], name=op.f("fk_notification_items_notification_id")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_notification_items")),
    )
    op.create_index(op.f("ix_notification_items_notification_id"), "notification_items", ["notification_id"])
    op.create_index(op.f("ix_notification_items_rule_id_cause_key"), "notification_items", ["rule_id", "cause_key"])
    op.create_table(
        "permission_reviews",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("accounts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_permission_reviews")),
    )
    make_append_only("permission_reviews")
