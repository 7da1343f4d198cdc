"""Notification rules that tell of cases too, and rules for one person."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a rule tells of; those that there are tell of findings."""
    op.add_column("notification_rules", sa.Column("topics", sa.Text(), nullable=False, server_default='["findings"]'))
    op.add_column("notification_rules", sa.Column("person", sa.String(length=64)))
