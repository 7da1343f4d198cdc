"""What a rule's readers do not know yet, of findings and of cases; it goes into the outbox."""

import json
from typing import Any

import pandas as pd

from dashboard import queries
from dashboard.workspace import Workspace
from data.casebook import Actor
from data.casebook.notification_rules import Rule
from data.casebook.outbox import LISTED_IN_FULL, News
from data.relations import create_maybe_views, read_folder
from data.schema import TABLES

CONTENT = (
    "score kind department cause order_id product_id source variant evidence reason customer_name currency".split()
)


def queue_news(workspace: Workspace, actor: Actor) -> int:
    """Queue what every rule in force has to tell of the published version; return how many causes were new."""
    return sum(
        workspace.casebook.outbox.queue(actor, rule_id, rule, news_of(workspace, rule))
        for rule_id, rule in workspace.casebook.notification_rules.in_force().items()
    )


def news_of(workspace: Workspace, rule: Rule) -> list[News]:
    """Return what a rule has to tell: of the published version, and of cases."""
    has_run = "findings" in rule.topics and workspace.warehouse.version() is not None
    found = as_news(matching(workspace, rule)) if has_run else []
    return [*workspace.casebook.case_news.of(rule), *found]


def matching(workspace: Workspace, rule: Rule) -> pd.DataFrame:
    """Return the open alerts that a rule speaks of, the first to look at first; see ``sql/news.sql``."""
    relation = read_folder(queries.FOLDER)["news"]
    with workspace.warehouse.read() as cursor:
        tables = {row[0] for row in cursor.execute("select table_name from duckdb_tables()").fetchall()}
        if not {"alerts", "exceptions"} <= tables:
            return pd.DataFrame()
        create_maybe_views(cursor, tables & TABLES.keys())
        labels = workspace.casebook.labels.current().reindex(columns=["exception_id", "label"]).astype("object")
        cursor.register("labels", labels)
        bound = {"kinds": list(rule.kinds), "departments": list(rule.departments)}
        return cursor.execute(relation.sql, {**bound, "score": rule.min_score, "impact": rule.min_impact}).df()


def as_news(frame: pd.DataFrame) -> list[News]:
    """Return the rows as news; only the first ones carry what a message is written from."""
    plain: list[dict[str, Any]] = json.loads(frame.to_json(orient="records")) if len(frame) else []
    return [
        News(
            row["alert_id"],
            row["exception_id"],
            float(row["impact"]),
            int(row["order_count"]),
            {name: row[name] for name in CONTENT} if place < LISTED_IN_FULL else {},
        )
        for place, row in enumerate(plain)
    ]
