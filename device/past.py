"""What the IMU said since the last anchor, in columns: cheap to add to, to cut, to reckon with."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDTH = 4
"""Values a sample has besides its time."""


class Columns(NamedTuple):
    """Samples as arrays (n,)."""

    times_ns: NDArray[np.int64]
    tilt_abs_deg: Array
    up_mps2: Array
    rate_dps: Array


class Past:
    """Samples, oldest first."""

    __slots__ = ("_rows", "times_ns")

    def __init__(self) -> None:
        self.times_ns = array("q")
        self._rows = array("d")

    def __len__(self) -> int:
        return len(self.times_ns)

    def add(
        self, t_ns: int, tilt_abs_deg: float, up_mps2: float, rate_dps: float, rise_m: float
    ) -> None:
        """One more. ``rise_m``: since the anchor."""
        self.times_ns.append(t_ns)
        self._rows.extend((tilt_abs_deg, up_mps2, rate_dps, rise_m))

    def clear(self) -> None:
        """Forget all."""
        del self.times_ns[:]
        del self._rows[:]

    def forget(self, count: int) -> None:
        """Forget the oldest ``count``."""
        del self.times_ns[:count]
        del self._rows[: count * WIDTH]

    def anchor_at_last(self) -> None:
        """Only the newest is left, and the rise counts from there."""
        self.forget(len(self.times_ns) - 1)
        self._rows[3] = 0.0

    def anchor_at(self, index: int, speed_mps: float) -> None:
        """``index`` is the oldest now; the rise counts from there, less an even ``speed_mps``."""
        self.forget(index)
        first_ns, first_m = self.times_ns[0], self._rows[3]
        for i, t_ns in enumerate(self.times_ns):
            at = i * WIDTH + 3
            self._rows[at] = self._rows[at] - first_m - speed_mps * (t_ns - first_ns) * 1e-9

    def tilt_abs_deg(self, index: int) -> float:
        """Tilt of one sample."""
        return self._rows[index * WIDTH if index >= 0 else index * WIDTH + len(self._rows)]

    def rise_m(self, index: int) -> float:
        """Rise of one sample since the anchor."""
        return self._rows[(index if index >= 0 else index + len(self)) * WIDTH + 3]

    def index_at(self, t_ns: int) -> int:
        """Of the first sample at or after ``t_ns``, or of the last."""
        return min(bisect_left(self.times_ns, t_ns), len(self.times_ns) - 1)

    def least_tilt_abs_deg(self, index: int) -> float | None:
        """The least tilt from ``index`` on; None without a sample."""
        return min(self._rows[index * WIDTH :: WIDTH], default=None)

    def columns(self, stop: int) -> Columns:
        """Copies of the samples before index ``stop``."""
        table = np.array(self._rows[: stop * WIDTH]).reshape(-1, WIDTH)
        tilt_abs_deg, up_mps2, rate_dps = table[:, :3].T.copy()
        return Columns(np.array(self.times_ns[:stop]), tilt_abs_deg, up_mps2, rate_dps)
