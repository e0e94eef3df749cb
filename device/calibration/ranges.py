"""What several steps ask of a ranger's samples."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, pstdev
from typing import NamedTuple

from device.calibration.step import Complaint, Gathered, Ground
from drivers.samples import TofSample

LEAST_RANGES = 50
"""ST (UM2510) averages as many."""
LEAST_SHARE = 0.9
"""Of the rangings, valid."""
MOST_SIGMA_MM = 8.0
MOVED_MM = 4.0
"""Between the first and the second half of the ranges: the board was moved."""


class Seen(NamedTuple):
    """A board as a ranger saw it."""

    mean_mm: float
    sd_mm: float
    n: int
    signal_kcps: float
    """Per SPAD."""

    @property
    def error_mm(self) -> float:
        """Standard error of the mean."""
        return self.sd_mm / sqrt(self.n)


def per_spad_kcps(sample: TofSample) -> float:
    """Signal of one SPAD, whatever the status; 0 without any SPAD."""
    return sample.signal_kcps / sample.spads if sample.spads > 0.0 else 0.0


def seen(samples: Sequence[TofSample]) -> Seen:
    """Of samples that ``not_seen`` has nothing to say of."""
    valid = [sample for sample in samples if sample.valid]
    ranges = [sample.range_mm for sample in valid]
    return Seen(fmean(ranges), pstdev(ranges), len(valid), fmean(map(per_spad_kcps, valid)))


def not_seen(ground: Ground, got: Gathered, what: str) -> Complaint | None:
    """Whether every ranger saw something steady: the first complaint, or None."""
    for ranger in range(ground.rangers):
        samples = got.tof.get(ranger, [])
        valid = [sample.range_mm for sample in samples if sample.valid]
        name = f"ranger {ranger} ({what})"
        if len(samples) < LEAST_RANGES:
            return Complaint(
                name, f"{len(samples)} ranges", f"at least {LEAST_RANGES}",
                "Check its cable, then begin again.",
            )  # fmt: skip
        if len(valid) < LEAST_SHARE * len(samples):
            return Complaint(
                name, f"{len(valid)} valid ranges of {len(samples)}", "a board all along",
                "Hold a light board square in front of it, and keep the sun off.",
            )  # fmt: skip
        sd_mm = pstdev(valid)
        if sd_mm > MOST_SIGMA_MM:
            return Complaint(
                name, f"a spread of {sd_mm:.1f} mm", f"at most {MOST_SIGMA_MM:.0f} mm",
                "Hold the board still; use a lighter one, or shade the wall.",
            )  # fmt: skip
        half = len(valid) // 2
        moved_mm = fmean(valid[half:]) - fmean(valid[:half])
        if abs(moved_mm) > MOVED_MM:
            return Complaint(
                name, f"a board that moved by {moved_mm:+.1f} mm", f"less than {MOVED_MM:.0f} mm",
                "Fix the board, then begin again.",
            )  # fmt: skip
    return None
