"""The HTTP interface for other programs; the guard has let in only who carries a session's token."""

import json
from typing import Any

import pandas as pd
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from dashboard.casework import case_api, merge_api
from dashboard.openapi import openapi, page
from dashboard.workspace import Workspace
from data.casebook import Actor
from data.casebook.permissions import require
from data.errors import InvalidFieldsError, InvalidInputError, NotReadyError, OrderlensError, PermissionDeniedError
from models.entry import check_orders, keep_checked
from models.export import exception
from models.new_order import is_batch

BODY_LIMIT = 1_000_000


class TooLargeError(InvalidInputError):
    """More than one call may carry."""


MAX_FINDINGS = 1000

FINDINGS = """
    select exception_id, kind, order_id, line_no, product_id, score, impact, rank, cause, reason, evidence, action,
        department, detected_at
    from exceptions
    where score >= $score and ($kind = '' or kind = $kind)
    order by rank
    limit $limit
"""


def answer(error: OrderlensError) -> JSONResponse:
    """Return an error as JSON under the status that fits it."""
    statuses = {PermissionDeniedError: 403, NotReadyError: 503, TooLargeError: 413}
    told: dict[str, Any] = {"error": str(error)}
    if isinstance(error, InvalidFieldsError):
        told["fields"] = [{"field": path, "message": text} for path, text in error.faults]
    return JSONResponse(told, statuses.get(type(error), 400))


async def _body(request: Request) -> Any:
    """Return the JSON of a request's body."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT:
            raise TooLargeError(f"The body is larger than {BODY_LIMIT:,} bytes.")
    try:
        return json.loads(body)
    except ValueError as wrong:
        raise InvalidInputError(f"The body is not JSON: {wrong}.") from None
    except RecursionError:
        raise InvalidInputError("The body is nested too deeply.") from None


def _check(workspace: Workspace, actor: Actor, given: object, is_thorough: bool) -> dict[str, Any]:
    """Return the verdict on one order, or under ``results`` those on several."""
    judged = check_orders(workspace.warehouse, workspace.casebook, workspace.settings, given, is_thorough)
    keep_checked(workspace.casebook, actor, given, judged)
    return {"results": judged} if is_batch(given) else judged[0]


def routes(workspace: Workspace) -> list[Route]:
    """Return the routes to mount."""

    async def health(request: Request) -> Response:  # noqa: ARG001
        return JSONResponse({"status": "ok", "version": await to_thread.run_sync(workspace.warehouse.version)})

    async def findings(request: Request) -> Response:
        try:
            actor = request.scope["orderlens_actor"]
            return JSONResponse(await to_thread.run_sync(_findings, workspace, actor, dict(request.query_params)))
        except OrderlensError as wrong:
            return answer(wrong)

    async def check(request: Request) -> Response:
        actor = request.scope["orderlens_actor"]
        try:
            require(actor, "order.check")
            given = await _body(request)
            is_thorough = request.query_params.get("thorough", "") in ("1", "true")
            judged = await to_thread.run_sync(_check, workspace, actor, given, is_thorough)
        except OrderlensError as wrong:
            return answer(wrong)
        return Response(json.dumps(judged, ensure_ascii=False, default=str), media_type="application/json")

    async def entered(request: Request) -> Response:
        actor = request.scope["orderlens_actor"]
        try:
            require(actor, "order.enter")
            given = await _body(request)
            order_id = given.get("order_id") if isinstance(given, dict) else None
            if not isinstance(order_id, str):
                raise InvalidFieldsError("The order can't be entered", [("order_id", "Field required")])
            check_id = int(request.path_params["check_id"])
            await to_thread.run_sync(workspace.casebook.order_checks.enter, actor, check_id, order_id)
        except OrderlensError as wrong:
            return answer(wrong)
        return JSONResponse({"check_id": check_id, "order_id": order_id})

    async def judge(request: Request) -> Response:
        actor = request.scope["orderlens_actor"]
        try:
            require(actor, "label.add")
            given = await _body(request)
            label_id = await to_thread.run_sync(
                _judge, workspace, actor, request.path_params["exception_id"], given if isinstance(given, dict) else {}
            )
        except OrderlensError as wrong:
            return answer(wrong)
        return JSONResponse({"label_id": label_id})

    async def described(request: Request) -> Response:  # noqa: ARG001
        return JSONResponse(openapi())

    async def docs(request: Request) -> Response:  # noqa: ARG001
        return HTMLResponse(page(openapi()))

    return [
        Route("/healthz", health),
        Route("/api/v1/findings", findings),
        Route("/api/v1/findings/{exception_id}/label", judge, methods=["POST"]),
        Route("/api/v1/check", check, methods=["POST"]),
        *case_api.routes(workspace, answer),
        *merge_api.routes(workspace, answer),
        Route("/api/v1/check/{check_id:int}/entered", entered, methods=["POST"]),
        Route("/api/v1/openapi.json", described),
        Route("/api/v1/docs", docs),
    ]


def _judge(workspace: Workspace, actor: Actor, exception_id: str, given: dict[str, Any]) -> int:
    """Keep a verdict on one finding, as a reviewer gives it on screen; return its number."""
    label, why, note = (given.get(name) for name in ("label", "reason", "note"))
    if not isinstance(label, str) or not isinstance(why, str | None) or not isinstance(note, str | None):
        raise InvalidFieldsError(
            "The verdict can't be kept", [("label", "Text required; reason and note are text too")]
        )
    finding = exception(workspace.warehouse, exception_id)
    return workspace.casebook.labels.add(actor, finding, label, why, note or "")


def _findings(workspace: Workspace, actor: Actor, query: dict[str, str]) -> dict[str, Any]:
    """Return the ranked exceptions with the status that the labels in force give them; an export, and noted as one."""
    require(actor, "data.export")
    try:
        limit, score = int(query.get("limit", 100)), float(query.get("min_score", 0))
    except ValueError:
        limit, score = 100, 0.0
    bound = {"limit": max(1, min(limit, MAX_FINDINGS)), "score": score, "kind": query.get("kind", "")}
    with workspace.warehouse.read() as cursor:
        tables = {row[0] for row in cursor.execute("select table_name from duckdb_tables()").fetchall()}
        if "exceptions" not in tables:
            raise NotReadyError("There are no exceptions yet. Run 'orderlens detect' first.")
        frame = cursor.execute(FINDINGS, bound).df()
    labels = workspace.casebook.labels.current()
    said = dict(zip(labels["exception_id"], labels["label"], strict=True))
    frame["status"] = frame["exception_id"].map(said).fillna("open")
    rows = json.loads(frame.to_json(orient="records", date_format="iso"))
    for row in rows:
        row["evidence"] = json.loads(row["evidence"]) if row["evidence"] else {}
    workspace.casebook.audit.record(actor, "data.export", "findings", row_count=len(rows))
    return {
        "version": workspace.warehouse.version(),
        "findings": rows,
        "generated_at": pd.Timestamp.now("UTC").isoformat(),
    }
