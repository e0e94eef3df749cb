"""A pad is held closed by a hand, or stuck: it says nothing of the back and is not judged."""

from __future__ import annotations

from device.conditions.rule import Condition

PAD_HELD = Condition("PAD_HELD", lambda view: view.uses_pads and any(view.held_pads), on_ms=0)
