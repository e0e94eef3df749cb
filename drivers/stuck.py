"""A chip that goes on giving the same figures: no measurement is alike to the last bit for long.

An IMU's six axes have noise of many counts (LSM6DSOX: 1.8 mg and 75 mdps rms at 0.12 mg and
17.5 mdps a count), a ranger's light that of counting photons.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from drivers.errors import StuckData
from drivers.link import Link

ALIKE: Final = 20
"""So many alike in a row are no measurement: 0.1 s of an IMU, half a second of a ranger."""


class Sameness:
    """Counts samples in a row that differ in nothing but their time.

    It is not forgotten in a bring-up: a chip that then says the same again is still stuck.
    """

    __slots__ = ("_count", "_figures", "_link")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._figures: object = None
        self._count = 0

    def check(self, samples: Iterable[object]) -> None:
        """Look at new samples' figures, oldest first.

        Raises:
            StuckData: The last ``ALIKE`` have been the same.
        """
        for figures in samples:
            if figures == self._figures:
                self._count += 1
            else:
                self._figures = figures
                self._count = 1
        if self._count >= ALIKE:
            link = self._link
            raise StuckData(
                link.chip,
                link.address,
                link.bus.name,
                "the last samples are",
                got=f"all the same ({self._count} of them)",
                expected="some noise",
                check="Power it off and on.",
            )
