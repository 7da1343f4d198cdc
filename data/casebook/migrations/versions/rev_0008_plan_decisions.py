"""What planners decided."""

import sqlalchemy as sa
from alembic import op

from data.casebook.migrations.append_only import make_append_only

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "plan_decisions",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text()),
        sa.Column("line_no", sa.Integer()),
        sa.Column("choice", sa.String(length=32)),
        sa.Column("quantity", sa.Float()),
        sa.Column("until", sa.String(length=10)),
        sa.Column("proposed", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer()),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("via", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["undoes"], ["plan_decisions.decision_id"], name=op.f("fk_plan_decisions_undoes")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_plan_decisions")),
        sa.UniqueConstraint("undoes", name=op.f("uq_plan_decisions_undoes")),
    )
    op.create_index("ix_plan_decisions_topic_product_id", "plan_decisions", ["topic", "product_id"])
    make_append_only("plan_decisions")
