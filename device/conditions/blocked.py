"""Something covers a ranger: a hand, a towel, a bag at the glass. Said silently."""

from __future__ import annotations

from device.conditions.rule import Condition

BLOCKED = Condition("BLOCKED", lambda view: view.covered, on_ms=200, pauses=True)
