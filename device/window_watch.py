"""Whether a ranger's window is dirty: with nobody there all light that comes back is the window's.

Calibration keeps what the clean window gives (step ``empty``). A smudge gives more, and the same
all the time; somebody in dark cloth beyond the ranger's reach gives as much, but sways, and a
passer-by goes. Sunlight is ambient light and no part of it. A heavy smudge looks like something
behind the wall's face: a hand there gives a hundred times more light.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from drivers.samples import TofSample

DIRTY_KCPS = 1.5
"""More per SPAD than the clean window: it pulls a range of 0.55 m short by 1 to 3 cm, dark cloth
by more."""
CLEAN_KCPS = 0.75
BLOCK_NS = 1_000_000_000
BLOCKS = 25
"""Seconds for which it must be so, without a break."""
CLEAN_BLOCKS = 3
STEADY_KCPS = 0.06
STEADY_SHARE = 0.006
"""The light of a window changes less than this from second to second (a body that stands 0.9 m
away and sways by 5 mm changes its own by 2 %)."""
BEHIND_MM = 12.0
WINDOW_MOST_KCPS = 120.0
"""More light per SPAD than this from behind the wall's face is a hand, not a smudge."""
LEAST_SAMPLES = 10
"""In a block; a ranger gives some 40."""


class _Ranger:
    __slots__ = ("base_kcps", "began_ns", "blocks", "dirty", "now")

    def __init__(self, base_kcps: float) -> None:
        self.base_kcps = base_kcps
        self.began_ns: int | None = None
        self.now: list[float] = []
        self.blocks: deque[float] = deque(maxlen=BLOCKS)
        self.dirty = False

    def forget(self) -> None:
        self.began_ns = None
        self.now.clear()
        self.blocks.clear()

    def add(self, t_ns: int, kcps: float) -> None:
        if self.began_ns is None:
            self.began_ns = t_ns
        self.now.append(kcps)
        if t_ns - self.began_ns < BLOCK_NS:
            return
        if len(self.now) < LEAST_SAMPLES:
            self.forget()
            return
        self.blocks.append(median(self.now))
        self.now.clear()
        self.began_ns = t_ns
        self._judge()

    def _judge(self) -> None:
        blocks = self.blocks
        more_kcps = blocks[-1] - self.base_kcps
        if self.dirty:
            late = list(blocks)[-CLEAN_BLOCKS:]
            if len(late) == CLEAN_BLOCKS and max(late) - self.base_kcps < CLEAN_KCPS:
                self.dirty = False
        elif len(blocks) == BLOCKS and more_kcps > DIRTY_KCPS:
            spread = max(blocks) - min(blocks)
            self.dirty = spread < max(STEADY_KCPS, STEADY_SHARE * blocks[-1])


class WindowWatch:
    """All rangers. ``clean_kcps``: light per SPAD of each clean window, as the station reads it;
    None when it was never calibrated: then nothing is said."""

    def __init__(self, clean_kcps: tuple[float, ...] | None, recess_mm: float) -> None:
        self._recess_mm = recess_mm
        self._rangers = [_Ranger(kcps) for kcps in clean_kcps or ()]
        self._nobody = False

    @property
    def dirty(self) -> bool:
        return any(ranger.dirty for ranger in self._rangers)

    def nobody(self, nobody: bool) -> None:
        """Whether the dowel hangs, nothing presses its pads, and no visit is under way."""
        if self._nobody and not nobody:
            for ranger in self._rangers:
                ranger.forget()
        self._nobody = nobody

    def add(self, ranger: int, sample: TofSample) -> None:
        """One ranging of one ranger."""
        if not self._nobody or ranger >= len(self._rangers) or sample.spads <= 0.0:
            return
        kcps = sample.signal_kcps / sample.spads
        behind = sample.range_mm < self._recess_mm - BEHIND_MM
        if sample.valid and not (behind and kcps < WINDOW_MOST_KCPS):
            self._rangers[ranger].forget()  # something stands there
            return
        self._rangers[ranger].add(sample.t_ns, kcps)
