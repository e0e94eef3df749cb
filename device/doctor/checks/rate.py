"""How many samples a second, how even?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from device.doctor.checks.bus_speed import slow_bus
from device.doctor.found import Found, broken, degraded, ok, skipped, worst
from device.doctor.visit import Organ, Part, Visit
from drivers import CHIPS
from drivers.errors import ChipTimeout
from drivers.samples import PADS

TOF_HZ: Final = 40.0
"""What the station promises of each ranger; of each pad: ``Chip.pads_hz``."""
IMU_OFF: Final = 0.03
"""Share by which the IMU may be off its own rate."""
STALE_MS: Final[Mapping[Organ, float]] = {"tof": 150.0, "imu": 100.0, "pads": 100.0}
"""A gap so long makes the station say that a sensor is lost."""


def rate(visit: Visit, sensor: Organ) -> Found:
    why = visit.not_measured(sensor)
    if why is not None:
        return why
    found = worst(_of(visit, part) for part in visit.of(sensor))
    slow = slow_bus(visit)
    if found.status == "degraded" and slow is not None:
        return skipped(f"{slow} is too slow to judge it: {found.words}")
    return found


def _of(visit: Visit, part: Part) -> Found:
    if not part.started or part.gone:
        return skipped(f"{part.name} does not deliver")
    silent = [fault for fault in part.faults if isinstance(fault, ChipTimeout)]
    if silent:
        return broken(str(silent[0]))
    if part.faults:
        return skipped(f"{part.name}: what it delivers cannot be true")
    if part.sensor == "pads":
        each = [
            _stream(
                part,
                f"{name} pad",
                [s.t_ns for s in part.samples if s.pad == pad],
                CHIPS[visit.config.pads.chip].pads_hz,
            )
            for pad, name in enumerate(PADS)
        ]
        return worst(each)
    least_hz = TOF_HZ if part.sensor == "tof" else None
    return _stream(part, part.name, [sample.t_ns for sample in part.samples], least_hz)


def _stream(part: Part, name: str, stamps_ns: list[int], least_hz: float | None) -> Found:
    """``least_hz``: None for an IMU, whose rate is its own."""
    listened_s = (part.until_ns - part.from_ns) * 1e-9
    if len(stamps_ns) < 3:
        return broken(f"{name}: {len(stamps_ns)} samples in {listened_s:.1f} s")
    steps_ms = np.diff(np.array(stamps_ns, dtype=np.int64)) * 1e-6
    if float(steps_ms.min()) <= 0.0:
        return broken(f"{name}: stamps that go back or stand")
    edges_ms = [
        (stamps_ns[0] - part.from_ns) * 1e-6,
        (part.until_ns - stamps_ns[-1]) * 1e-6,
    ]
    hz = 1e3 / float(steps_ms.mean())
    gap_ms = max(float(steps_ms.max()), *edges_ms)
    jitter_ms = float(steps_ms.std())
    key = name.lower().replace(" ", "_")
    figures: dict[str, Any] = {
        f"{key}_hz": round(hz, 2),
        f"{key}_jitter_ms": round(jitter_ms, 2),
        f"{key}_longest_gap_ms": round(gap_ms, 1),
    }
    expected, fits = _expected(part, hz, least_hz)
    words = f"{name} {hz:.1f} Hz of {expected}, jitter {jitter_ms:.1f} ms, gap {gap_ms:.0f} ms"
    if not fits or gap_ms > STALE_MS[part.sensor]:
        return degraded(words, figures)
    return ok(words, figures)


def _expected(part: Part, hz: float, least_hz: float | None) -> tuple[str, bool]:
    if least_hz is not None:
        return f"at least {least_hz:.0f}", hz >= least_hz
    own_hz = float(part.driver.odr_hz)
    return f"{own_hz:.1f}", abs(hz / own_hz - 1.0) <= IMU_OFF
