"""Where in a repetition contacts were lost: on the way down, in the bottom third, on the way up.

The bottom third is from the first to the last time at which the tilt was over 0.67 of its peak;
where there is hardly any tilt, the depth of the posture stands in for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Span = tuple[int, int]
"""(from, to) in ns."""

BOTTOM_SHARE = 0.67
COUNT_NS = 100_000_000
"""So long must a number of contacts last to count as the lowest."""
LEAST_TILT_DEG = 15.0


class Loss(NamedTuple):
    """A pad that was open: which, from when, for how long, and at what tilt it opened."""

    pad: int
    t_ns: int
    length_ns: int
    tilt_deg: float


class Phases(NamedTuple):
    """A repetition cut in three; each ``Span`` ends where the next begins."""

    descent: Span
    bottom: Span
    ascent: Span


def phases(start_ns: int, end_ns: int, t_s: Array, tilt_deg: Array, depth: Array) -> Phases:
    """``t_s`` (n,) from ``start_ns``, with the tilt from rest and the posture's depth (n,)."""
    posture = tilt_deg if float(np.max(tilt_deg)) >= LEAST_TILT_DEG else depth
    low = np.flatnonzero(posture > BOTTOM_SHARE * float(np.max(posture)))
    if not len(low) or float(np.max(posture)) <= 0.0:
        # Never down at all.
        return Phases((start_ns, end_ns), (end_ns, end_ns), (end_ns, end_ns))
    from_ns = min(start_ns + round(float(t_s[low[0]]) * 1e9), end_ns)
    to_ns = min(start_ns + round(float(t_s[low[-1]]) * 1e9), end_ns)
    return Phases((start_ns, from_ns), (from_ns, to_ns), (to_ns, end_ns))


def counted(losses: Sequence[Loss], least_ms: tuple[float, float, float]) -> tuple[Loss, ...]:
    """Those that lasted long enough for their pad."""
    return tuple(loss for loss in losses if loss.length_ns >= least_ms[loss.pad] * 1e6)


def within_ms(losses: Sequence[Loss], pad: int, span: Span) -> float:
    """How long ``pad`` was open within ``span``, in ms."""
    return 1e-6 * sum(
        max(min(loss.t_ns + loss.length_ns, span[1]) - max(loss.t_ns, span[0]), 0)
        for loss in losses
        if loss.pad == pad
    )


def any_open_ms(losses: Sequence[Loss], span: Span) -> float:
    """How long at least one pad was open within ``span``, in ms."""
    return 1e-6 * sum(to - from_ for from_, to, open_pads in _counts(losses, span) if open_pads > 0)


def min_contacts(losses: Sequence[Loss], judged: tuple[bool, bool, bool], span: Span) -> int | None:
    """The lowest number of contacts that lasted 0.1 s; None unless all pads are judged."""
    if not all(judged):
        return None
    pieces = _counts(losses, span)
    for most_open in (3, 2, 1):
        began_ns: int | None = None
        for from_ns, to_ns, open_pads in pieces:
            if open_pads < most_open:
                began_ns = None
                continue
            began_ns = from_ns if began_ns is None else began_ns
            if to_ns - began_ns >= COUNT_NS:
                return len(judged) - most_open
    return len(judged)


def _counts(losses: Sequence[Loss], span: Span) -> list[tuple[int, int, int]]:
    """``span`` in pieces (from, to, pads open)."""
    edges: list[tuple[int, int]] = []
    for loss in losses:
        from_ns, to_ns = max(loss.t_ns, span[0]), min(loss.t_ns + loss.length_ns, span[1])
        if to_ns > from_ns:
            edges += [(from_ns, 1), (to_ns, -1)]
    pieces = []
    at_ns, open_pads = span[0], 0
    for t_ns, step in sorted(edges):
        if t_ns > at_ns:
            pieces.append((at_ns, t_ns, open_pads))
        at_ns, open_pads = t_ns, open_pads + step
    if span[1] > at_ns:
        pieces.append((at_ns, span[1], open_pads))
    return pieces
