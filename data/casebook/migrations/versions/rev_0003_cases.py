"""Cases and their course, corrective actions, procedures, merges, and updates for the ERP."""

import sqlalchemy as sa
from alembic import op

from data.casebook.migrations.append_only import make_append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create these tables."""
    op.create_table(
        "case_rulebooks",
        sa.Column("rulebook_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rulebook_id", name=op.f("pk_case_rulebooks")),
    )
    op.create_index(op.f("ix_case_rulebooks_what"), "case_rulebooks", ["what"])
    op.create_table(
        "cases",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("exception_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32)),
        sa.Column("group_id", sa.Text()),
        sa.Column("order_id", sa.Text()),
        sa.Column("line_no", sa.Integer()),
        sa.Column("product_id", sa.Text()),
        sa.Column("customer_id", sa.Text()),
        sa.Column("warehouse_id", sa.Text()),
        sa.Column("region", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=64)),
        sa.Column("variant", sa.String(length=64)),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("score", sa.Float()),
        sa.Column("impact", sa.Float()),
        sa.Column("currency", sa.String(length=8)),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("assignee", sa.String(length=64)),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=128), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("gone_at", sa.DateTime(timezone=True)),
        sa.Column("reopened_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")),
        sa.UniqueConstraint("exception_id", name=op.f("uq_cases_exception_id")),
    )
    op.create_index(op.f("ix_cases_assignee"), "cases", ["assignee"])
    op.create_index(op.f("ix_cases_department"), "cases", ["department"])
    op.create_index(op.f("ix_cases_due_at"), "cases", ["due_at"])
    op.create_index(op.f("ix_cases_kind"), "cases", ["kind"])
    op.create_index(op.f("ix_cases_order_id"), "cases", ["order_id"])
    op.create_index(op.f("ix_cases_state"), "cases", ["state"])
    op.create_table(
        "procedures",
        sa.Column("procedure_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("procedure_id", name=op.f("pk_procedures")),
        sa.UniqueConstraint("action", "version", name=op.f("uq_procedures_action_version")),
    )
    op.create_table(
        "case_actions",
        sa.Column("case_action_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("procedure_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16)),
        sa.Column("outcome_note", sa.Text(), nullable=False),
        sa.Column("planned_by", sa.String(length=128), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_by", sa.String(length=128)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_actions_case_id")),
        sa.PrimaryKeyConstraint("case_action_id", name=op.f("pk_case_actions")),
    )
    op.create_index(op.f("ix_case_actions_action"), "case_actions", ["action"])
    op.create_index(op.f("ix_case_actions_case_id"), "case_actions", ["case_id"])
    op.create_table(
        "case_attachments",
        sa.Column("attachment_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("stored_as", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.Column("removed_by", sa.String(length=128)),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_attachments_case_id")),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_case_attachments")),
        sa.UniqueConstraint("stored_as", name=op.f("uq_case_attachments_stored_as")),
    )
    op.create_index(op.f("ix_case_attachments_case_id"), "case_attachments", ["case_id"])
    op.create_table(
        "case_events",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("via", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_events_case_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_case_events")),
    )
    op.create_index(op.f("ix_case_events_case_id"), "case_events", ["case_id"])
    op.create_table(
        "merges",
        sa.Column("merge_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("kept_id", sa.Text(), nullable=False),
        sa.Column("merged_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Integer()),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.Column("originals", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer()),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("via", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_merges_case_id")),
        sa.ForeignKeyConstraint(["undoes"], ["merges.merge_id"], name=op.f("fk_merges_undoes")),
        sa.PrimaryKeyConstraint("merge_id", name=op.f("pk_merges")),
        sa.UniqueConstraint("undoes", name=op.f("uq_merges_undoes")),
    )
    op.create_index(op.f("ix_merges_kept_id"), "merges", ["kept_id"])
    op.create_index(op.f("ix_merges_merged_id"), "merges", ["merged_id"])
    op.create_table(
        "case_mentions",
        sa.Column("mention_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_case_mentions_case_id")),
        sa.ForeignKeyConstraint(["event_id"], ["case_events.event_id"], name=op.f("fk_case_mentions_event_id")),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_case_mentions")),
    )
    op.create_index(op.f("ix_case_mentions_name"), "case_mentions", ["name"])
    op.create_table(
        "erp_updates",
        sa.Column("update_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer()),
        sa.Column("merge_id", sa.Integer()),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(length=128), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_erp_updates_case_id")),
        sa.ForeignKeyConstraint(["merge_id"], ["merges.merge_id"], name=op.f("fk_erp_updates_merge_id")),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_erp_updates")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_erp_updates_idempotency_key")),
    )
    op.create_index(op.f("ix_erp_updates_case_id"), "erp_updates", ["case_id"])
    op.create_index("ix_erp_updates_state_next_attempt_at", "erp_updates", ["state", "next_attempt_at"])

    for table in ("case_events", "case_rulebooks", "procedures", "merges"):
        make_append_only(table)
