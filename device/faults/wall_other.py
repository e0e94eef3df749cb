"""A tap drill in which something else than the hips reaches the wall: upper back, head or dowel."""

from __future__ import annotations

from device.faults.rule import Fault, RepView


def _rep(view: RepView) -> int | None:
    return view.measured.other_touch_ns if view.drill.tap else None


WALL_OTHER = Fault(
    code="WALL_OTHER",
    priority=7,
    words="Only the butt touches",
    again="Butt first to the wall",
    names=False,
    rep=_rep,
)
