"""For which warehouse a planner decided."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the warehouse; decisions that there are hold for the product."""
    op.add_column("plan_decisions", sa.Column("warehouse_id", sa.Text()))
