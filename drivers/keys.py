"""The two big keys, NEXT and STOP, polled each tick."""

from __future__ import annotations

from typing import Any

from gpiozero import InputDevice

from drivers.clock import Clock
from drivers.errors import PinFault

MS = 1_000_000
NEXT_PIN = 7
STOP_PIN = 8
DEBOUNCE_NS = 20 * MS
HOLD_NS = 2000 * MS


class _Key:
    """One key, debounced by time: a change counts once it has stood for DEBOUNCE_NS."""

    def __init__(self, pin: int, pin_factory: Any, t_ns: int) -> None:
        self.device = InputDevice(pin, pull_up=True, pin_factory=pin_factory)
        self.pressed = False
        self.since_ns = t_ns
        self.handled = False
        self.raw = False
        self._raw_ns = t_ns

    def step(self, t_ns: int) -> bool:
        """Poll; True when the debounced state changed."""
        raw = bool(self.device.is_active)
        if raw != self.raw:
            self.raw = raw
            self._raw_ns = t_ns
        if raw == self.pressed or t_ns - self._raw_ns < DEBOUNCE_NS:
            return False
        self.pressed = raw
        self.since_ns = self._raw_ns
        return True


class Keys:
    """NEXT and STOP against ground, with the pins' own pull-ups.

    ``InputDevice`` is what gpiozero's ``Button`` is made of, without its threads: a Button
    starts one for holds and asks the pin for edges, which the loop has no use for.

    Args:
        pin_factory: gpiozero's.
        clock: The time the keys are first looked at.
        next_pin: BCM number.
        stop_pin: BCM number.

    Raises:
        PinFault: A pin cannot be taken.
    """

    def __init__(
        self,
        pin_factory: Any,
        clock: Clock,
        next_pin: int = NEXT_PIN,
        stop_pin: int = STOP_PIN,
    ) -> None:
        t_ns = clock.now_ns()
        self._next = _take("NEXT", next_pin, pin_factory, t_ns)
        try:
            self._stop = _take("STOP", stop_pin, pin_factory, t_ns)
        except PinFault:
            self._next.device.close()
            raise

    def read(self, t_ns: int) -> tuple[str, ...]:
        """Keys told since the last read: ``stop``, ``next``, ``next_hold``.

        STOP is told when pressed. NEXT is told when let go, for only then is it known that it
        was not a hold; held for 2 s it is told as ``next_hold``, once, and not as ``next``.
        """
        told: list[str] = []
        if self._stop.step(t_ns) and self._stop.pressed:
            told.append("stop")
        key = self._next
        if key.step(t_ns):
            if not key.pressed and not key.handled:
                told.append("next")
            key.handled = False
        if key.pressed and key.raw and not key.handled and t_ns - key.since_ns >= HOLD_NS:
            key.handled = True
            told.append("next_hold")
        return tuple(told)

    def down(self) -> tuple[str, ...]:
        """Which of ``next`` and ``stop`` were pressed at the last read, debounced."""
        keys = (("next", self._next), ("stop", self._stop))
        return tuple(name for name, key in keys if key.pressed)

    def close(self) -> None:
        """Give the pins back."""
        self._next.device.close()
        self._stop.device.close()


def _take(name: str, pin: int, pin_factory: Any, t_ns: int) -> _Key:
    try:
        return _Key(pin, pin_factory, t_ns)
    # gpiozero's errors and lgpio's own share no base but this one.
    except Exception as error:
        raise PinFault(
            f"key {name} on GPIO{pin}: {error}, expected a free pin. "
            "Check for another program on the pins, the group gpio, and the configured pins."
        ) from error
