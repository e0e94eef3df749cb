"""Leaning or turning to one side: advice, the rep may be GOOD."""

from __future__ import annotations

from device.faults.rule import Fault, RepView


def _rep(view: RepView) -> int | None:
    m, log = view.measured, view.log
    aside = m.side_lean_deg > log.side_deg or m.twist_deg > log.twist_deg
    return m.bottom_ns if aside else None


SIDE = Fault(
    code="SIDE",
    priority=7,
    words="Even weight",
    again="Push with both feet",
    names=False,
    rep=_rep,
)
