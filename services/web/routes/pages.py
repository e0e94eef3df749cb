"""The pages, the API's documentation, and their files. Nothing comes from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import swagger_ui_bundle
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import FileResponse, JSONResponse, Response

from services import query, schema
from services.web.context import context_of
from services.web.words import FAULT_CODES, verdict_words

router = APIRouter(include_in_schema=False)

REPS_ON_PAGE = 50
DOCS_FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}


@router.get("/")
def live_page(request: Request) -> Response:
    context = context_of(request)
    return context.templates.TemplateResponse(
        request, "live.html", {"demo": context.config.person_socket is not None}
    )


@router.get("/reps")
def reps_page(request: Request, cursor: str | None = None) -> Response:
    context = context_of(request)
    with context.readers.reader() as reader:
        page = query.list_reps(reader, limit=REPS_ON_PAGE, cursor=cursor)
    return context.templates.TemplateResponse(
        request, "reps.html", {"rows": [_row(item) for item in page.items], "next": page.next}
    )


def _row(item: query.RepItem) -> dict[str, Any]:
    rep = item.rep
    return {
        "id": item.id,
        "time": item.wall_time[:19].replace("T", " "),
        "clock_synced": item.clock_synced,
        "verdict": rep.verdict,
        "words": verdict_words(rep.verdict),
        "kind": "unscored" if not rep.valid else "fault" if rep.verdict in FAULT_CODES else "good",
        "contacts": {"judged": "", "partly": "some pads not judged"}.get(
            rep.contacts, "contacts not judged"
        ),
        "tilt": _number(rep.peak_tilt_deg, 0, "°"),
        "travel": _number(rep.hip_travel_mm, 0, " mm"),
        "drop": _number(rep.hip_drop_mm, 0, " mm"),
        "ratio": _number(rep.hinge_ratio, 2, ""),
        "score": _number(rep.score, 0, ""),
        "parts": _parts(rep.score_parts) if rep.score is not None else "",
    }


def _parts(parts: schema.ScoreParts) -> str:
    """Points of each part beside the most it can have."""
    return ", ".join(
        f"{name} {_number(value, 0, '')}/{most}"
        for name, value, most in (
            ("contacts", parts.contacts, 40),
            ("hips", parts.hips, 25),
            ("knees", parts.knees, 25),
            ("depth, tempo", parts.depth_tempo, 10),
        )
    )


def _number(value: float | None, digits: int, unit: str) -> str:
    """An unknown is a dash, never 0."""
    return "–" if value is None else f"{value:.{digits}f}{unit}"


@router.get("/api/v1/openapi.json")
def openapi(request: Request) -> Response:
    return JSONResponse(request.app.openapi())


@router.get("/api/v1/docs")
def docs(request: Request) -> Response:
    return context_of(request).templates.TemplateResponse(request, "docs.html", {})


@router.get("/api/v1/docs/{name}")
def docs_file(name: str) -> Response:
    if name not in DOCS_FILES:
        raise HTTPException(404, f"no such file: {name[:64]!r}")
    path = Path(str(swagger_ui_bundle.swagger_ui_path)) / name
    return FileResponse(path, media_type=DOCS_FILES[name], headers={"Cache-Control": "no-cache"})
