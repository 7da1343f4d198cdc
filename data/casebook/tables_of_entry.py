"""The tables of order entry and of reviewing: checked orders, verdicts on pairs, second opinions asked for."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from data.casebook.tables import UtcTime, metadata

order_checks = Table(
    "order_checks",
    metadata,
    Column("check_id", Integer, primary_key=True),
    Column("order_id", Text),  # null until it was entered
    Column("customer_id", Text, nullable=False),
    Column("verdict", String(8), nullable=False),  # hold, accept
    Column("duplicate_of", Text),
    Column("probability", Float),
    Column("content", Text, nullable=False),  # the order as it was checked, JSON
    Column("by", String(128), nullable=False),
    Column("via", String(8), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("entered_at", UtcTime),
    Index("ix_order_checks_entered_at", "entered_at"),
)

pair_reviews = Table(
    "pair_reviews",
    metadata,
    Column("review_id", Integer, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("duplicate_of", Text, nullable=False),
    Column("verdict", String(8), nullable=False),  # match, distinct, unsure
    Column("probability", Float),  # what was shown when it was judged
    Column("by", String(128), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_pair_reviews_order_id_duplicate_of", "order_id", "duplicate_of"),
)

second_opinions = Table(
    "second_opinions",
    metadata,
    Column("request_id", Integer, primary_key=True),
    Column("exception_id", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("order_id", Text),
    Column("line_no", Integer),
    Column("asked", String(128), nullable=False),  # the account that is to judge
    Column("note", Text, nullable=False),
    Column("by", String(128), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_second_opinions_exception_id", "exception_id"),
    Index("ix_second_opinions_asked", "asked"),
)
