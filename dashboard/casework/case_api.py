"""Cases for other programs: list them, open one, move one; the same permissions as on the page."""

import json
from collections.abc import Callable
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.workspace import Workspace
from data.casebook import Actor
from data.casebook.permissions import require
from data.errors import InvalidInputError, OrderlensError
from models.casework import move_cases, open_cases

BODY_LIMIT = 20_000
MAX_CASES = 1000

Answer = Callable[[OrderlensError], JSONResponse]


def routes(workspace: Workspace, answer: Answer) -> list[Route]:
    """Return the routes to mount; ``answer`` turns an error into its response."""

    async def listed(request: Request) -> Response:
        try:
            query = dict(request.query_params)
            return JSONResponse({"cases": await to_thread.run_sync(_listed, workspace, signed(request), query)})
        except OrderlensError as wrong:
            return answer(wrong)

    async def opened(request: Request) -> Response:
        try:
            body = await read_body(request)
            case_id = await to_thread.run_sync(_open, workspace, signed(request), body)
        except OrderlensError as wrong:
            return answer(wrong)
        return JSONResponse({"case_id": case_id})

    async def moved(request: Request) -> Response:
        try:
            body = await read_body(request)
            case = await to_thread.run_sync(_move, workspace, signed(request), request.path_params["case_id"], body)
        except OrderlensError as wrong:
            return answer(wrong)
        return JSONResponse(case)

    return [
        Route("/api/v1/cases", listed),
        Route("/api/v1/cases", opened, methods=["POST"]),
        Route("/api/v1/cases/{case_id:int}/move", moved, methods=["POST"]),
    ]


def signed(request: Request) -> Actor:
    """Return who asks, by way of the API even where a browser's session lets it in."""
    actor: Actor = request.scope["orderlens_actor"]
    return Actor(actor.name, actor.role, "api")


async def read_body(request: Request) -> dict[str, Any]:
    """Return the JSON object of a small body."""
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > BODY_LIMIT:
            raise InvalidInputError(f"The body is larger than {BODY_LIMIT:,} bytes.")
    try:
        body = json.loads(read)
    except ValueError as wrong:
        raise InvalidInputError(f"The body is not JSON: {wrong}.") from None
    if not isinstance(body, dict):
        raise InvalidInputError("The body has to be a JSON object.")
    return body


def text_of(body: dict[str, Any], name: str, default: str | None = None) -> str:
    """Return a text of the body; raise `InvalidInputError` if it is missing or something else."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise InvalidInputError(f"{name!r} has to be a text (got {value!r}).")
    return value


def _open(workspace: Workspace, actor: Actor, body: dict[str, Any]) -> int:
    return open_cases(workspace.warehouse, workspace.casebook, actor, [text_of(body, "exception_id")])[0]


def _move(workspace: Workspace, actor: Actor, case_id: int, body: dict[str, Any]) -> dict[str, Any]:
    seen = text_of(body, "from") if "from" in body else None
    move_cases(workspace.casebook, actor, [case_id], text_of(body, "to"), text_of(body, "why", ""), seen)
    case = workspace.casebook.case_lists.get(case_id)
    return {"case_id": case_id, "state": case["state"], "due_at": case["due_at"].isoformat()}


def _listed(workspace: Workspace, actor: Actor, query: dict[str, str]) -> list[dict[str, Any]]:
    """Return the cases that match; an export, and noted as one."""
    require(actor, "data.export")
    given = query.get("limit", "")
    frame = workspace.casebook.case_lists.list(
        states=[query["state"]] if query.get("state") else (),
        kinds=[query["kind"]] if query.get("kind") else (),
        departments=[query["department"]] if query.get("department") else (),
        assignee=query.get("assignee"),
        limit=max(1, min(int(given) if given.isdecimal() else 100, MAX_CASES)),
    )
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    workspace.casebook.audit.record(actor, "data.export", "cases", row_count=len(rows))
    return [{**row, "evidence": json.loads(row["evidence"])} for row in rows]
