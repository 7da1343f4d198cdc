"""The table of planning: what planners decided about causes, reorders, scarce stock, and what waits until a day.

Append-only: a change of mind is a newer row, an undo a row that names the old one.
"""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, String, Table, Text

from data.casebook.tables import UtcTime, metadata

plan_decisions = Table(
    "plan_decisions",
    metadata,
    Column("decision_id", Integer, primary_key=True),
    Column("topic", String(16), nullable=False),  # cause, reorder, allocation
    Column("product_id", Text, nullable=False),
    Column("order_id", Text),  # with line_no where it is about one order line
    Column("line_no", Integer),
    Column("choice", String(32)),  # null in a row that undoes another
    Column("quantity", Float),
    Column("until", String(10)),  # the day it is ordered by, or sleeps until
    Column("proposed", Text, nullable=False),  # JSON: what was proposed at that moment
    Column("note", Text, nullable=False),
    Column("undoes", ForeignKey("plan_decisions.decision_id"), unique=True),
    Column("by", String(128), nullable=False),
    Column("via", String(8), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("warehouse_id", Text),  # where several keep the product
    Index("ix_plan_decisions_topic_product_id", "topic", "product_id"),
)
