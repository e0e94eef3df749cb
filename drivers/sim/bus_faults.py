"""What goes wrong on a simulated bus: transfers that fail, answers that come wrong, stuck lines.

A script counts transactions from now: 0 is the next one. What is due happens once.
"""

from __future__ import annotations

import errno as codes
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

Until = Literal["recover", "reopen", "clocks", "unbind", "power"]
"""What ends it: :meth:`BusFaults.recover` alone, the node opened anew (a stale handle), nine clock
pulses (a chip left in the middle of a byte), the controller bound anew (its own state machine
hangs), or the power of the chips (one has latched up). Each undoes those before it."""

PULSES: Final = 9
_ORDER: Final[tuple[Until, ...]] = ("reopen", "clocks", "unbind", "power", "recover")


def fail(code: int) -> OSError:
    """As the kernel would raise it."""
    return OSError(code, os.strerror(code))


@dataclass
class _Failure:
    code: int
    left: int
    address: int | None


@dataclass
class _Event:
    """``left`` more transactions pass before it happens."""

    left: int
    do: Callable[[], None]


@dataclass
class _Change:
    left: int
    count: int
    change: Callable[[bytes], bytes]
    address: int | None


class BusFaults:
    """The faults of one bus. ``active``: something is or may be wrong."""

    def __init__(self, on_stuck: Callable[[], None], on_failed: Callable[[], None]) -> None:
        """``on_stuck`` lets a transfer's timeout pass, ``on_failed`` its address byte."""
        self.active = False
        self.pulses = 0
        """Clock pulses seen since the bus last got stuck."""
        self._on_stuck, self._on_failed = on_stuck, on_failed
        self.closed = False
        self._stuck: Until | None = None
        self._scl = 1.0
        self._failures: list[_Failure] = []
        self._events: list[_Event] = []
        self._changes: list[_Change] = []
        self._answer_lost: int | None = None

    @property
    def stuck(self) -> bool:
        """A line is held low."""
        return self._stuck is not None

    def fail_next(self, code: int, n: int, address: int | None) -> None:
        """The next ``n`` transfers (to ``address``) raise ``code``; no chip sees them."""
        self._failures.append(_Failure(code, n, address))
        self.active = True

    def fail_at(self, n: int, code: int, *, seen: bool) -> None:
        """Transaction ``n`` raises ``code``; ``seen``: the chips did it all, the host does not
        know."""

        def lose() -> None:
            if seen:
                self._answer_lost = code
            else:
                self.fail_next(code, 1, None)

        self.before(n, lose)

    def before(self, n: int, do: Callable[[], None]) -> None:
        """Call ``do`` just before transaction ``n``."""
        self._events.append(_Event(n, do))
        self.active = True

    def change(
        self, n: int, change: Callable[[bytes], bytes], count: int, address: int | None
    ) -> None:
        """What the ``n``-th read (of ``address``) from now, and ``count`` - 1 more, give passes
        ``change``."""
        self._changes.append(_Change(n, count, change, address))
        self.active = True

    def stick(self, until: Until) -> None:
        self._stuck = until
        self.pulses = 0
        self.active = True

    def release(self, by: Until) -> None:
        """``by`` is done to the bus: it lets go of what this or less undoes."""
        if self._stuck is not None and _ORDER.index(by) >= _ORDER.index(self._stuck):
            self._stuck = None
            self._look()

    def scl(self, level: float) -> None:
        """The clock line, driven from outside the controller: its rising edges count."""
        if level > 0.5 >= self._scl:
            self.pulses += 1
            if self.pulses >= PULSES:
                self.release("clocks")
        self._scl = level

    def recover(self) -> None:
        """All is well again."""
        self._stuck = self._answer_lost = None
        self._failures.clear()
        self._events.clear()
        self._changes.clear()
        self._look()

    def set_closed(self, closed: bool) -> None:
        self.closed = closed
        self._look()

    def _look(self) -> None:
        self.active = (
            self.closed
            or self._stuck is not None
            or self._answer_lost is not None
            or bool(self._failures or self._events or self._changes)
        )

    # -- the bus's side ----------------------------------------------------------------

    def before_transfer(self, address: int) -> None:
        """Raises ``OSError`` when the transfer does not take place."""
        if self.closed:
            raise fail(codes.EBADF)
        due = [event for event in self._events if event.left <= 0]
        self._events = [event for event in self._events if event.left > 0]
        for event in self._events:
            event.left -= 1
        for event in due:
            event.do()
        if self._stuck is not None:
            self._on_stuck()
            raise fail(codes.ETIMEDOUT)
        for failure in self._failures:
            if failure.address in (None, address):
                failure.left -= 1
                if failure.left <= 0:
                    self._failures.remove(failure)
                    self._look()
                self._on_failed()
                raise fail(failure.code)

    def after_transfer(self, out: bytes, address: int) -> bytes:
        """What the host gets of ``out``, read from ``address``. Raises ``OSError`` when the
        answer is lost."""
        if self._answer_lost is not None:
            code, self._answer_lost = self._answer_lost, None
            self._look()
            raise fail(code)
        if out:
            for change in self._changes:
                if change.address not in (None, address):
                    continue
                if change.left > 0:
                    change.left -= 1
                else:
                    out = change.change(out)
                    change.count -= 1
            self._changes = [change for change in self._changes if change.count > 0]
        self._look()
        return out
