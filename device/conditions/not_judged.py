"""A pad that does not close on this back (hair, belt, build): it is not judged, the rest is."""

from __future__ import annotations

from collections.abc import Callable

from device.conditions.rule import Condition, WallView


def _never_closed(pad: int) -> Callable[[WallView], bool]:
    return lambda view: (
        view.uses_pads and view.zeroed and not view.judged[pad] and not view.held_pads[pad]
    )


HEAD_NOT_JUDGED = Condition("HEAD_NOT_JUDGED", _never_closed(0), on_ms=0, off_ms=0)
THORACIC_NOT_JUDGED = Condition("THORACIC_NOT_JUDGED", _never_closed(1), on_ms=0, off_ms=0)
SACRUM_NOT_JUDGED = Condition("SACRUM_NOT_JUDGED", _never_closed(2), on_ms=0, off_ms=0)
