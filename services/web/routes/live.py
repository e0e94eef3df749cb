"""The live frames as server-sent events.

``event: frame`` with a `schema.LiveFrame`, at most 30 a second; ``event: stale`` when none came
for 500 ms, and once a second while that lasts: its age, and why the device program ended.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services import schema
from services.bus_live import MAX_VIEWERS, STALE_S, LiveHub
from services.ended import ended_of
from services.web.context import context_of

router = APIRouter(prefix="/api/v1", tags=["live"])

SEND_TIMEOUT_S = 10.0
"""A viewer that takes nothing for so long is cut off; its page connects again."""
STALE_REPEAT_S = 1.0


class Stale(msgspec.Struct, frozen=True):
    """No fresh frame. ``age_ms``: of the last one, null before the first."""

    age_ms: int | None
    ended: schema.DeviceEnded | None


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


class EventStream(Response):
    """Runs until the viewer leaves, takes nothing for too long, or the service ends."""

    media_type = "text/event-stream"

    def __init__(self, hub: LiveHub, ended: Path) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._hub = hub
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._hub.viewers += 1
        pump = asyncio.create_task(self._pump(send))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await asyncio.wait({pump, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.viewers -= 1
            for task in (pump, gone):
                task.cancel()
            results = await asyncio.gather(pump, gone, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, (OSError, TimeoutError)):
                raise result

    async def _pump(self, send: Send) -> None:
        hub = self._hub
        await _write(send, b"retry: 1000\n\n")
        version = -1
        while not hub.closed:
            if hub.frame is not None and not hub.stale and hub.version != version:
                version = hub.version
                await _write(send, b"event: frame\ndata: " + msgspec.json.encode(hub.frame))
            if hub.stale:
                stale = Stale(_ms(hub.age_s()), ended_of(hub, self._ended))
                await _write(send, b"event: stale\ndata: " + msgspec.json.encode(stale))
                await hub.next_after(hub.version, STALE_REPEAT_S)
            else:
                # Wakes by itself just after the newest frame has become too old.
                await hub.next_after(version, STALE_S - (hub.age_s() or 0.0) + 0.001)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _write(send: Send, event: bytes) -> None:
    async with asyncio.timeout(SEND_TIMEOUT_S):
        body = event if event.endswith(b"\n\n") else event + b"\n\n"
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@router.get(
    "/live",
    summary="Live frames (server-sent events)",
    responses={
        200: {
            "description": "event: frame | stale",
            "content": {
                "text/event-stream": {"schema": {"$ref": "#/components/schemas/LiveFrame"}}
            },
        }
    },
)
async def live(request: Request) -> Response:
    context = context_of(request)
    hub = context.hub
    if hub.closed:
        raise HTTPException(503, "the service is ending")
    if hub.viewers >= MAX_VIEWERS:
        raise HTTPException(
            503, f"{hub.viewers} viewers already, at most {MAX_VIEWERS}", {"Retry-After": "5"}
        )
    return EventStream(hub, context.config.device_ended)
