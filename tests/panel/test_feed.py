"""Live frames by HTTP: a real log service, and one that misbehaves."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from device.panel.feed import NOTHING, Feed, News
from tests.services.helpers import frame, running, wait_for

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


class Talker:
    """A service that answers each connection with the next of its scripts, then hangs up."""

    def __init__(self, *scripts: bytes) -> None:
        self._scripts = list(scripts)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.asked: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for script in self._scripts:
            line, _ = self._listening.accept()
            with line:
                self.asked.append(line.recv(4096))
                line.sendall(script)

    def close(self) -> None:
        self._thread.join(5)
        self._listening.close()


def event(kind: str, data: bytes) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"


def heard(port: int, count: int) -> list[News]:
    """The first ``count`` different news."""
    news: list[News] = []
    enough = threading.Event()

    def note() -> None:
        latest = feed.latest()
        if not news or news[-1] != latest:
            news.append(latest)
        if len(news) >= count:
            enough.set()

    feed = Feed("127.0.0.1", port, retry_s=0.01, silence_s=0.3, on_news=note)
    assert feed.latest() == NOTHING
    feed.start()
    assert enough.wait(10)
    feed.close()
    return news[:count]


def test_frames_stale_and_a_lost_connection_that_comes_back() -> None:
    one, two = frame(1), frame(2, reps_in_set=5)
    talker = Talker(
        HEAD + b"retry: 1000\n\n" + event("frame", msgspec.json.encode(one))
        + event("stale", b'{"age_ms": 700}'),
        HEAD + event("frame", msgspec.json.encode(two)),
    )  # fmt: skip
    assert heard(talker.port, 5) == [
        News("live", one), News("no device"), NOTHING, News("live", two), NOTHING,
    ]  # fmt: skip
    talker.close()
    assert talker.asked[0].startswith(b"GET /api/v1/live HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
        HEAD + event("frame", b"{broken"),
        HEAD + event("frame", b'{"type":"live"}'),
        HEAD + event("stale", b"\xff"),
    ],
)
def test_an_answer_that_is_none_is_no_connection_and_tried_again(answer: bytes) -> None:
    talker = Talker(answer, HEAD + event("frame", msgspec.json.encode(frame(3))))
    assert heard(talker.port, 2) == [NOTHING, News("live", frame(3))]
    talker.close()


def test_a_service_that_falls_silent_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            line, _ = listening.accept()
            line.recv(4096)
            line.sendall(HEAD + event("stale", b'{"age_ms": null}'))
            held.append(line)

        held: list[socket.socket] = []
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert heard(listening.getsockname()[1], 2) == [News("no device"), NOTHING]
        thread.join(5)
        for line in held:
            line.close()


@pytest.mark.slow
def test_the_log_service_itself(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        feed = Feed("127.0.0.1", service.port, retry_s=0.05)
        feed.start()
        wait_for(_is(feed, "no device"))
        service.send_frame(frame(7, reps_in_set=6, good_in_set=5))
        wait_for(_is(feed, "live"))
        shown = feed.latest().frame
        assert shown is not None
        assert (shown.good_in_set, shown.reps_in_set) == (5, 6)
        wait_for(_is(feed, "no device"))
    wait_for(_is(feed, "no connection"))
    feed.close()


def _is(feed: Feed, link: str) -> Callable[[], bool]:
    return lambda: feed.latest().link == link
