"""Do the pads open, and do they close?"""

from __future__ import annotations

from device.doctor.checks.values import ENOUGH, flat_pads
from device.doctor.found import Found, broken, degraded, ok, skipped
from device.doctor.visit import Part, Visit, pad_samples
from drivers.samples import PADS


def pads_closed(visit: Visit) -> Found:
    parts = visit.judged("pads")
    if isinstance(parts, Found):
        return parts
    held = _held_closed(visit, parts[0])
    if not held:
        return ok("no pad is held closed", {"held_closed": 0})
    words = f"{', '.join(held)} closed: stuck, or somebody holds the dowel"
    return degraded(words, {"held_closed": len(held)})


def pads_press(visit: Visit) -> Found:
    parts = visit.judged("pads")
    if isinstance(parts, Found):
        return parts
    if not visit.asked_to_press:
        return skipped("not asked: whether a pad closes cannot be known without a press")
    others = {*_held_closed(visit, parts[0]), *flat_pads(visit, parts[0])}
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


def _held_closed(visit: Visit, part: Part) -> list[str]:
    """Pads that were closed to the end, before anybody was asked to touch them."""
    dead = flat_pads(visit, part)
    held = []
    for pad, name in enumerate(PADS):
        mine = [s.closed for s in pad_samples(part) if s.pad == pad][-ENOUGH:]
        if len(mine) == ENOUGH and all(mine) and name not in dead:
            held.append(name)
    return held
