"""Merges for other programs: list, preview, make and undo; the same permissions and questions as on the page."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.casework.case_api import Answer, read_body, signed, text_of
from dashboard.workspace import Workspace
from data.casebook import Actor
from data.casebook.permissions import require
from data.errors import InvalidInputError, OrderlensError
from models.merge_requests import make_merge, questions, read_both, result_of
from models.merging import Choices, Original

MAX_MERGES = 1000
LISTED = "merge_id what kept_id merged_id case_id result why by at is_in_force undone_by undone_at".split()

Work = Callable[[Workspace, Actor, dict[str, Any]], dict[str, Any]]


def routes(workspace: Workspace, answer: Answer) -> list[Route]:
    """Return the routes to mount; ``answer`` turns an error into its response."""

    def serving(work: Work) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            try:
                given = await read_body(request) if request.method == "POST" else dict(request.query_params)
                given = {**given, **request.path_params}
                return JSONResponse(await to_thread.run_sync(work, workspace, signed(request), given))
            except OrderlensError as wrong:
                return answer(wrong)

        return respond

    return [
        Route("/api/v1/merges", serving(_listed)),
        Route("/api/v1/merges", serving(_make), methods=["POST"]),
        Route("/api/v1/merges/preview", serving(_preview), methods=["POST"]),
        Route("/api/v1/merges/{merge_id:int}/undo", serving(_undo), methods=["POST"]),
    ]


def _asked(workspace: Workspace, body: dict[str, Any]) -> tuple[str, Original, Original, Choices]:
    """Return what a body asks to merge, and how it answers the questions."""
    what = text_of(body, "what", "order")
    given = body.get("choices", {})
    fields = given.get("fields", {}) if isinstance(given, dict) else None
    others = [given.get(name) for name in ("lines", "shipped", "paid")] if isinstance(given, dict) else []
    if not isinstance(fields, dict) or not all(isinstance(one, str | None) for one in [*fields.values(), *others]):
        raise InvalidInputError("'choices' has to be an object: 'fields' an object of texts, the rest texts.")
    kept, merged = read_both(workspace.warehouse, what, text_of(body, "kept_id"), text_of(body, "merged_id"))
    return what, kept, merged, Choices(fields, *others)


def _preview(workspace: Workspace, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    """Return what has to be answered, and what the merge would change once everything is."""
    require(actor, "merge.make")
    what, kept, merged, choices = _asked(workspace, body)
    told: dict[str, Any] = {"questions": asdict(questions(what, kept, merged)), "result": None, "missing": ""}
    try:
        told["result"] = result_of(what, kept, merged, choices)
    except InvalidInputError as still_open:
        told["missing"] = str(still_open)
    workspace.casebook.audit.record(actor, "data.export", "merge preview", kept=kept.name, merged=merged.name)
    return told


def _make(workspace: Workspace, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    require(actor, "merge.make")
    what, kept, merged, choices = _asked(workspace, body)
    why, channel = text_of(body, "why", ""), text_of(body, "channel", "") or None
    return {"merge_id": make_merge(workspace.casebook, actor, what, kept, merged, choices, why, channel)}


def _undo(workspace: Workspace, actor: Actor, body: dict[str, Any]) -> dict[str, Any]:
    return {"undo_id": workspace.casebook.merges.undo(actor, body["merge_id"], text_of(body, "why", ""))}


def _listed(workspace: Workspace, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """Return the merges, newest first; an export, and noted as one."""
    require(actor, "data.export")
    frame = workspace.casebook.merges.list(query.get("what") or None)
    rows: list[dict[str, Any]] = json.loads(frame[LISTED].head(MAX_MERGES).to_json(orient="records", date_format="iso"))
    workspace.casebook.audit.record(actor, "data.export", "merges", row_count=len(rows))
    return {"merges": rows}
