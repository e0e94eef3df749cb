"""Writing messages: one batch, one transaction, exactly one row an id.

`write_batch` is the only code that writes. It answers each line with an `Ack`:
``ack`` once it is in the database, ``nack`` for a line that can never become a row. A nacked
line is kept too, in ``quarantine`` (same id, other content) or ``poison`` (not a message).
"""

from __future__ import annotations

import datetime
import hashlib
import logging
import uuid
from collections import Counter

import msgspec

from services import schema
from services.database import Connection, DatabaseError

log = logging.getLogger("hinge.store")

MAX_ID_CHARS = 64
REP_METRICS = (
    "peak_tilt_deg", "hip_travel_mm", "hip_drop_mm", "hip_return_mm", "hinge_ratio",
    "shin_angle_deg", "knee_flexion_deg", "drop_angle_deg", "excess_drop_mm", "early_drop_mm",
    "onset_lag_s", "peak_rate_dps", "t_down_s", "t_hold_s", "t_up_s",
)  # fmt: skip
"""Fields of `schema.RepBody` that have a column of the same name."""

_REP_COLUMNS = (
    "id", "session_id", "station", "set_index", "rep_index", "drill", "stage", "wall_time",
    "wall_ms", "clock_synced", "received_ms", "verdict", "valid", "contacts", "side",
    *REP_METRICS, "loss_head_ms", "loss_thoracic_ms", "loss_sacrum_ms", "beam_off_hip", "body",
)  # fmt: skip
_SET_COLUMNS = (
    "id", "session_id", "station", "set_index", "drill", "stage", "wall_time", "wall_ms",
    "clock_synced", "received_ms", "ended", "reps", "good", "unscored", "main_fault",
    "stop_advised", "body",
)  # fmt: skip


def _insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


_INSERT_REP = _insert("rep", _REP_COLUMNS)
_INSERT_SET = _insert("set_done", _SET_COLUMNS)
_KNOWN = " UNION ALL ".join(
    f"SELECT body FROM {table} WHERE id = ?1" for table in ("rep", "session_event", "set_done")
)


class _Conflict(Exception):
    """The id is taken by other content."""


def wall_ms(wall_time: str) -> int | None:
    """ISO 8601 to ms since 1970 UTC; None when it cannot be read (a rep is never refused)."""
    try:
        moment = datetime.datetime.fromisoformat(wall_time)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def parse(line: bytes) -> tuple[schema.Message, str]:
    """The message and its canonical JSON (sorted keys; fields we do not know are kept).

    Raises ``ValueError`` or ``RecursionError`` for what is no message.
    """
    try:
        message = schema.decode_message(line)
    except msgspec.ValidationError as error:
        raise ValueError(
            f"{error} (this log service reads schema {schema.SCHEMA_VERSION})"
        ) from error
    if str(uuid.UUID(message.id)) != message.id or uuid.UUID(message.id).version != 7:
        raise ValueError(f"id {message.id[:MAX_ID_CHARS]!r} is not a UUIDv7 in lower case")
    if not 1 <= len(message.session_id) <= MAX_ID_CHARS:
        raise ValueError(f"session_id has {len(message.session_id)} characters, expected 1 to 64")
    canonical = msgspec.json.encode(msgspec.json.decode(line), order="deterministic")
    return message, canonical.decode()


def id_of(line: bytes) -> str:
    """The id a broken line claims, so that its sender can tell which one is meant."""
    try:
        found = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return ""
    claimed = found.get("id") if isinstance(found, dict) else None
    return claimed if isinstance(claimed, str) and len(claimed) <= MAX_ID_CHARS else ""


def write_batch(
    connection: Connection, lines: list[bytes], received_ms: int
) -> tuple[list[schema.Ack], Counter[str]]:
    """Store lines in one transaction; answers in the same order, and what became of them.

    Counted: ``stored``, ``duplicate``, ``quarantined``, ``poison``. Raises ``Error`` of
    `services.database` when nothing was stored (disk full, locked, read-only, ...).
    """
    counts: Counter[str] = Counter()
    try:
        connection.execute("BEGIN IMMEDIATE")
        acks = [_store_line(connection, line, received_ms, counts) for line in lines]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return acks, counts


def _store_line(
    connection: Connection, line: bytes, received_ms: int, counts: Counter[str]
) -> schema.Ack:
    try:
        message, body = parse(line)
    except (ValueError, RecursionError) as error:
        return _poison(connection, line, received_ms, str(error), counts)
    connection.execute("SAVEPOINT line")
    try:
        new = _store(connection, message, body, received_ms)
    except _Conflict:
        ack = _quarantine(connection, message.id, body, received_ms, counts)
    except (OverflowError, DatabaseError) as error:
        if isinstance(error, DatabaseError) and not _is_about_values(error):
            raise  # the disk's fault, not the line's: the whole batch waits
        connection.execute("ROLLBACK TO line")
        ack = _poison(connection, line, received_ms, str(error), counts)
    else:
        counts["stored" if new else "duplicate"] += 1
        ack = schema.Ack(ack=message.id)
    connection.execute("RELEASE line")
    return ack


