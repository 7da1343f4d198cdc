"""Orders checked before entry, and verdicts on pairs of orders."""

import sqlalchemy as sa
from alembic import op

from data.casebook.migrations.append_only import make_append_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "order_checks",
        sa.Column("check_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Text()),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("duplicate_of", sa.Text()),
        sa.Column("probability", sa.Float()),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("via", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_order_checks")),
    )
    op.create_index("ix_order_checks_entered_at", "order_checks", ["entered_at"])
    op.create_table(
        "pair_reviews",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("duplicate_of", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("probability", sa.Float()),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_pair_reviews")),
    )
    op.create_index("ix_pair_reviews_order_id_duplicate_of", "pair_reviews", ["order_id", "duplicate_of"])
    make_append_only("pair_reviews")
