"""Second opinions that reviewers ask of each other."""

import sqlalchemy as sa
from alembic import op

from data.casebook.migrations.append_only import make_append_only

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "second_opinions",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("exception_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("order_id", sa.Text()),
        sa.Column("line_no", sa.Integer()),
        sa.Column("asked", sa.String(length=128), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_second_opinions")),
    )
    op.create_index("ix_second_opinions_exception_id", "second_opinions", ["exception_id"])
    op.create_index("ix_second_opinions_asked", "second_opinions", ["asked"])
    make_append_only("second_opinions")
