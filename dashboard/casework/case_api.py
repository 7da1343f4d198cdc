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
from data.errors import InvalidInputError, OrderlensError
from models.casework import move_cases, open_cases

BODY_LIMIT = 20_000
MAX_CASES = 1000

Answer = Callable[[OrderlensError], JSONResponse]


def routes(workspace: Workspace, answer: Answer) -> list[Route]:
    """Return the routes to mount; ``answer`` turns an error into its response."""

    async def listed(request: Request) -> Response:
        return JSONResponse({"cases": await to_thread.run_sync(_listed, workspace, dict(request.query_params))})

    async def opened(request: Request) -> Response:
        try:
            body = await _body(request)
            case_id = await to_thread.run_sync(_open, workspace, _actor(request), body)
        except OrderlensError as wrong:
            return answer(wrong)
        return JSONResponse({"case_id": case_id})

    async def moved(request: Request) -> Response:
        try:
            body = await _body(request)
            case = await to_thread.run_sync(_move, workspace, _actor(request), request.path_params["case_id"], body)
        except OrderlensError as wrong:
            return answer(wrong)
        return JSONResponse(case)

    return [
        Route("/api/v1/cases", listed),
        Route("/api/v1/cases", opened, methods=["POST"]),
        Route("/api/v1/cases/{case_id:int}/move", moved, methods=["POST"]),
    ]


def _actor(request: Request) -> Actor:
    actor: Actor = request.scope["orderlens_actor"]
    return Actor(actor.name, actor.role, "api")


async def _body(request: Request) -> dict[str, Any]:
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


def _text(body: dict[str, Any], name: str, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str):
        raise InvalidInputError(f"{name!r} has to be a text (got {value!r}).")
    return value


def _open(workspace: Workspace, actor: Actor, body: dict[str, Any]) -> int:
    return open_cases(workspace.warehouse, workspace.casebook, actor, [_text(body, "exception_id")])[0]


def _move(workspace: Workspace, actor: Actor, case_id: int, body: dict[str, Any]) -> dict[str, Any]:
    seen = _text(body, "from") if "from" in body else None
    move_cases(workspace.casebook, actor, [case_id], _text(body, "to"), _text(body, "why", ""), seen)
    case = workspace.casebook.case_lists.get(case_id)
    return {"case_id": case_id, "state": case["state"], "due_at": case["due_at"].isoformat()}


def _listed(workspace: Workspace, query: dict[str, str]) -> list[dict[str, Any]]:
    given = query.get("limit", "")
    frame = workspace.casebook.case_lists.list(
        states=[query["state"]] if query.get("state") else (),
        kinds=[query["kind"]] if query.get("kind") else (),
        departments=[query["department"]] if query.get("department") else (),
        assignee=query.get("assignee"),
        limit=max(1, min(int(given) if given.isdecimal() else 100, MAX_CASES)),
    )
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return [{**row, "evidence": json.loads(row["evidence"])} for row in rows]
