"""The HTTP interface for other programs; the guard has let in only who carries a session's token."""

import json
from typing import Any

import pandas as pd
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.workspace import Workspace
from data.casebook.permissions import require
from data.errors import NotReadyError, OrderlensError, PermissionDeniedError
from models.entry import check_order

BODY_LIMIT = 1_000_000
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
    status = 403 if isinstance(error, PermissionDeniedError) else 503 if isinstance(error, NotReadyError) else 400
    return JSONResponse({"error": str(error)}, status)


def routes(workspace: Workspace) -> list[Route]:
    """Return the routes to mount."""

    async def health(request: Request) -> Response:  # noqa: ARG001
        return JSONResponse({"status": "ok", "version": await to_thread.run_sync(workspace.warehouse.version)})

    async def findings(request: Request) -> Response:
        try:
            return JSONResponse(await to_thread.run_sync(_findings, workspace, dict(request.query_params)))
        except OrderlensError as wrong:
            return answer(wrong)

    async def check(request: Request) -> Response:
        try:
            require(request.scope["orderlens_actor"], "order.check")
        except OrderlensError as wrong:
            return answer(wrong)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > BODY_LIMIT:
                return JSONResponse({"error": f"The order is larger than {BODY_LIMIT:,} bytes."}, 413)
        try:
            order = json.loads(body)
        except ValueError as wrong:
            return JSONResponse({"error": f"The body is not JSON: {wrong}."}, 400)
        try:
            judged = await to_thread.run_sync(
                check_order, workspace.warehouse, workspace.casebook, workspace.settings, order
            )
        except OrderlensError as wrong:
            return answer(wrong)
        return Response(json.dumps(judged, ensure_ascii=False, default=str), media_type="application/json")

    return [
        Route("/healthz", health),
        Route("/api/v1/findings", findings),
        Route("/api/v1/check", check, methods=["POST"]),
    ]


def _findings(workspace: Workspace, query: dict[str, str]) -> dict[str, Any]:
    """Return the ranked exceptions with the status that the labels in force give them."""
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
    return {
        "version": workspace.warehouse.version(),
        "findings": rows,
        "generated_at": pd.Timestamp.now("UTC").isoformat(),
    }
