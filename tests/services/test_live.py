"""Live frames: the latest to everybody, stale said in time, slow viewers hold up nobody."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from services import schema
from services.bus_live import MAX_VIEWERS, LiveHub
from tests.services.helpers import Service, frame, running, start_ready, wait_for


@contextmanager
def frames_at_25_hz(service: Service) -> Iterator[None]:
    stop = threading.Event()

    def send() -> None:
        seq = 0
        while not stop.wait(0.04):
            seq += 1
            service.send_frame(frame(seq))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


Event = tuple[str, dict[str, Any]]


def events(answer: httpx.Response) -> Iterator[Event]:
    kind = ""
    for text in answer.iter_lines():
        if text.startswith("event: "):
            kind = text.removeprefix("event: ")
        elif text.startswith("data: "):
            yield kind, json.loads(text.removeprefix("data: "))


@pytest.mark.slow
def test_a_viewer_gets_frames_then_stale_then_frames(
    service: Service, client: httpx.Client
) -> None:
    with client.stream("GET", "/api/v1/live") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        seen = events(answer)
        assert next(seen)[0] == "stale"
        with frames_at_25_hz(service):
            kind, first = next(seen)
            assert kind == "frame"
            assert schema.decode_live(json.dumps(first).encode()) == frame(first["seq"])
            numbers = [next(seen)[1]["seq"] for _ in range(10)]
            assert numbers == sorted(set(numbers))
        last_s = time.monotonic()
        age_ms = 0
        for kind, data in seen:
            if kind == "stale":
                age_ms = data["age_ms"]
                break
            last_s = time.monotonic()
        assert 0.4 < time.monotonic() - last_s < 2.0
        assert age_ms >= 500
        assert next(seen)[0] == "stale", "and says so again while it lasts"
        service.send_frame(frame(1000))
        assert next(data for kind, data in seen if kind == "frame")["seq"] == 1000


@pytest.mark.slow
def test_a_new_viewer_is_never_shown_an_old_frame(service: Service, client: httpx.Client) -> None:
    service.send_frame(frame(5))
    wait_for(lambda: client.get("/api/v1/health").json()["live"]["stale"])
    with client.stream("GET", "/api/v1/live") as answer:
        assert next(events(answer))[0] == "stale"


@pytest.mark.slow
def test_a_slow_viewer_holds_up_nobody_and_queues_nothing(
    service: Service, client: httpx.Client
) -> None:
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    slow.connect(("127.0.0.1", service.port))
    slow.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    stop = threading.Event()

    def flood() -> None:
        # Much to carry, so that the slow one's buffers are full at once.
        says = "x" * 60_000
        seq = 0
        while not stop.wait(0.01):
            seq += 1
            service.send_frame(frame(seq, person_says=says))

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        with client.stream("GET", "/api/v1/live") as answer:
            seen = events(answer)
            numbers: list[int] = []
            for kind, data in seen:
                if kind == "frame":
                    numbers.append(data["seq"])
                if len(numbers) == 40:
                    break
        assert numbers == sorted(set(numbers))
        assert client.get("/healthz", timeout=1).text == "ok\n"
    finally:
        stop.set()
        thread.join()
        slow.close()
    wait_for(lambda: client.get("/api/v1/health").json()["live"]["viewers"] == 0)


@pytest.mark.slow
def test_what_is_no_frame_is_counted_and_changes_nothing(
    service: Service, client: httpx.Client
) -> None:
    before = client.get("/api/v1/health").json()["live"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        for data in (b"", b"{}", b"\xff", b"[" * 9000):
            sender.sendto(data, str(service.folder / "live.sock"))
    wait_for(
        lambda: client.get("/api/v1/health").json()["live"]["refused"] == before["refused"] + 4
    )
    assert client.get("/api/v1/health").json()["live"]["frames"] == before["frames"]


@pytest.mark.slow
def test_viewers_are_bounded_and_the_service_ends_at_once_with_all_of_them(tmp_path: Path) -> None:
    service = start_ready(tmp_path)
    viewers = []
    try:
        for _ in range(MAX_VIEWERS):
            viewer = socket.create_connection(("127.0.0.1", service.port), 5)
            viewer.sendall(b"GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            viewers.append(viewer)
        for viewer in viewers:
            assert b"200 OK" in viewer.recv(100)
        full = httpx.get(f"{service.url}api/v1/live", trust_env=False)
        assert full.status_code == 503
        assert full.headers["retry-after"] == "5"
        viewers.pop().close()

        def room() -> bool:
            with httpx.stream("GET", f"{service.url}api/v1/live", trust_env=False) as answer:
                return answer.status_code == 200

        wait_for(room)
        asked_s = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(5) == 0
        assert time.monotonic() - asked_s < 2.5
        for viewer in viewers:
            while viewer.recv(65536):
                pass  # each stream has its end
        assert not (tmp_path / "live.sock").exists()
    finally:
        for viewer in viewers:
            viewer.close()
        if service.process.poll() is None:
            service.kill()
        if service.process.stdout is not None:
            service.process.stdout.close()


@pytest.mark.slow
def test_sockets_of_a_killed_service_are_taken_over(tmp_path: Path) -> None:
    first = start_ready(tmp_path)
    first.kill()
    assert first.process.stdout is not None
    first.process.stdout.close()
    assert (tmp_path / "live.sock").exists()
    with running(tmp_path) as second:
        second.send_frame(frame())
        health = httpx.Client(base_url=second.url, trust_env=False)
        wait_for(lambda: health.get("/api/v1/health").json()["live"]["frames"] == 1)
        health.close()


def test_the_hub_shows_at_most_30_a_second_and_the_latest_at_last() -> None:
    async def run() -> None:
        hub = LiveHub()
        shown: list[tuple[float, int]] = []

        async def view() -> None:
            version = hub.version
            while not hub.closed:
                await hub.next_after(version, 1.0)
                if hub.version != version and hub.frame is not None and not hub.closed:
                    shown.append((time.monotonic(), hub.frame.seq))
                version = hub.version

        viewer = asyncio.create_task(view())
        for seq in range(50):
            hub.put(frame(seq))
            await asyncio.sleep(0.004)
        await asyncio.sleep(0.1)
        hub.close()
        await viewer
        assert shown[-1][1] == 49
        took_s = shown[-1][0] - shown[0][0]
        assert 2 < len(shown) <= took_s * 30 + 2

    asyncio.run(run())
