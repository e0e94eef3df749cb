"""The log service's live frames, over HTTP, by a thread that connects again for ever."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

from services.schema import LiveFrame, decode_live

PATH: Final = "/api/v1/live"
SILENCE_S: Final = 5.0
"""The stream says so once a second when the device is silent: longer is no connection."""
RETRY_S: Final = 1.0

Link = Literal["no connection", "no device", "live"]


class News(NamedTuple):
    """``frame`` is None unless ``link`` is "live"."""

    link: Link
    frame: LiveFrame | None = None


NOTHING: Final = News("no connection")


class Feed:
    """The newest frame. ``host`` and ``port`` of the log service, as seen from this machine."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        retry_s: float = RETRY_S,
        silence_s: float = SILENCE_S,
        on_news: Callable[[], None] = lambda: None,
    ) -> None:
        self._host, self._port = host, port
        self._retry_s, self._silence_s = retry_s, silence_s
        self._on_news = on_news
        self._news = NOTHING
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live feed", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def latest(self) -> News:
        return self._news

    def close(self) -> None:
        """The thread ends by itself within its next wait; it holds nothing that must be kept."""
        self._end.set()

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                for news in self._stream():
                    self._tell(news)
                    if self._end.is_set():
                        return
            except (OSError, http.client.HTTPException, ValueError):
                pass  # said on the screen: no connection
            self._tell(NOTHING)
            self._end.wait(self._retry_s)

    def _tell(self, news: News) -> None:
        self._news = news
        self._on_news()

    def _stream(self) -> Iterator[News]:
        line = http.client.HTTPConnection(self._host, self._port, timeout=self._silence_s)
        try:
            line.request("GET", PATH, headers={"Accept": "text/event-stream"})
            answer = line.getresponse()
            if answer.status != http.client.OK:
                raise http.client.HTTPException(f"status {answer.status}")
            kind = ""
            while raw := answer.readline():
                text = raw.decode().rstrip("\r\n")
                if text.startswith("event: "):
                    kind = text.removeprefix("event: ")
                elif text.startswith("data: "):
                    yield _news_of(kind, text.removeprefix("data: "))
        finally:
            line.close()


def _news_of(kind: str, data: str) -> News:
    if kind != "frame":
        json.loads(data)
        return News("no device")
    return News("live", decode_live(data.encode()))
