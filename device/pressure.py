"""How lightly each graded pad was pressed within a repetition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from device.pad_track import PadTrack


class Light(NamedTuple):
    """A pad at its least pressure: when, and what share of the pressure in standing."""

    t_ns: int
    share: float


Lightest = tuple[Light | None, Light | None, Light | None]
"""Of head, thoracic and sacrum pad; None where it cannot be known."""


def lightest(
    pads: Sequence[PadTrack], start_ns: int, end_ns: int, judged: tuple[bool, bool, bool]
) -> Lightest:
    """The least pressure on each judged pad between two times."""
    head, thoracic, sacrum = (
        Light(*found) if ok and (found := track.lightest(start_ns, end_ns)) is not None else None
        for track, ok in zip(pads, judged, strict=True)
    )
    return head, thoracic, sacrum
