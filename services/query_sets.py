"""Reading the finished sets of the log, newest first, paged by key like the reps."""

from __future__ import annotations

from typing import Any

import msgspec

from services import schema
from services.database import Connection
from services.query import iso, newest, since_ms


class SetItem(msgspec.Struct, frozen=True, kw_only=True):
    """A stored set."""

    id: str
    session_id: str
    station: str
    set_index: int
    drill: str
    stage: str
    wall_time: str
    clock_synced: bool
    received_at: str
    """When the log service stored it, ISO 8601 UTC."""
    summary: schema.SetBody


class SetPage(msgspec.Struct, frozen=True):
    items: list[SetItem]
    next: str | None
    """Give it back as ``cursor`` for the page after this one; null on the last page."""


def _item(row: tuple[Any, ...]) -> SetItem:
    body, received_ms = row
    message = schema.decode_message(body)
    assert isinstance(message, schema.SetMessage)
    return SetItem(
        id=message.id,
        session_id=message.session_id,
        station=message.station,
        set_index=message.set_index,
        drill=message.drill,
        stage=message.stage,
        wall_time=message.wall_time,
        clock_synced=message.clock_synced,
        received_at=iso(received_ms),
        summary=message.summary,
    )


def list_sets(
    connection: Connection,
    *,
    limit: int,
    cursor: str | None = None,
    session_id: str | None = None,
    since: str | None = None,
) -> SetPage:
    """Newest first. ``since``: ISO 8601, by the device's clock. Raises ``ValueError`` for it."""
    chosen = {"id < ?": cursor, "session_id = ?": session_id, "wall_ms >= ?": since_ms(since)}
    rows = newest(connection, "body, received_ms FROM set_done", "id", chosen, limit + 1)
    items = [_item(row) for row in rows[:limit]]
    return SetPage(items, items[-1].id if len(rows) > limit else None)


def get_set(connection: Connection, set_id: str) -> SetItem | None:
    row = connection.execute(
        "SELECT body, received_ms FROM set_done WHERE id = ?", (set_id,)
    ).fetchone()
    return None if row is None else _item(row)
