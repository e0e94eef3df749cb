"""The computer: clock, disk, supply, heat, real time, versions."""

from __future__ import annotations

import datetime
from typing import Final

from device.doctor.found import Figures, Found, broken, degraded, ok, skipped
from device.doctor.visit import Visit

BUILT_UNIX_S: Final = 1_763_596_800.0
"""2025-11-20: no station can be older than its program."""
DISK_LOW_BYTES: Final = 500_000_000
DISK_FULL_BYTES: Final = 20_000_000
HOT_C: Final = 80.0
"""From here on a Pi slows itself down."""
TOO_HOT_C: Final = 85.0


def clock(visit: Visit) -> Found:
    machine = visit.machine
    now = datetime.datetime.fromtimestamp(machine.now_unix_s, datetime.UTC)
    date = f"{now:%Y-%m-%d %H:%M} UTC"
    figures: Figures = {"date": date, "synchronised": machine.clock_synced, "rtc": machine.has_rtc}
    if machine.now_unix_s < BUILT_UNIX_S:
        return broken(f"{date} is older than this program", figures)
    if machine.clock_synced:
        return ok(f"{date}, synchronised", figures)
    if machine.has_rtc:
        return ok(f"{date}, not synchronised, kept by a battery clock", figures)
    return degraded(f"{date}, not synchronised, and no battery clock", figures)


def disk(visit: Visit) -> Found:
    machine = visit.machine
    free = machine.disk_free_bytes
    figures = {"free_mb": None if free is None else round(free / 1e6)}
    if machine.disk_error is not None:
        return broken(f"cannot be written: {machine.disk_error}", figures)
    if free is None:
        return skipped("the free space could not be read")
    words = f"{free / 1e9:.1f} GB free in {visit.config.paths.data_dir}, writable"
    if free < DISK_FULL_BYTES:
        return broken(words, figures)
    return degraded(words, figures) if free < DISK_LOW_BYTES else ok(words, figures)


def supply(visit: Visit) -> Found:
    machine = visit.machine
    if not machine.is_pi:
        return skipped(f"not a Raspberry Pi ({machine.model})")
    now, before = machine.undervoltage_now, machine.undervoltage_since_boot
    if now is None:
        return skipped("the firmware does not tell")
    figures = {"undervoltage_now": now, "undervoltage_since_boot": before}
    if now:
        return broken("undervoltage now", figures)
    if before:
        return degraded("undervoltage since the start, not now", figures)
    return ok("no undervoltage", figures)


def heat(visit: Visit) -> Found:
    machine = visit.machine
    degrees_c = machine.cpu_temp_c
    if degrees_c is None:
        return skipped("no temperature to read")
    slowed = bool(machine.throttled_now) and not machine.undervoltage_now
    figures = {"cpu_temp_c": round(degrees_c, 1), "throttled_now": machine.throttled_now}
    words = f"{degrees_c:.0f} C{', slowed down' if slowed else ''}"
    if degrees_c >= TOO_HOT_C:
        return broken(words, figures)
    return degraded(words, figures) if degrees_c >= HOT_C or slowed else ok(words, figures)


def realtime(visit: Visit) -> Found:
    machine = visit.machine
    figures = {"realtime": machine.realtime}
    if machine.realtime:
        return ok(machine.realtime_words, figures)
    return degraded(machine.realtime_words, figures)


def versions(visit: Visit) -> Found:
    told = visit.machine.versions
    return ok(", ".join(f"{name} {value}" for name, value in told.items() if value), dict(told))
