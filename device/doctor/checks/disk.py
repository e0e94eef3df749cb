"""Is there room, and can it be written?"""

from __future__ import annotations

from typing import Final

from device.doctor.found import Found, broken, degraded, ok, skipped
from device.doctor.visit import Visit

LOW_BYTES: Final = 500_000_000
FULL_BYTES: Final = 20_000_000


def disk(visit: Visit) -> Found:
    machine = visit.machine
    free = machine.disk_free_bytes
    figures = {"free_mb": None if free is None else round(free / 1e6)}
    if machine.disk_error is not None:
        return broken(f"cannot be written: {machine.disk_error}", figures)
    if free is None:
        return skipped("the free space could not be read")
    words = f"{free / 1e9:.1f} GB free in {visit.config.paths.data_dir}, writable"
    if free < FULL_BYTES:
        return broken(words, figures)
    return degraded(words, figures) if free < LOW_BYTES else ok(words, figures)
