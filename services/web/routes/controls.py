"""Keys to the device, and in the demo orders to the simulated person."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from services import schema
from services.sockets import send_datagram
from services.web.context import answers, context_of, json_response

MAX_BODY_BYTES = 4096

Pattern = Literal[
    "hinge", "squat", "rounding", "knees_first", "trunk_bend", "head_drop", "overarch",
    "side_lean", "twist",
]  # fmt: skip


class KeyOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: Literal["next", "stop", "mute", "cues", "good", "not_good"]


class DoOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Give ``do``, or ``lose`` with ``for_s`` (s)."""

    do: Pattern | None = None
    lose: Literal["tof", "imu", "pads"] | None = None
    for_s: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 4.0


class Sent(msgspec.Struct, frozen=True):
    sent: bool = True


Order = TypeVar("Order", bound=msgspec.Struct)


async def _body(request: Request, kind: type[Order]) -> Order:
    """The request's JSON. Raises ``HTTPException`` 413, 415 or 422."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, f"Content-Type: got {media_type!r}, expected application/json")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise HTTPException(413, f"body: more than {MAX_BODY_BYTES} bytes")
    try:
        return msgspec.json.decode(bytes(body), type=kind)
    except (ValueError, RecursionError) as error:
        raise HTTPException(422, f"body: {error}") from error


async def _send(path: Path, control: schema.Control) -> Response:
    # Raises DeviceAbsent, which answers 503.
    await asyncio.to_thread(send_datagram, path, schema.encode(control))
    return json_response(Sent(), 202)


def _takes(name: str) -> dict[str, Any]:
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        }
    }


def _accepted() -> dict[int | str, dict[str, Any]]:
    found = answers("Sent")
    return {202: found[200], "4XX": found["4XX"]}


station = APIRouter(prefix="/api/v1/station", tags=["controls"])
demo = APIRouter(prefix="/api/v1/demo", tags=["demo"])


@station.post(
    "/keys",
    status_code=202,
    summary="Press a key of the station",
    responses=_accepted(),
    openapi_extra=_takes("KeyOrder"),
)
async def press_key(request: Request) -> Response:
    order = await _body(request, KeyOrder)
    return await _send(context_of(request).config.device_socket, schema.KeyPress(key=order.key))


@demo.post(
    "/person",
    status_code=202,
    summary="Tell the simulated person what to do next",
    responses=_accepted(),
    openapi_extra=_takes("DoOrder"),
)
async def order_person(request: Request) -> Response:
    order = await _body(request, DoOrder)
    if (order.do is None) == (order.lose is None):
        raise HTTPException(422, "body: expected one of do and lose")
    path = context_of(request).config.person_socket
    assert path is not None  # the route is mounted in the demo only
    return await _send(
        Path(path), schema.PersonOrder(do=order.do, lose=order.lose, for_s=order.for_s)
    )
