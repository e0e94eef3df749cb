"""GPIO1 of a ranger as its "a range waits" line, and how it is found not to be wired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_WRONG_MOST: Final = 3
"""In a row. Once may be chance: a range that ends between two looks."""


class ReadyWire:
    """The line, believed until it contradicts the chip three times running.

    Args:
        level: Of the pin.
        ready_level: Of the pin, while a range waits.
        period_ns: Nominal period of the ranges.
        where: Which chip, for the line to ``say``.
        say: Told once, when the line is given up.
    """

    def __init__(
        self,
        level: Callable[[], bool],
        ready_level: bool,
        period_ns: int,
        where: str,
        say: Callable[[str], None],
    ) -> None:
        self._level = level
        self._ready_level = ready_level
        self._patience_ns = 2 * period_ns
        self._where = where
        self._say = say
        self.start(0)

    def start(self, t_ns: int) -> None:
        """Ranging begins: the line gets its chance (again)."""
        self.works = True
        """False: the line was given up, and 0x31 is polled until the next bring-up."""
        self._wrong = 0
        self._overdue_ns = t_ns + self._patience_ns

    def ready(self) -> bool:
        return self._level() == self._ready_level

    def overdue(self, now_ns: int) -> bool:
        """A range should have been told long ago: time to ask the chip (once in 2 periods)."""
        if now_ns < self._overdue_ns:
            return False
        self._overdue_ns = now_ns + self._patience_ns
        return True

    def came(self, t_ns: int, *, told: bool) -> None:
        """A new range was read; ``told``: by the line, not by 0x31."""
        self._overdue_ns = t_ns + self._patience_ns
        if told:
            self._wrong = 0
        else:
            self._contradicts("0x31 says that a range waits, but GPIO1 does not move")

    def repeated(self) -> None:
        """The line told of a range, and there was none."""
        self._contradicts("GPIO1 says that a range waits, but none does")

    def _contradicts(self, what: str) -> None:
        self._wrong += 1
        if self._wrong >= _WRONG_MOST:
            self.works = False
            self._say(
                f"{self._where}: {what}, expected a line that follows the chip. "
                "Polled instead; check its wire, its pull-up and pins.tof_gpio1."
            )
