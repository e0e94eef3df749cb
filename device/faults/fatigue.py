"""The set turns bad: judged over its reps (see ``device.fatigue``), told between two of them."""

from __future__ import annotations

from device.faults.rule import Fault

FATIGUE = Fault(
    code="FATIGUE",
    priority=8,
    words="Good reps are going. Rest.",
    names=False,
)
