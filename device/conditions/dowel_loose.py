"""The dowel is held loosely: a pad chatters."""

from __future__ import annotations

from device.conditions.rule import Condition

DOWEL_LOOSE = Condition(
    "DOWEL_LOOSE", lambda view: view.uses_pads and view.loose, on_ms=0, pauses=True
)
