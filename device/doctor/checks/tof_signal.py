"""Is the echo good enough?"""

from __future__ import annotations

from statistics import median
from typing import Final

from device.doctor.found import Found, degraded, ok, skipped, worst
from device.doctor.scene import LIGHT_KCPS, NO_TARGET, ambient_kcps, is_covered
from device.doctor.visit import Part, Visit, tof_samples

WEAK_KCPS: Final = 1500.0
"""Half above ST's limit of 1024 kcps, below which there is no target."""
SIGMA_MM: Final = 12.0
VALID_SHARE: Final = 0.9


def tof_signal(visit: Visit) -> Found:
    parts = visit.judged("tof")
    if isinstance(parts, Found):
        return parts
    return worst(_signal(visit, part) for part in parts)


def _signal(visit: Visit, part: Part) -> Found:
    if is_covered(visit, part) or ambient_kcps(part) >= LIGHT_KCPS:
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
