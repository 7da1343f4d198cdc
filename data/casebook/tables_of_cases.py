"""The tables of casework: cases and their course, corrective actions, procedures, merges, and what goes to the ERP.

``cases`` holds what is true now; ``case_events`` holds how it came to be, append-only, and is the case's timeline.
``case_rulebooks``, ``procedures`` and ``merges`` are append-only too: a change is a newer row, an undo a row that names
the old one.
"""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from data.casebook.tables import UtcTime, metadata

cases = Table(
    "cases",
    metadata,
    Column("case_id", Integer, primary_key=True),
    Column("exception_id", String(64), nullable=False, unique=True),  # one case per finding; it is reopened
    Column("kind", String(32), nullable=False, index=True),
    Column("cause", String(32)),
    Column("group_id", Text),  # the common cause of many orders, where the finding has one
    Column("order_id", Text, index=True),
    Column("line_no", Integer),
    Column("product_id", Text),
    Column("customer_id", Text),
    Column("warehouse_id", Text),
    Column("region", Text),
    Column("reason", Text, nullable=False),  # the finding's sentence when the case was opened, in English
    Column("source", String(64)),
    Column("variant", String(64)),
    Column("evidence", Text, nullable=False),  # JSON, as it was when the case was opened
    Column("score", Float),
    Column("impact", Float),
    Column("currency", String(8)),
    Column("state", String(32), nullable=False, index=True),
    Column("state_since", UtcTime, nullable=False),
    Column("department", String(32), nullable=False, index=True),
    Column("assignee", String(64), index=True),
    Column("due_at", UtcTime, nullable=False, index=True),
    Column("opened_by", String(128), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("gone_at", UtcTime),  # since when a run no longer finds it; found again after that, it has come back
    Column("reopened_count", Integer, nullable=False),
)

case_events = Table(
    "case_events",
    metadata,
    Column("event_id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.case_id"), nullable=False, index=True),
    Column("what", String(32), nullable=False),  # opened, moved, assigned, due_set, commented, attached, ...
    Column("before", Text),
    Column("after", Text),
    Column("text", Text, nullable=False),  # why, or the comment itself
    Column("by", String(128), nullable=False),
    Column("role", String(32), nullable=False),
    Column("via", String(8), nullable=False),
    Column("at", UtcTime, nullable=False),
)

case_mentions = Table(
    "case_mentions",
    metadata,
    Column("mention_id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.case_id"), nullable=False),
    Column("event_id", ForeignKey("case_events.event_id"), nullable=False),
    Column("name", String(64), nullable=False, index=True),  # the account's name
    Column("at", UtcTime, nullable=False),
    Column("seen_at", UtcTime),
)

case_attachments = Table(
    "case_attachments",
    metadata,
    Column("attachment_id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.case_id"), nullable=False, index=True),
    Column("name", String(128), nullable=False),  # as shown; never used as a path
    Column("stored_as", String(64), nullable=False, unique=True),  # its name in the home folder's ``attachments``
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("removed_at", UtcTime),
    Column("removed_by", String(128)),
)

case_rulebooks = Table(
    "case_rulebooks",
    metadata,
    Column("rulebook_id", Integer, primary_key=True),
    Column("what", String(32), nullable=False, index=True),  # assignment, service_levels
    Column("content", Text, nullable=False),  # JSON, a list of rules
    Column("by", String(128), nullable=False),
    Column("at", UtcTime, nullable=False),
)

procedures = Table(
    "procedures",
    metadata,
    Column("procedure_id", Integer, primary_key=True),
    Column("action", String(32), nullable=False),
    Column("version", Integer, nullable=False),  # 1 is the shipped one, which is not stored
    Column("text_en", Text, nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("action", "version"),
)

case_actions = Table(
    "case_actions",
    metadata,
    Column("case_action_id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.case_id"), nullable=False, index=True),
    Column("action", String(32), nullable=False, index=True),
    Column("note", Text, nullable=False),
    Column("procedure_version", Integer, nullable=False),
    Column("state", String(16), nullable=False),  # planned, done, cancelled
    Column("outcome", String(16)),  # worked, partly, failed
    Column("outcome_note", Text, nullable=False),
    Column("planned_by", String(128), nullable=False),
    Column("planned_at", UtcTime, nullable=False),
    Column("finished_by", String(128)),
    Column("finished_at", UtcTime),
)

merges = Table(
    "merges",
    metadata,
    Column("merge_id", Integer, primary_key=True),
    Column("what", String(16), nullable=False),  # order, customer
    Column("kept_id", Text, nullable=False, index=True),
    Column("merged_id", Text, nullable=False, index=True),
    Column("case_id", ForeignKey("cases.case_id")),
    Column("choices", Text, nullable=False),  # JSON: what was asked and how it was answered
    Column("originals", Text, nullable=False),  # JSON: both as they were
    Column("result", Text, nullable=False),  # JSON: what the kept one should become
    Column("why", Text, nullable=False),
    Column("undoes", ForeignKey("merges.merge_id"), unique=True),
    Column("by", String(128), nullable=False),
    Column("via", String(8), nullable=False),
    Column("at", UtcTime, nullable=False),
)

erp_updates = Table(
    "erp_updates",
    metadata,
    Column("update_id", Integer, primary_key=True),
    Column("case_id", ForeignKey("cases.case_id"), index=True),
    Column("merge_id", ForeignKey("merges.merge_id")),
    Column("idempotency_key", String(64), nullable=False, unique=True),
    Column("channel", String(16), nullable=False),  # file, webhook
    Column("payload", Text, nullable=False),  # JSON, sent as it is
    Column("state", String(16), nullable=False),  # waiting, sent, exported, failed, cancelled
    Column("attempt_count", Integer, nullable=False),
    Column("next_attempt_at", UtcTime),
    Column("claimed_until", UtcTime),  # a sender works on it until then
    Column("last_error", Text, nullable=False),
    Column("requested_by", String(128), nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Index("ix_erp_updates_state_next_attempt_at", "state", "next_attempt_at"),
)
