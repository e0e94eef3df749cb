"""Health for people, for supervisors, and for Prometheus."""

from __future__ import annotations

import time

import msgspec
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import PlainTextResponse, Response

from services import query, schema
from services.ended import ended_of
from services.web.context import Context, answers, context_of, json_response

router = APIRouter(tags=["health"])

OUTCOMES = ("stored", "duplicate", "quarantined", "poison")


class StoreHealth(msgspec.Struct, frozen=True, kw_only=True):
    """``error`` is null while messages can be stored. Counts are since the start."""

    error: str | None
    error_since_ms: int | None
    last_commit_ms: int | None
    waiting: int
    commits: int
    failures: int
    outcomes: dict[str, int]
    quarantine_rows: int
    poison_rows: int


class LiveHealth(msgspec.Struct, frozen=True, kw_only=True):
    stale: bool
    age_ms: int | None
    frames: int
    refused: int
    viewers: int


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """``degraded``: messages cannot be stored now (nothing is lost, the device keeps them), or
    the device's own disk takes none. ``device`` is null while no device is heard."""

    status: str
    uptime_s: float
    store: StoreHealth
    live: LiveHealth
    device: schema.DeviceState | None
    ended: schema.DeviceEnded | None
    """Why the device program could not go on; null while it is heard, or when it said nothing."""
    senders: int


def device_of(context: Context) -> schema.DeviceState | None:
    """What the device says of itself, as long as it is heard."""
    hub = context.hub
    return None if hub.stale or hub.frame is None else hub.frame.device


def trouble(context: Context) -> str | None:
    """Why finished reps are not safe now; None when all is well."""
    if context.writer.state.error is not None:
        return f"cannot store: {context.writer.state.error}"
    device = device_of(context)
    if device is not None and device.disk_error is not None:
        return (
            f"the device cannot write: {device.disk_error}; "
            f"{device.in_memory} messages are in its memory only"
        )
    return None


def health_of(context: Context) -> Health:
    state, hub = context.writer.state, context.hub
    with context.readers.reader() as reader:
        aside = query.sizes(reader)
    age_s = hub.age_s()
    return Health(
        status="ok" if trouble(context) is None else "degraded",
        uptime_s=round(time.monotonic() - context.started_s, 1),
        store=StoreHealth(
            error=state.error,
            error_since_ms=state.error_since_ms,
            last_commit_ms=state.last_commit_ms,
            waiting=state.waiting,
            commits=state.commits,
            failures=state.failures,
            outcomes={name: state.counts[name] for name in OUTCOMES},
            quarantine_rows=aside.quarantine,
            poison_rows=aside.poison,
        ),
        live=LiveHealth(
            stale=hub.stale,
            age_ms=None if age_s is None else round(age_s * 1000),
            frames=hub.frames,
            refused=hub.refused,
            viewers=hub.viewers,
        ),
        device=device_of(context),
        ended=ended_of(context.hub, context.config.device_ended),
        senders=context.ingest.senders,
    )


@router.get("/api/v1/health", responses=answers("Health"), summary="How the service is")
def health(request: Request) -> Response:
    return json_response(health_of(context_of(request)))


@router.get("/healthz", summary="200 while finished reps can be written down, else 503")
def healthz(request: Request) -> Response:
    error = trouble(context_of(request))
    if error is not None:
        raise HTTPException(503, error)
    return PlainTextResponse("ok\n")


@router.get("/metrics", summary="Prometheus text format")
def metrics(request: Request) -> Response:
    found = health_of(context_of(request))
    store, live = found.store, found.live
    lines: list[str] = []

    def metric(name: str, kind: str, words: str, samples: dict[str, float]) -> None:
        lines.append(f"# HELP hinge_{name} {words}")
        lines.append(f"# TYPE hinge_{name} {kind}")
        lines.extend(f"hinge_{name}{labels} {value:g}" for labels, value in samples.items())

    metric(
        "messages_total", "counter", "Messages of the device since the start, by outcome.",
        {f'{{outcome="{name}"}}': count for name, count in store.outcomes.items()},
    )  # fmt: skip
    metric("commits_total", "counter", "Transactions committed.", {"": store.commits})
    metric("store_failures_total", "counter", "Transactions that failed.", {"": store.failures})
    metric("store_up", "gauge", "1 while messages can be stored.", {"": store.error is None})
    metric("store_waiting", "gauge", "Messages that wait for their commit.", {"": store.waiting})
    metric("quarantine_rows", "gauge", "Same id, other content.", {"": store.quarantine_rows})
    metric("poison_rows", "gauge", "Lines that are no message.", {"": store.poison_rows})
    metric("live_frames_total", "counter", "Live frames received.", {"": live.frames})
    metric("live_stale", "gauge", "1 when no frame came for 500 ms.", {"": live.stale})
    metric("viewers", "gauge", "Open live streams.", {"": live.viewers})
    metric("senders", "gauge", "Connected device programs.", {"": found.senders})
    if (device := found.device) is not None:
        well = device.disk_error is None
        metric("device_disk_up", "gauge", "1 while the device's disk takes reps.", {"": well})
        metric("device_waiting", "gauge", "Messages without an answer.", {"": device.waiting})
        metric("device_in_memory", "gauge", "Of these, on no disk.", {"": device.in_memory})
        metric("device_refused_total", "counter", "Messages put aside.", {"": device.refused})
        metric("device_frames_dropped_total", "counter", "Live frames nobody took.",
               {"": device.frames_dropped})  # fmt: skip
        metric("device_ticks_missed_total", "counter", "Ticks that came too late.",
               {"": device.ticks_missed})  # fmt: skip
        metric("device_ticks_dropped_total", "counter", "Ticks missing in the recording.",
               {"": device.ticks_dropped})  # fmt: skip
    if found.ended is not None:
        metric("device_ended_code", "gauge", "Exit code of a device program that gave up.",
               {"": found.ended.code})  # fmt: skip
    metric("uptime_seconds", "gauge", "Since the start.", {"": found.uptime_s})
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
