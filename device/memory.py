"""What the judging remembers of a person: reset with a walk-up visit, kept for a patient."""

from __future__ import annotations

import msgspec


class Memory(msgspec.Struct, frozen=True):
    """Newest last. Only GOOD reps are in ``excess_shares``, and what follows from them is bounded
    (``device.baseline``, ``device.lever``): a bad habit cannot become the norm, over visits either.
    """

    excess_shares: tuple[float, ...] = ()
    """Excess drop of good reps per stature."""
    levers_mm: tuple[float, ...] = ()
    """How far the dowel lies off its usual distance, of the last reps that told."""