def _is_about_values(error: Exception) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"DataError", "IntegrityError"})


def _store(connection: Connection, message: schema.Message, body: str, received_ms: int) -> bool:
    """True if new, False if it was there already. Raises `_Conflict`."""
    known = connection.execute(_KNOWN, (message.id,)).fetchone()
    if known is not None:
        if known[0] != body:
            raise _Conflict
        return False
    if isinstance(message, schema.RepMessage):
        _store_rep(connection, message, body, received_ms)
    elif isinstance(message, schema.SetMessage):
        _store_set(connection, message, body, received_ms)
    else:
        _store_event(connection, message, body, received_ms)
    return True


def _store_rep(
    connection: Connection, message: schema.RepMessage, body: str, received_ms: int
) -> None:
    rep, loss = message.rep, message.rep.contact_loss_ms
    _name_session(connection, message, received_ms)
    connection.execute(
        _INSERT_REP,
        (
            message.id, message.session_id, message.station, message.set_index,
            message.rep_index, message.drill, message.stage, message.wall_time,
            wall_ms(message.wall_time), message.clock_synced, received_ms,
            rep.verdict, rep.valid, rep.contacts, rep.side,
            *(getattr(rep, name) for name in REP_METRICS),
            loss.head, loss.thoracic, loss.sacrum, rep.beam_off_hip, body,
        ),
    )  # fmt: skip


def _store_set(
    connection: Connection, message: schema.SetMessage, body: str, received_ms: int
) -> None:
    done = message.summary
    _name_session(connection, message, received_ms)
    connection.execute(
        _INSERT_SET,
        (
            message.id, message.session_id, message.station, message.set_index, message.drill,
            message.stage, message.wall_time, wall_ms(message.wall_time), message.clock_synced,
            received_ms, done.ended, done.reps, done.good, done.unscored, done.main_fault,
            done.stop_advised, body,
        ),
    )  # fmt: skip


def _name_session(
    connection: Connection, message: schema.RepMessage | schema.SetMessage, received_ms: int
) -> None:
    """The visit's row, as far as a message from its middle knows it, if there is none yet."""
    connection.execute(
        "INSERT INTO session (session_id, station, drill, stage, first_received_ms)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (session_id) DO NOTHING",
        (message.session_id, message.station, message.drill, message.stage, received_ms),
    )


def _store_event(
    connection: Connection,
    message: schema.SessionOpen | schema.SessionClose,
    body: str,
    received_ms: int,
) -> None:
    connection.execute(
        "INSERT INTO session (session_id, station, first_received_ms) VALUES (?, ?, ?)"
        " ON CONFLICT (session_id) DO NOTHING",
        (message.session_id, message.station, received_ms),
    )
    connection.execute(
        "INSERT INTO session_event (id, session_id, received_ms, body) VALUES (?, ?, ?, ?)",
        (message.id, message.session_id, received_ms, body),
    )
    # A second opening or closing of one visit is kept as an event; the first one names it.
    if isinstance(message, schema.SessionOpen):
        connection.execute(
            "UPDATE session SET open_id = ?, opened_at = ?, wall_ms = ?, drill = ?, stage = ?,"
            " clock_synced = ? WHERE session_id = ? AND open_id IS NULL",
            (
                message.id, message.wall_time, wall_ms(message.wall_time), message.drill,
                message.stage, message.clock_synced, message.session_id,
            ),
        )  # fmt: skip
    else:
        connection.execute(
            "UPDATE session SET close_id = ?, closed_at = ?, close_reason = ?"
            " WHERE session_id = ? AND close_id IS NULL",
            (message.id, message.wall_time, message.reason, message.session_id),
        )


def _quarantine(
    connection: Connection, message_id: str, body: str, received_ms: int, counts: Counter[str]
) -> schema.Ack:
    connection.execute(
        "INSERT INTO quarantine (id, digest, received_ms, body) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET times = times + 1",
        (message_id, hashlib.sha256(body.encode()).hexdigest(), received_ms, body),
    )
    counts["quarantined"] += 1
    log.error("message %s came again with other content: first one kept, put aside", message_id)
    return schema.Ack(nack=message_id, error="this id is stored with other content")


def _poison(
    connection: Connection, line: bytes, received_ms: int, reason: str, counts: Counter[str]
) -> schema.Ack:
    connection.execute(
        "INSERT INTO poison (digest, received_ms, reason, raw) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET times = times + 1",
        (hashlib.sha256(line).hexdigest(), received_ms, reason, line),
    )
    counts["poison"] += 1
    log.error("a line that is no message was put aside: %r", reason[:200])
    return schema.Ack(nack=id_of(line), error=reason[:200])
