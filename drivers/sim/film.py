"""A person as a camera sees them from the side: the points of the body and the dowel, over time.

Positions are metres, forward of the wall's face and up from the floor, in the sagittal plane;
a lean to the side or a turn is not seen from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from drivers.sim.outline import head_of
from drivers.sim.smooth import Array

POINTS = ("ankle", "knee", "hip", "c7", "head")


class Figure(NamedTuple):
    """One instant: name -> (2,) metres, forward and up; the dowel's lower and upper end (2, 2),
    None where there is no dowel."""

    points: dict[str, Array]
    dowel: Array | None
    girth: float


class View(Protocol):
    """What stands before a camera. Times are the clock's monotonic nanoseconds."""

    def figure(self, t_ns: int) -> Figure | None:
        """The person; None when nobody is near."""
        ...


@dataclass(frozen=True)
class Film:
    """A piece of ``figures`` (n, k, 2) at ``rate_hz``: POINTS, then the ends of a dowel if any."""

    figures: Array
    girth: float
    rate_hz: float

    def at(self, t_s: float) -> Figure:
        """By straight lines between instants; before and after, the ends are held."""
        last = len(self.figures) - 1
        place = min(max(t_s * self.rate_hz, 0.0), float(last))
        i = min(int(place), last - 1) if last else 0
        now: Array = self.figures[i] + (place - i) * (
            self.figures[min(i + 1, last)] - self.figures[i]
        )
        points = {name: now[at] for at, name in enumerate(POINTS)}
        return Figure(points, now[len(POINTS) :] if len(now) > len(POINTS) else None, self.girth)


def filmed(
    points: dict[str, Array], dowel: Array | None, girth: float, every: int, grid_hz: float
) -> Film:
    """Film every so many of the instants of ``points`` (n, 2) and ``dowel`` (n, 2, 2)."""
    columns = [points[name] for name in POINTS[:-1]]
    columns.append(head_of(points))
    if dowel is not None:
        columns += [dowel[:, 0], dowel[:, 1]]
    return Film(np.stack([c[::every] for c in columns], axis=1), girth, grid_hz / every)
