"""Does every pad close when pressed?"""

from __future__ import annotations

from device.doctor.contact import flat_pads, held_closed
from device.doctor.found import Found, broken, ok, skipped
from device.doctor.visit import Visit
from drivers.samples import PADS


def pads_press(visit: Visit) -> Found:
    parts = visit.judged("pads")
    if isinstance(parts, Found):
        return parts
    if not visit.asked_to_press:
        return skipped("not asked: whether a pad closes cannot be known without a press")
    others = {*held_closed(visit, parts[0]), *flat_pads(visit, parts[0])}
    peaks = {
        name: max((s.level for s in visit.pads_pressed if s.pad == pad), default=0.0)
        for pad, name in enumerate(PADS)
    }
    closed = {PADS[s.pad] for s in visit.pads_pressed if s.closed}
    never = [name for name in PADS if name not in others and name not in closed]
    figures = {f"{name}_peak": round(peak, 3) for name, peak in peaks.items()}
    if never:
        return broken(f"{', '.join(never)} never closed when pressed", figures)
    words = "pressed: " + ", ".join(f"{name} {100 * peak:.0f} %" for name, peak in peaks.items())
    return ok(words, figures)
