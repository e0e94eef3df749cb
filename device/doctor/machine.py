"""What the doctor knows of the computer: values only. ``host`` reads those of this one."""

from __future__ import annotations

from typing import NamedTuple


class Machine(NamedTuple):
    """None stands for "cannot be known here"."""

    is_pi: bool
    model: str
    now_unix_s: float
    clock_synced: bool
    has_rtc: bool
    disk_free_bytes: int | None
    disk_total_bytes: int | None
    disk_error: str | None
    """Why the data folder cannot be written; None while it can."""
    undervoltage_now: bool | None
    undervoltage_since_boot: bool | None
    throttled_now: bool | None
    throttled_since_boot: bool | None
    cpu_temp_c: float | None
    realtime: bool
    """The device program gets SCHED_FIFO, and may lock its memory."""
    realtime_words: str
    versions: dict[str, str]
