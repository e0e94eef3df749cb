"""Reading the log: a few read-only connections, and the questions the API asks.

Lists are newest first and paged by key: UUIDv7 sorts by time, so "older than this id" stays
right while new reps arrive.
"""

from __future__ import annotations

import datetime
import queue
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from services import schema
from services.database import Connection, Error, open_reader
from services.errors import StoreBusy
from services.store import wall_ms

READERS = 4
WAIT_FOR_READER_S = 2.0


class RepItem(msgspec.Struct, frozen=True, kw_only=True):
    """A stored rep."""

    id: str
    session_id: str
    station: str
    set_index: int
    rep_index: int
    drill: str
    stage: str
    wall_time: str
    clock_synced: bool
    received_at: str
    """When the log service stored it, ISO 8601 UTC."""
    rep: schema.RepBody


class RepPage(msgspec.Struct, frozen=True):
    items: list[RepItem]
    next: str | None
    """Give it back as ``cursor`` for the page after this one; null on the last page."""


class Totals(msgspec.Struct, frozen=True):
    """Reps of a session. UNSCORED ones are counted neither good nor bad."""

    reps: int
    good: int
    unscored: int
    by_verdict: dict[str, int]


class SessionItem(msgspec.Struct, frozen=True, kw_only=True):
    """A visit. Null: its opening (or closing) message has not arrived."""

    session_id: str
    station: str
    drill: str | None
    stage: str | None
    opened_at: str | None
    closed_at: str | None
    close_reason: str | None
    clock_synced: bool | None
    totals: Totals


class SessionPage(msgspec.Struct, frozen=True):
    items: list[SessionItem]
    next: str | None


class Readers:
    """A small pool of read-only connections, for use from worker threads."""

    def __init__(self, path: Path, size: int = READERS) -> None:
        self._path = path
        self._free: queue.LifoQueue[Connection | None] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)

    @contextmanager
    def reader(self) -> Iterator[Connection]:
        """Raises `StoreBusy` when none is free in time or the database cannot be read."""
        try:
            connection = self._free.get(timeout=WAIT_FOR_READER_S)
        except queue.Empty:
            raise StoreBusy("all readers of the log are in use; try again") from None
        try:
            connection = connection or open_reader(self._path)
            yield connection
        except Error as error:
            if connection is not None:
                connection.close()
                connection = None
            raise StoreBusy(f"the log cannot be read: {error}") from error
        finally:
            self._free.put(connection)

    def close(self) -> None:
        while not self._free.empty():
            connection = self._free.get()
            if connection is not None:
                connection.close()


def iso(ms: int) -> str:
    moment = datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rep_item(row: tuple[Any, ...]) -> RepItem:
    body, received_ms = row
    message = schema.decode_message(body)
    assert isinstance(message, schema.RepMessage)
    return RepItem(
        id=message.id,
        session_id=message.session_id,
        station=message.station,
        set_index=message.set_index,
        rep_index=message.rep_index,
        drill=message.drill,
        stage=message.stage,
        wall_time=message.wall_time,
        clock_synced=message.clock_synced,
        received_at=iso(received_ms),
        rep=message.rep,
    )


def list_reps(
    connection: Connection,
    *,
    limit: int,
    cursor: str | None = None,
    session_id: str | None = None,
    verdict: str | None = None,
    since: str | None = None,
) -> RepPage:
    """Newest first. ``since``: ISO 8601, by the device's clock. Raises ``ValueError`` for it."""
    chosen = {
        "id < ?": cursor,
        "session_id = ?": session_id,
        "verdict = ?": verdict,
        "wall_ms >= ?": since_ms(since),
    }
    rows = newest(connection, "body, received_ms FROM rep", "id", chosen, limit + 1)
    items = [_rep_item(row) for row in rows[:limit]]
    return RepPage(items, items[-1].id if len(rows) > limit else None)


def newest(
    connection: Connection, source: str, key: str, chosen: Mapping[str, object], n: int
) -> list[tuple[Any, ...]]:
    """At most ``n`` rows of ``source`` (columns FROM table), the newest ``key`` first.

    ``chosen``: condition and the value of its mark; a None does not choose.
    """
    used = {text: value for text, value in chosen.items() if value is not None}
    where = " AND ".join(used) or "TRUE"
    return connection.execute(
        f"SELECT {source} WHERE {where} ORDER BY {key} DESC LIMIT ?", (*used.values(), n)
    ).fetchall()


def since_ms(since: str | None) -> int | None:
    """Raises ``ValueError``. A ``+`` of a URL that arrived as a blank is mended."""
    if since is None:
        return None
    found = wall_ms(since.replace(" ", "+") if "T" in since else since)
    if found is None:
        raise ValueError(f"since: got {since!r}, expected ISO 8601, as 2026-01-31T12:00:00Z")
    return found


def get_rep(connection: Connection, rep_id: str) -> RepItem | None:
    row = connection.execute("SELECT body, received_ms FROM rep WHERE id = ?", (rep_id,)).fetchone()
    return None if row is None else _rep_item(row)


_SESSION_COLUMNS = (
    "session_id, station, drill, stage, opened_at, closed_at, close_reason, clock_synced"
)


def _session_item(connection: Connection, row: tuple[Any, ...]) -> SessionItem:
    by_verdict: dict[str, int] = dict(
        connection.execute(
            "SELECT verdict, count(*) FROM rep WHERE session_id = ? GROUP BY verdict"
            " ORDER BY verdict",
            (row[0],),
        ).fetchall()
    )
    return SessionItem(
        session_id=row[0],
        station=row[1],
        drill=row[2],
        stage=row[3],
        opened_at=row[4],
        closed_at=row[5],
        close_reason=row[6],
        clock_synced=None if row[7] is None else bool(row[7]),
        totals=Totals(
            reps=sum(by_verdict.values()),
            good=by_verdict.get("GOOD", 0),
            unscored=by_verdict.get("UNSCORED", 0),
            by_verdict=by_verdict,
        ),
    )


def list_sessions(
    connection: Connection, *, limit: int, cursor: str | None = None, since: str | None = None
) -> SessionPage:
    """Newest first. ``since`` looks at the opening. Raises ``ValueError`` for it."""
    chosen = {"session_id < ?": cursor, "wall_ms >= ?": since_ms(since)}
    source = f"{_SESSION_COLUMNS} FROM session"
    rows = newest(connection, source, "session_id", chosen, limit + 1)
    items = [_session_item(connection, row) for row in rows[:limit]]
    return SessionPage(items, items[-1].session_id if len(rows) > limit else None)


def get_session(connection: Connection, session_id: str) -> SessionItem | None:
    row = connection.execute(
        f"SELECT {_SESSION_COLUMNS} FROM session WHERE session_id = ?", (session_id,)
    ).fetchone()
    return None if row is None else _session_item(connection, row)


class Sizes(msgspec.Struct, frozen=True):
    """What lies aside, for somebody to look at."""

    quarantine: int
    poison: int


def sizes(connection: Connection) -> Sizes:
    (quarantine,) = connection.execute("SELECT count(*) FROM quarantine").fetchone()
    (poison,) = connection.execute("SELECT count(*) FROM poison").fetchone()
    return Sizes(quarantine, poison)
