"""What the doctor asks of the log's side: is the database sound, what says the station?"""

from __future__ import annotations

import contextlib
import http.client
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from services import schema
from services.config import LogConfig
from services.database import (
    OLDEST_SAFE_SQLITE,
    DatabaseError,
    Error,
    OperationalError,
    migrations,
    open_reader,
    quick_check,
    sqlite_version,
)
from services.errors import DatabaseDamaged

WAL_BIG_BYTES: Final = 64 << 20
"""Four times what the writer lets stand: nobody has checkpointed for long."""
FREE_FACTOR: Final = 1.0
"""A backup or a migration needs the file's own size once more."""
ASK_S: Final = 2.0

Status = Literal["ok", "degraded", "broken", "skipped"]


class Checked(NamedTuple):
    """``words`` in one line; ``figures`` with their units in the names."""

    status: Status
    words: str
    figures: Mapping[str, float | int | str | bool | None] = {}


class LogCheck:
    """The checks of one log service's configuration. Nothing is written, nothing raised."""

    def __init__(self, config: LogConfig) -> None:
        self._config = config

    def database(self) -> Checked:
        """``quick_check``, schema version, WAL size, free space, SQLite's own version."""
        path = self._config.database
        try:
            if not path.exists():
                return Checked("ok", f"no database yet ({path})", {"exists": False})
            return _database(path)
        except DatabaseDamaged as error:
            return Checked("broken", str(error))
        except OperationalError as error:
            return Checked("skipped", f"{path} cannot be read: {error}")
        except DatabaseError as error:
            return Checked("broken", f"{path}: {error}")
        except (Error, OSError) as error:
            return Checked("skipped", f"{path} cannot be read: {error}")

    def station(self) -> Checked:
        """How the running device program is, as the log service hears it."""
        where = f"{self._config.host}:{self._config.port}"
        try:
            frame = self._newest_frame()
        except (OSError, ValueError, http.client.HTTPException) as error:
            return Checked(
                "degraded", f"running, but its log service at {where} gives no state: {error}"
            )
        if frame is None:
            return Checked("degraded", f"running, but nothing of it is heard at {where}")
        return _station(frame)

    def _newest_frame(self) -> schema.LiveFrame | None:
        """The first event of the live stream, within ``ASK_S``."""
        asked = http.client.HTTPConnection(self._config.host, self._config.port, timeout=ASK_S)
        with contextlib.closing(asked):
            asked.request("GET", "/api/v1/live")
            answer = asked.getresponse()
            if answer.status != http.client.OK:
                raise ValueError(f"HTTP {answer.status}, expected 200")
            for _ in range(20):
                line = answer.readline(1 << 16)
                if line.startswith(b"data:"):
                    return _frame(line[5:].strip())
        return None


def _frame(data: bytes) -> schema.LiveFrame | None:
    """A frame of the device; None for the stream's word that there is none."""
    found: Any = msgspec.json.decode(data)
    if not isinstance(found, dict) or found.get("type") != "live":
        return None
    return schema.decode_live(data)


def _station(frame: schema.LiveFrame) -> Checked:
    device = frame.device
    figures: dict[str, float | int | str | bool | None] = {
        "state": frame.state,
        "sensors_lost": ", ".join(frame.sensor_lost) or None,
    }
    words = [f"running, {frame.state}"]
    bad = False
    if frame.sensor_lost:
        bad = True
        words.append(f"lost: {', '.join(frame.sensor_lost)}")
    if frame.conditions:
        words.append(f"at the wall: {', '.join(frame.conditions)}")
    if device is not None:
        figures |= {
            "waiting": device.waiting,
            "oldest_s": device.oldest_s,
            "ticks_missed": device.ticks_missed,
        }
        words.append(f"{device.ticks_missed} ticks missed, {device.waiting} messages wait")
        if device.disk_error is not None:
            bad = True
            words.append(f"its disk: {device.disk_error}")
    return Checked("degraded" if bad else "ok", "; ".join(words), figures)


def _database(path: Path) -> Checked:
    with contextlib.closing(open_reader(path)) as reader:
        quick_check(reader, path)
        (version,) = reader.execute("PRAGMA user_version").fetchone()
        (reps,) = reader.execute("SELECT count(*) FROM rep").fetchone() if version else (0,)
    known = len(migrations())
    size = path.stat().st_size
    wal = path.with_name(path.name + "-wal")
    wal_bytes = wal.stat().st_size if wal.exists() else 0
    free = shutil.disk_usage(path.parent).free
    sqlite = ".".join(map(str, sqlite_version()))
    figures = {
        "schema_version": version,
        "reps": reps,
        "size_mb": round(size / 1e6, 1),
        "wal_mb": round(wal_bytes / 1e6, 1),
        "free_mb": round(free / 1e6),
        "sqlite": sqlite,
    }
    words = (
        f"sound, schema {version} of {known}, {reps} reps, {size / 1e6:.1f} MB, "
        f"WAL {wal_bytes / 1e6:.1f} MB"
    )
    if version > known:
        return Checked("broken", f"{words}: written by a newer program", figures)
    if sqlite_version() < OLDEST_SAFE_SQLITE:
        return Checked("degraded", f"{words}; SQLite {sqlite} can damage a WAL", figures)
    if wal_bytes > WAL_BIG_BYTES:
        return Checked("degraded", f"{words}: it is not written back", figures)
    if free < FREE_FACTOR * size:
        return Checked("degraded", f"{words}; too little space for a backup", figures)
    return Checked("ok", words, figures)
