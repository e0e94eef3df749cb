"""Leaning to one side: advice, the rep may be GOOD."""

from __future__ import annotations

from device.faults.rule import Fault, RepView


def _rep(view: RepView) -> int | None:
    m = view.measured
    return m.bottom_ns if m.side_lean_deg > view.log.side_deg else None


SIDE = Fault(
    code="SIDE",
    priority=7,
    words="Even weight",
    again="Push with both feet",
    names=False,
    rep=_rep,
)
