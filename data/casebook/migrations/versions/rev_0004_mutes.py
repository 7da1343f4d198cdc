"""Mutes of findings."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "mutes",
        sa.Column("mute_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32)),
        sa.Column("source", sa.String(length=64)),
        sa.Column("customer_id", sa.Text()),
        sa.Column("product_id", sa.Text()),
        sa.Column("channel", sa.Text()),
        sa.Column("entered_by", sa.Text()),
        sa.Column("exception_id", sa.String(length=64)),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("below_impact", sa.Float()),
        sa.Column("below_score", sa.Float()),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_by", sa.String(length=128)),
        sa.PrimaryKeyConstraint("mute_id", name=op.f("pk_mutes")),
    )
