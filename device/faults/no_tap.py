"""A tap drill without the tap: after three misses the person is told to stand closer."""

from __future__ import annotations

from device.faults.rule import Fault, RepView


def _rep(view: RepView) -> int | None:
    m = view.measured
    if not view.drill.tap or m.tapped is None:
        return None
    return None if m.tapped else m.bottom_ns


NO_TAP = Fault(
    code="NO_TAP",
    priority=7,
    words="Move 5 cm closer",
    again="Step nearer the wall",
    names=False,
    rep=_rep,
    in_a_row=3,
)
