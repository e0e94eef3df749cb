"""Keys and wall time for what leaves the station."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import uuid6

_SYNCHRONIZED: Final = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes this file once it has set the clock (systemd-timesyncd(8))."""
_TIME_ERROR: Final = 5
"""adjtimex(2): the clock is not synchronized."""
_TIMEX_BYTES: Final = 256
"""At least sizeof(struct timex), 208 on 64-bit Linux; modes = 0 only asks."""


class Stamp(NamedTuple):
    """Wall time as ISO 8601 UTC in ms, and whether something keeps the clock right."""

    wall_time: str
    clock_synced: bool


def new_id() -> str:
    """A UUIDv7 (RFC 9562): unique, and in the order of its making."""
    return str(uuid6.uuid7())


def clock_synced() -> bool:
    """Whether timesyncd has set the clock, or the kernel says that someone (chrony) does.

    In doubt, and where the unit forbids the call (``ProtectClock``): False.
    """
    if _SYNCHRONIZED.exists():
        return True
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return state not in (-1, _TIME_ERROR)


def stamp(synced: Callable[[], bool] = clock_synced) -> Stamp:
    """The wall time now."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Stamp(now.replace("+00:00", "Z"), synced())
