"""Errors as problem details (RFC 9457): ``application/problem+json``."""

from __future__ import annotations

import http
import logging

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.errors import DeviceAbsent, StoreBusy

log = logging.getLogger("hinge.web")


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. ``detail`` says what, where, got, expected."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    body = Problem(title=http.HTTPStatus(status).phrase, status=status, detail=detail)
    return Response(
        msgspec.json.encode({"type": body.type, **msgspec.to_builtins(body)}),
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = str(error.detail)
    if detail == http.HTTPStatus(error.status_code).phrase:
        detail = f"{request.method} {request.url.path}: {detail}"
    return problem(error.status_code, detail, dict(error.headers or {}))


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = "; ".join(
        f"{'.'.join(str(part) for part in each['loc'])}: got {str(each.get('input'))[:80]!r}, "
        f"{each['msg']}"
        for each in error.errors()
    )
    return problem(422, found)


async def _on_unavailable(request: Request, error: Exception) -> Response:
    log.warning("%s %s: %s", request.method, request.url.path, error)
    return problem(503, str(error), {"Retry-After": "2"})


async def _on_bug(request: Request, error: Exception) -> Response:
    # The server logs the traceback; the caller learns only that it is not their fault.
    return problem(500, f"{request.method} {request.url.path}: the service failed; see its log")


def add_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(StoreBusy, _on_unavailable)
    app.add_exception_handler(DeviceAbsent, _on_unavailable)
    app.add_exception_handler(Exception, _on_bug)
