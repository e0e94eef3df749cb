"""Reps, sets and sessions, newest first, paged by key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from services import query, query_sets
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
    with context_of(request).readers.reader() as reader:
        try:
            page = query.list_reps(
                reader,
                limit=limit,
                cursor=cursor,
                session_id=session_id,
                verdict=verdict,
                since=since,
            )
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
    return json_response(page)


@router.get("/reps/{rep_id}", responses=answers("RepItem"), summary="One rep")
def get_rep(request: Request, rep_id: str) -> Response:
    with context_of(request).readers.reader() as reader:
        item = query.get_rep(reader, rep_id)
    if item is None:
        raise HTTPException(404, f"no rep with id {rep_id[:64]!r}")
    return json_response(item)


@router.get("/sets", responses=answers("SetPage"), summary="Finished sets, newest first")
def list_sets(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    session_id: Key = None,
    since: Since = None,
) -> Response:
    with context_of(request).readers.reader() as reader:
        try:
            page = query_sets.list_sets(
                reader, limit=limit, cursor=cursor, session_id=session_id, since=since
            )
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
    return json_response(page)


@router.get("/sets/{set_id}", responses=answers("SetItem"), summary="One set")
def get_set(request: Request, set_id: str) -> Response:
    with context_of(request).readers.reader() as reader:
        item = query_sets.get_set(reader, set_id)
    if item is None:
        raise HTTPException(404, f"no set with id {set_id[:64]!r}")
    return json_response(item)


@router.get("/sessions", responses=answers("SessionPage"), summary="Sessions, newest first")
def list_sessions(
    request: Request, limit: Limit = 50, cursor: Cursor = None, since: Since = None
) -> Response:
    with context_of(request).readers.reader() as reader:
        try:
            page = query.list_sessions(reader, limit=limit, cursor=cursor, since=since)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
    return json_response(page)


@router.get("/sessions/{session_id}", responses=answers("SessionItem"), summary="One session")
def get_session(request: Request, session_id: str) -> Response:
    with context_of(request).readers.reader() as reader:
        item = query.get_session(reader, session_id)
    if item is None:
        raise HTTPException(404, f"no session with id {session_id[:64]!r}")
    return json_response(item)
