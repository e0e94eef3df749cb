"""What the rangers see: a hand on the glass, too much light, a target good enough."""

from __future__ import annotations

from statistics import median
from typing import Final

from device.doctor.found import Found, broken, degraded, ok, skipped, worst
from device.doctor.visit import Part, Visit, tof_samples
from device.range_watch import COVERED_MM

NO_TARGET: Final = 2
CLIPPED: Final = 3
LEAST_COVER_MM: Final = 20.0
LIGHT_KCPS: Final = 1000.0
"""Ambient light in all SPADs. Indoors: tens; sun on the target: thousands."""
BLIND_SHARE: Final = 0.5
WEAK_KCPS: Final = 1500.0
"""Half above ST's limit of 1024 kcps, below which there is no target."""
SIGMA_MM: Final = 12.0
VALID_SHARE: Final = 0.9


def tof_covered(visit: Visit) -> Found:
    parts = visit.judged("tof")
    if isinstance(parts, Found):
        return parts
    return worst(_covered(visit, part) for part in parts)


def tof_light(visit: Visit) -> Found:
    parts = visit.judged("tof")
    if isinstance(parts, Found):
        return parts
    return worst(_light(part) for part in parts)


def tof_signal(visit: Visit) -> Found:
    parts = visit.judged("tof")
    if isinstance(parts, Found):
        return parts
    return worst(_signal(visit, part) for part in parts)


def is_covered(visit: Visit, part: Part) -> bool:
    """Most of what comes back comes from nearer than the wall's face."""
    limit_mm = max(visit.config.tof.recess_mm - COVERED_MM, LEAST_COVER_MM)
    near = [
        s.status == CLIPPED or (s.status != NO_TARGET and s.range_mm < limit_mm)
        for s in tof_samples(part)
    ]
    return sum(near) > len(near) / 2


def _covered(visit: Visit, part: Part) -> Found:
    if is_covered(visit, part):
        mm = median(s.range_mm for s in tof_samples(part))
        return broken(
            f"{part.name}: {mm:.0f} mm, nearer than the wall's face", {"range_mm": round(mm)}
        )
    return ok(f"{part.name}: window free")


def _ambient_kcps(part: Part) -> float:
    return median(s.ambient_kcps for s in tof_samples(part))


def _light(part: Part) -> Found:
    kcps = _ambient_kcps(part)
    figures = {f"0x{part.driver.address:02X}_ambient_kcps": round(kcps)}
    words = f"{part.name}: {kcps:.0f} kcps of ambient light"
    if kcps < LIGHT_KCPS:
        return ok(words, figures)
    seen = sum(s.valid for s in tof_samples(part)) / len(part.samples)
    return (broken if seen < BLIND_SHARE else degraded)(f"{words}, {seen:.0%} valid", figures)


def _signal(visit: Visit, part: Part) -> Found:
    if is_covered(visit, part) or _ambient_kcps(part) >= LIGHT_KCPS:
        return skipped(f"{part.name} is covered or dazzled")
    samples = [s for s in tof_samples(part) if s.status != NO_TARGET]
    if len(samples) < len(part.samples) / 2:
        return skipped(f"{part.name}: nothing in range; stand at the mark and run again")
    valid = [s for s in samples if s.valid]
    share = len(valid) / len(samples)
    if not valid:
        codes = ", ".join(sorted({str(s.status) for s in samples}))
        return degraded(f"{part.name}: no valid range (status {codes})")
    range_mm = median(s.range_mm for s in valid)
    sigma_mm = median(s.sigma_mm for s in valid)
    signal = median(s.signal_kcps for s in valid)
    at = f"0x{part.driver.address:02X}"
    figures = {
        f"{at}_range_mm": round(range_mm),
        f"{at}_sigma_mm": round(sigma_mm, 1),
        f"{at}_signal_kcps": round(signal),
        f"{at}_valid_share": round(share, 3),
    }
    words = (
        f"{part.name}: {range_mm:.0f} mm, sigma {sigma_mm:.1f} mm, signal {signal:.0f} kcps, "
        f"{share:.0%} valid"
    )
    fine = share >= VALID_SHARE and sigma_mm <= SIGMA_MM and signal >= WEAK_KCPS
    return ok(words, figures) if fine else degraded(words, figures)
