"""The HTTP application, made of its parts: routes, guard, problem details, OpenAPI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import msgspec
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.types import ASGIApp

from services import schema
from services.query import RepItem, RepPage, SessionItem, SessionPage
from services.query_sets import SetItem, SetPage
from services.web.context import Context
from services.web.guard import Guard, allowed_names
from services.web.problems import Problem, add_problem_handlers
from services.web.routes import controls, health, live, log, pages

WEB = Path(__file__).parent / "web"
VERSION = "1"
STRUCTS = (
    RepItem, RepPage, SetItem, SetPage, SessionItem, SessionPage, schema.LiveFrame, health.Health,
    controls.KeyOrder, controls.DoOrder, controls.Sent, Problem,
)  # fmt: skip
"""What the OpenAPI document describes."""


def make_templates() -> Jinja2Templates:
    loader = jinja2.FileSystemLoader(WEB / "templates")
    return Jinja2Templates(env=jinja2.Environment(loader=loader, autoescape=True))


def make_app(context: Context) -> ASGIApp:
    """The whole application behind its guard."""
    app = FastAPI(
        title="Hinge Station log",
        version=VERSION,
        description="Reps, sets and sessions of one station. Practice aid, not a diagnosis.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.context = context
    add_problem_handlers(app)
    for router in (log.router, live.router, health.router, controls.station, pages.router):
        app.include_router(router)
    if context.config.person_socket is not None:
        app.include_router(controls.demo)
    app.mount("/static", StaticFiles(directory=WEB / "static"), name="static")
    document = describe(app)
    app.openapi = lambda: document  # type: ignore[method-assign]  # FastAPI's documented way
    return Guard(app, allowed_names(context.config.host, context.config.allowed_hosts))


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.0 (the bundled viewer reads no 3.1), with the structs the routes answer."""
    document = FastAPI.openapi(app)
    _, components = msgspec.json.schema_components(
        STRUCTS, ref_template="#/components/schemas/{name}"
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(components)
    document["openapi"] = "3.0.3"
    _to_openapi_30(document)
    return document


def _to_openapi_30(node: Any) -> None:
    """JSON Schema's null types to 3.0's ``nullable``, in place."""
    if isinstance(node, list):
        for each in node:
            _to_openapi_30(each)
    elif isinstance(node, dict):
        options = node.get("anyOf")
        if isinstance(options, list) and {"type": "null"} in options:
            options.remove({"type": "null"})
            node["nullable"] = True
            if len(options) == 1 and "$ref" not in options[0]:
                node.update(options[0])
                del node["anyOf"]
        values = node.get("enum")
        if isinstance(values, list) and None in values:
            node["nullable"] = True
        for each in node.values():
            _to_openapi_30(each)
