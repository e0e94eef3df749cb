"""What waits to be sent to the log."""

from __future__ import annotations

from typing import Final

from device.doctor.found import Found, broken, degraded, ok, skipped
from device.doctor.visit import Visit

DEEP: Final = 500
OLD_S: Final = 3600.0


def outbox(visit: Visit) -> Found:
    look = visit.outbox
    if look.damaged:
        return broken(f"{visit.config.paths.spool}: damaged ({look.error})")
    if look.error is not None:
        return skipped(f"{visit.config.paths.spool} cannot be read: {look.error}")
    if look.counts is None:
        return ok("nothing waits (no spool yet)", {"depth": 0})
    depth, rejected, oldest_at = look.counts
    age_s = 0.0 if oldest_at is None else max(0.0, visit.machine.now_unix_s - oldest_at)
    figures = {"depth": depth, "oldest_s": round(age_s), "refused": rejected}
    words = f"{depth} wait, the oldest for {_time(age_s)}, {rejected} refused"
    bad = depth > DEEP or age_s > OLD_S or rejected
    return degraded(words, figures) if bad else ok(words, figures)


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
