"""How much light falls in?"""

from __future__ import annotations

from typing import Final

from device.doctor.found import Found, broken, degraded, ok, worst
from device.doctor.scene import LIGHT_KCPS, ambient_kcps
from device.doctor.visit import Part, Visit, tof_samples

BLIND_SHARE: Final = 0.5


def tof_light(visit: Visit) -> Found:
    parts = visit.judged("tof")
    if isinstance(parts, Found):
        return parts
    return worst(_light(part) for part in parts)


def _light(part: Part) -> Found:
    kcps = ambient_kcps(part)
    figures = {f"0x{part.driver.address:02X}_ambient_kcps": round(kcps)}
    words = f"{part.name}: {kcps:.0f} kcps of ambient light"
    if kcps < LIGHT_KCPS:
        return ok(words, figures)
    seen = sum(s.valid for s in tof_samples(part)) / len(part.samples)
    return (broken if seen < BLIND_SHARE else degraded)(f"{words}, {seen:.0%} valid", figures)
