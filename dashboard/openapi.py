"""The HTTP interface described for programs (OpenAPI 3.1) and, from the same description, for people."""

from html import escape
from importlib.metadata import version
from typing import Any

from data.vocabulary import FALSE_POSITIVE_REASONS, LABELS
from models.merging import LINE_ANSWERS, PAID_ANSWERS, SHIPPED_ANSWERS
from models.new_order import MOST_ORDERS, order_schema

TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _schemas() -> dict[str, Any]:
    order = order_schema()
    return {
        **order.pop("$defs"),
        "NewOrder": order,
        "Batch": _object(
            "orders", orders={"type": "array", "items": _ref("NewOrder"), "minItems": 1, "maxItems": MOST_ORDERS}
        ),
        "Finding": _object(
            "kind score reason action",
            kind=TEXT, line_no=_maybe(WHOLE), score={"type": "number", "minimum": 0, "maximum": 1}, impact=NUMBER,
            cause=TEXT, source=TEXT, variant=TEXT, reason=TEXT, action=TEXT, evidence={"type": "object"},
        ),
        "Duplicate": _object(
            "duplicate_of probability",
            duplicate_of=TEXT, probability={"type": "number", "minimum": 0, "maximum": 1},
            reasons=_list(_object("name level weight", name=TEXT, level=TEXT, weight=NUMBER)),
        ),
        "Verdict": _object(
            "verdict action findings duplicates not_run",
            check_id=WHOLE, order_id=_maybe(TEXT), ordered_at={"type": "string", "format": "date-time"},
            verdict={"type": "string", "enum": ["accept", "hold"]}, action=TEXT, findings=_list(_ref("Finding")),
            duplicates=_list(_ref("Duplicate")),
            not_run=_list(_object("check missing", check=TEXT, missing=_list(TEXT))),
        ),
        "Case": _object(
            "case_id exception_id kind state department due_at is_overdue",
            case_id=WHOLE, exception_id=TEXT, kind=TEXT, order_id=_maybe(TEXT), line_no=_maybe(WHOLE),
            product_id=_maybe(TEXT), reason=TEXT, impact=_maybe(NUMBER), currency=_maybe(TEXT), state=TEXT,
            department=TEXT, assignee=_maybe(TEXT), due_at={"type": "string", "format": "date-time"},
            is_overdue={"type": "boolean"}, evidence={"type": "object"},
        ),
        "CaseState": _object(
            "case_id state due_at", case_id=WHOLE, state=TEXT, due_at={"type": "string", "format": "date-time"}
        ),
        "MergeChoices": _object(
            "", fields={"type": "object", "additionalProperties": {"type": "string", "enum": ["kept", "merged"]}},
            lines={"type": "string", "enum": list(LINE_ANSWERS)},
            shipped={"type": "string", "enum": list(SHIPPED_ANSWERS)},
            paid={"type": "string", "enum": list(PAID_ANSWERS)},
        ),
        "Merge": _object(
            "merge_id what kept_id merged_id by at is_in_force",
            merge_id=WHOLE, what=TEXT, kept_id=TEXT, merged_id=TEXT, case_id=_maybe(WHOLE), why=TEXT, by=TEXT,
            at={"type": "string", "format": "date-time"}, is_in_force={"type": "boolean"}, result={"type": "object"},
        ),
        "Verdicts": _object("results", results=_list(_ref("Verdict"))),
        "Wrong": _object(
            "error", error=TEXT, fields=_list(_object("field message", field=TEXT, message=TEXT))
        ),
    }  # fmt: skip


REFUSALS = {
    "400": "The body can't be used; every wrong field is named and nothing was changed.",
    "401": "No valid bearer token.",
    "403": "The token's role may not do this.",
    "413": "The body is too large.",
    "503": "No orders were read in yet.",
}


