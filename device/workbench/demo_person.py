"""Who stands at the wall in the demo: a person who takes orders, or a motion over and over."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Protocol

import numpy as np

from drivers.sim.body import Body
from drivers.sim.motion import Motion
from drivers.sim.person import KEPT, Person
from drivers.sim.player import MotionScene
from drivers.sim.scene import Motion6, Reflection, Scene
from drivers.sim.segments import Place, Segment
from drivers.sim.smooth import minimum_jerk

AHEAD_S: Final = 1.0
"""How long before it is due the next piece is made."""
MAKING_S: Final = 5.0
MOST_ORDERS: Final = 20
BACK_S: Final = 2.0
"""How long a motion takes from its last pose back to its first."""


class Actor(Scene, Protocol):
    """A scene that can be spoken to. All calls from the loop's thread."""

    def attend(self, t_ns: int) -> None:
        """Called every tick: time to prepare what comes next."""
        ...

    def order(self, step: str) -> None:
        """Raises ``ValueError`` with the reason when the order is not taken."""
        ...

    def says(self, t_ns: int) -> str:
        """What is being done, in plain words."""
        ...

    def close(self) -> None: ...


class ReadyPerson(Person):
    """A person whose next piece is made by another thread while the present one is played.

    Making one takes tens of ms, several ticks. What comes next is decided ``AHEAD_S`` before,
    in the loop's thread; only ``maker.make`` runs in the other one, one call at a time.
    """

    def __init__(self, body: Body, place: Place, seed: int, t0_ns: int) -> None:
        super().__init__(body, place, seed, t0_ns)
        self._hand = ThreadPoolExecutor(1, "person")
        self._coming: Future[Segment] | None = None

    def attend(self, t_ns: int) -> None:
        if self._coming is not None or not self.played:
            return
        end_s = self.played[-1].end_s
        if end_s - (t_ns - self.t0_ns) * 1e-9 < AHEAD_S:
            self._coming = self._hand.submit(self.maker.make, self._next(), end_s)

    def _more(self) -> bool:
        coming, self._coming = self._coming, None
        if coming is None:
            return super()._more()
        self._append(coming.result(MAKING_S))
        del self.played[:-KEPT]
        return True

    def order(self, step: str) -> None:
        if len(self._orders) >= MOST_ORDERS:
            raise ValueError(f"{len(self._orders)} orders are waiting already")
        super().order(step)

    def says(self, t_ns: int) -> str:
        words = super().says(t_ns)
        if self._orders:
            words += f" Next, as told: {', '.join(self._orders).replace('_', ' ')}."
        return words

    def close(self) -> None:
        self._hand.shutdown(cancel_futures=True)


class MotionForEver:
    """A motion, from its last pose gently back to its first, and again."""

    def __init__(self, motion: Motion, name: str, t0_ns: int, place: Place) -> None:
        self._scene = MotionScene(
            _closed(motion),
            gap_m=place.gap_m,
            tof_heights_m=place.tof_heights_m,
            recess_m=place.recess_m,
        )
        self._name = name
        self._t0_ns = t0_ns
        self._round_ns = round(self._scene.duration_s * 1e9)

    def _in_round(self, t_ns: int) -> int:
        return max(t_ns - self._t0_ns, 0) % self._round_ns

    def reflection(self, sensor: int, t_ns: int) -> Reflection:
        return self._scene.reflection(sensor, self._in_round(t_ns))

    def imu(self, t_ns: int) -> Motion6:
        return self._scene.imu(self._in_round(t_ns))

    def pad_force_n(self, t_ns: int) -> tuple[float, float, float]:
        return self._scene.pad_force_n(self._in_round(t_ns))

    def attend(self, t_ns: int) -> None:
        del t_ns

    def order(self, step: str) -> None:
        raise ValueError(f"{step!r} cannot be done: {self._name} is being played")

    def says(self, t_ns: int) -> str:
        number = max(t_ns - self._t0_ns, 0) // self._round_ns + 1
        return f"I am {self._name}, played for the {_ordinal(number)} time."

    def close(self) -> None:
        pass


def _closed(motion: Motion) -> Motion:
    """The motion with a way back to its first pose, so that it can be played in a ring."""
    even = motion.evenly()
    _, table = even.table()
    step_s = float(even.time_s[1] - even.time_s[0])
    count = max(2, round(BACK_S / step_s))
    ease = minimum_jerk(np.arange(1, count + 1) / count)[:, None]
    contacts = {
        pad: np.concatenate([even.contacts[pad], np.full(count, even.contacts[pad][0])])
        for pad in even.contacts
    }
    return even.with_table(
        even.time_s[0] + step_s * np.arange(len(table) + count),
        np.concatenate([table, table[-1] + ease * (table[0] - table[-1])]),
        contacts,
    )


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
