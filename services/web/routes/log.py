"""Reps, sets and sessions, newest first, paged by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from services import query, query_sets
from services.database import Connection
from services.web.context import answers, context_of, json_response

router = APIRouter(prefix="/api/v1", tags=["log"])

MAX_LIMIT = 200
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items a page")]
Cursor = Annotated[str | None, Query(max_length=64, description="`next` of the page before")]
Since = Annotated[
    str | None, Query(max_length=40, description="ISO 8601; by the device's clock, this or later")
]
Key = Annotated[str | None, Query(max_length=64)]


@router.get("/reps", responses=answers("RepPage"), summary="Reps, newest first")
def list_reps(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    session_id: Key = None,
    verdict: Annotated[str | None, Query(max_length=32, pattern="^[A-Z_]+$")] = None,
    since: Since = None,
) -> Response:
    chosen = {"session_id": session_id, "verdict": verdict, "since": since}
    return _page(request, query.list_reps, limit=limit, cursor=cursor, **chosen)


@router.get("/reps/{rep_id}", responses=answers("RepItem"), summary="One rep")
def get_rep(request: Request, rep_id: str) -> Response:
    return _one(request, "rep", query.get_rep, rep_id)


@router.get("/sets", responses=answers("SetPage"), summary="Finished sets, newest first")
def list_sets(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    session_id: Key = None,
    since: Since = None,
) -> Response:
    chosen = {"session_id": session_id, "since": since}
    return _page(request, query_sets.list_sets, limit=limit, cursor=cursor, **chosen)


@router.get("/sets/{set_id}", responses=answers("SetItem"), summary="One set")
def get_set(request: Request, set_id: str) -> Response:
    return _one(request, "set", query_sets.get_set, set_id)


@router.get("/sessions", responses=answers("SessionPage"), summary="Sessions, newest first")
def list_sessions(
    request: Request, limit: Limit = 50, cursor: Cursor = None, since: Since = None
) -> Response:
    return _page(request, query.list_sessions, limit=limit, cursor=cursor, since=since)


@router.get("/sessions/{session_id}", responses=answers("SessionItem"), summary="One session")
def get_session(request: Request, session_id: str) -> Response:
    return _one(request, "session", query.get_session, session_id)


def _page(request: Request, listing: Callable[..., msgspec.Struct], **chosen: Any) -> Response:
    with context_of(request).readers.reader() as reader:
        try:
            page = listing(reader, **chosen)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
    return json_response(page)


def _one(
    request: Request, what: str, get: Callable[[Connection, str], msgspec.Struct | None], key: str
) -> Response:
    with context_of(request).readers.reader() as reader:
        item = get(reader, key)
    if item is None:
        raise HTTPException(404, f"no {what} with id {key[:64]!r}")
    return json_response(item)