def _operation(summary: str, description: str, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    refusals = {status: _json(_ref("Wrong"), text) for status, text in REFUSALS.items()}
    return {"summary": summary, "description": description, "responses": {"200": answers, **refusals}, **more}


def _parameter(name: str, where: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema, "description": description}


def _case_paths() -> dict[str, Any]:
    """Return what can be done with cases."""
    number = _object("case_id", case_id=WHOLE)
    wanted = _json(_object("exception_id", exception_id=TEXT), "The finding.")
    move = _json(_object("to", to=TEXT, why=TEXT, **{"from": TEXT}), "The new state, and from which it was seen.")
    listed = _operation(
        "List cases",
        "What is overdue comes first, then by due time, then the closed ones.",
        _json(_object("cases", cases=_list(_ref("Case"))), "All that is known of each."),
        parameters=[
            _parameter("state", "query", TEXT, "One state only."),
            _parameter("kind", "query", TEXT, "One kind of exception only."),
            _parameter("department", "query", TEXT, "One department's only."),
            _parameter("assignee", "query", TEXT, "One person's only."),
            _parameter("limit", "query", WHOLE, "How many, at most 1,000; 100 by default."),
        ],
    )
    opened = _operation(
        "Open a case",
        "For one finding; a finding that has a case keeps it.",
        _json(number, "The case of the finding."),
        requestBody={"required": True, **wanted},
    )
    moved = _operation(
        "Move a case to another state",
        "As the role of the token may; closing and reopening need a reason.",
        _json(_ref("CaseState"), "Where it stands now."),
        parameters=[_parameter("case_id", "path", WHOLE, "Its number.")],
        requestBody={"required": True, **move},
    )
    return {
        "/api/v1/cases": {"get": listed, "post": opened},
        "/api/v1/cases/{case_id}/move": {"post": moved},
    }


def _merge_paths() -> dict[str, Any]:
    """Return what can be done with merges."""
    asked: dict[str, Any] = {
        "what": {"type": "string", "enum": ["order", "customer"]}, "kept_id": TEXT, "merged_id": TEXT,
        "choices": _ref("MergeChoices"),
    }  # fmt: skip
    both = _json(_object("kept_id merged_id", **asked), "Which one stays, and which one goes up in it.")
    done = {"why": TEXT, "channel": {"type": "string", "enum": ["file", "webhook"]}}
    answered = _json(_object("kept_id merged_id", **asked, **done), "The same, with an answer to every question.")
    listed = _operation(
        "List merges",
        "The newest first, those that were undone too.",
        _json(_object("merges", merges=_list(_ref("Merge"))), "What was merged, and what it changes."),
        parameters=[_parameter("what", "query", TEXT, "order or customer only.")],
    )
    preview = _operation(
        "Preview a merge",
        "Nothing is changed: the answer says what has to be answered, and what would change once everything is.",
        _json(
            _object("questions", questions={"type": "object"}, result=_maybe({"type": "object"}), missing=TEXT),
            "The open questions with the answers there are, and the result.",
        ),
        requestBody={"required": True, **both},
    )
    made = _operation(
        "Merge two orders or two customers",
        "Both originals are kept, and it can be undone. With a channel the ERP is asked for the changes.",
        _json(_object("merge_id", merge_id=WHOLE), "Its number, once it is safely stored."),
        requestBody={"required": True, **answered},
    )
    undone = _operation(
        "Undo a merge",
        "Others' merges are undone by a manager. What still waits for the ERP is cancelled.",
        _json(_object("undo_id", undo_id=WHOLE), "The number of the row that says so."),
        parameters=[_parameter("merge_id", "path", WHOLE, "Its number.")],
        requestBody={"required": True, **_json(_object("", why=TEXT), "The reason.")},
    )
    return {
        "/api/v1/merges": {"get": listed, "post": made},
        "/api/v1/merges/preview": {"post": preview},
        "/api/v1/merges/{merge_id}/undo": {"post": undone},
    }


def openapi() -> dict[str, Any]:
    """Return the description of the interface."""
    asked = {"oneOf": [_ref("NewOrder"), _ref("Batch"), _list(_ref("NewOrder"))]}
    order_id = _json(_object("order_id", order_id=TEXT), "The identifier that the order was entered under.")
    check = _operation(
        "Judge orders before they are entered",
        "One order, a list of orders, or an object with orders. Orders of one call are known to each other, and so are "
        "orders that were entered after a check. Nothing is entered by this.",
        _json({"oneOf": [_ref("Verdict"), _ref("Verdicts")]}, "The verdict, or one verdict for each order."),
        parameters=[_parameter("thorough", "query", TEXT, "1 to judge stock and the order as a whole too; slower.")],
        requestBody={"required": True, **_json(asked, "")},
    )
    entered = _operation(
        "Say that a checked order was entered",
        "From now on other checks know of it, before it is read in with the next import.",
        _json(_object("check_id order_id", check_id=WHOLE, order_id=TEXT), "What was kept."),
        parameters=[_parameter("check_id", "path", WHOLE, "As the check returned it.")],
        requestBody={"required": True, **order_id},
    )
    findings = _operation(
        "List what was found in the history",
        "The ranked exceptions of the latest run.",
        _json(
            _object("findings", findings=_list(_ref("Finding")), version=WHOLE), "The first is the first to look at."
        ),
        parameters=[
            _parameter("limit", "query", WHOLE, "How many, at most 1,000; 100 by default."),
            _parameter("min_score", "query", NUMBER, "The least chance of being real, 0 to 1."),
            _parameter("kind", "query", TEXT, "One kind of exception only."),
        ],
    )
    verdict = _object(
        "label",
        label={"type": "string", "enum": list(LABELS)},
        reason={"type": "string", "enum": list(FALSE_POSITIVE_REASONS)},
        note=TEXT,
    )
    label = _operation(
        "Say whether a finding is real",
        "The next ranking learns from it; a later verdict on the same finding takes its place.",
        _json(_object("label_id", label_id=WHOLE), "The number of the verdict, once it is safely stored."),
        parameters=[_parameter("exception_id", "path", TEXT, "As in the list of findings.")],
        requestBody={"required": True, **_json(verdict, "")},
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orderlens", "version": version("orderlens")},
        "paths": {
            **_case_paths(),
            **_merge_paths(),
            "/api/v1/check": {"post": check},
            "/api/v1/check/{check_id}/entered": {"post": entered},
            "/api/v1/findings": {"get": findings},
            "/api/v1/findings/{exception_id}/label": {"post": label},
        },
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " | ".join(_type(part) for part in schema[word])
    if schema.get("type") == "array":
        return f"[{_type(schema['items'])}]"
    return escape(" | ".join(schema["enum"]) if "enum" in schema else str(schema.get("format", schema.get("type", ""))))


def _fields(schema: dict[str, Any]) -> str:
    required = set(schema.get("required", []))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{' *' if name in required else ''}</td><td>{_type(part)}</td></tr>"
        for name, part in schema.get("properties", {}).items()
    )
    return f"<table>{rows}</table>"


def page(description: dict[str, Any]) -> str:
    """Return the description as a page that needs nothing from elsewhere."""
    parts = []
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            parameters = "".join(
                f"<tr><td><code>{escape(given['name'])}</code></td><td>{escape(given['description'])}</td></tr>"
                for given in operation.get("parameters", [])
            )
            answers = "".join(
                f"<tr><td>{status}</td><td>{escape(given['description'])}</td>"
                f"<td>{_type(given['content']['application/json']['schema'])}</td></tr>"
                for status, given in operation["responses"].items()
            )
            body = operation.get("requestBody")
            asked = f"<p>Body: {_type(body['content']['application/json']['schema'])}</p>" if body else ""
            parts.append(
                f"<h2><code>{method.upper()} {escape(path)}</code></h2><p><b>{escape(operation['summary'])}.</b> "
                f"{escape(operation['description'])}</p>{asked}<table>{parameters}</table><table>{answers}</table>"
            )
    parts += [
        f'<h3 id="{escape(name)}">{escape(name)}</h3>{_fields(schema)}'
        for name, schema in description["components"]["schemas"].items()
    ]
    style = (
        "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
        "color-scheme:light dark}table{border-collapse:collapse;margin:.5rem 0}"
        "td{border:1px solid #8884;padding:.2rem .6rem;vertical-align:top}"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Orderlens API</title><style>{style}</style>'
        "</head><body><h1>Orderlens API</h1><p>Every call carries <code>Authorization: Bearer TOKEN</code>. "
        f'For programs: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a></p>{"".join(parts)}</body></html>'
    )
