"""One pad over time: its state now, its losses and its gaps."""

from __future__ import annotations

from drivers.samples import PadSample

PAD_GAP_NS = 50_000_000
"""Longer than two readings of a pad at 60 Hz: a time at which nothing is known of it."""


class PadTrack:
    """One pad: its state now and its losses since the last ``clear``."""

    __slots__ = ("closed", "count", "gaps", "last_ns", "level", "losses", "since_ns")

    def __init__(self) -> None:
        self.closed = False
        self.level = 0.0
        self.since_ns = 0
        self.last_ns: int | None = None
        self.losses: list[list[int]] = []
        """[opened, closed] in ns; one that is still open ends at the last sample."""
        self.count = 0
        self.gaps: list[tuple[int, int]] = []
        """(from, to) in ns without a sample."""

    def update(self, sample: PadSample) -> bool:
        """Take in one sample; True when the pad opened or closed."""
        t_ns = sample.t_ns
        last_ns = self.last_ns
        if last_ns is not None and t_ns - last_ns > PAD_GAP_NS:
            self.gaps.append((last_ns, t_ns))
        self.last_ns = t_ns
        self.level = sample.level
        self.count += 1
        changed = sample.closed != self.closed or last_ns is None
        if changed:
            self.since_ns = t_ns
            if sample.closed:
                if self.losses:
                    self.losses[-1][1] = t_ns
            else:
                self.losses.append([t_ns, t_ns])
            self.closed = sample.closed
        elif not sample.closed and self.losses:
            self.losses[-1][1] = t_ns
        return changed

    def clear(self) -> None:
        """Forget the past; a loss that goes on is kept."""
        self.losses = [] if self.closed or not self.losses else [self.losses[-1]]
        self.count = 0
        self.gaps = []

    def forget_before(self, t_ns: int) -> None:
        """Keep only what reaches past ``t_ns``."""
        self.losses = [loss for loss in self.losses if loss[1] > t_ns]
        self.gaps = [gap for gap in self.gaps if gap[1] > t_ns]
