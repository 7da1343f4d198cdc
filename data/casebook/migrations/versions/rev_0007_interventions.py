"""Interventions that are meant to lower a rate."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "interventions",
        sa.Column("intervention_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=32)),
        sa.Column("cause", sa.String(length=32)),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=32)),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("training", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.String(length=128)),
        sa.PrimaryKeyConstraint("intervention_id", name=op.f("pk_interventions")),
    )
    op.create_index(op.f("ix_interventions_begins_on"), "interventions", ["begins_on"])
