"""What the routes need, made once by `services.app` and found on the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from fastapi import Request
from fastapi.templating import Jinja2Templates
from starlette.responses import Response

from services.bus_live import LiveHub
from services.config import LogConfig
from services.ingest import Ingest
from services.query import Readers
from services.writer import Writer


@dataclass(frozen=True)
class Context:
    """The running parts of the service."""

    config: LogConfig
    writer: Writer
    readers: Readers
    hub: LiveHub
    ingest: Ingest
    templates: Jinja2Templates
    started_s: float


def context_of(request: Request) -> Context:
    context = request.app.state.context
    assert isinstance(context, Context)
    return context


def json_response(value: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def answers(name: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI part of a route that answers with the struct of that name."""
    return {
        200: {
            "description": "OK",
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        },
        "4XX": {
            "description": "Problem details (RFC 9457)",
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        },
    }
