"""The station's pins without a Pi: gpiozero's own mock pins, keys to press, XSHUT lines.

``gpiozero.Device.pin_factory = SimPins(...).factory`` (or ``pin_factory=`` of each device) is
all that a program needs to change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from gpiozero.pins.mock import MockFactory, MockPWMPin


@runtime_checkable
class Resettable(Protocol):
    """A chip with an XSHUT pin."""

    def xshut(self, level: bool, /) -> None: ...


@runtime_checkable
class Telling(Protocol):
    """A chip with a GPIO1 pin."""

    def gpio1(self) -> bool: ...


class _SimPin(MockPWMPin):  # type: ignore[misc]  # gpiozero ships no types
    """A mock pin that tells its level and keeps no history (theirs grows for ever)."""

    def __init__(self, factory: Any, info: Any) -> None:
        self.on_level: Callable[[float], None] | None = None
        self.source: Callable[[], bool] | None = None
        self.pulled_up = False
        super().__init__(factory, info)

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        if value == "input" and self.pulled_up:
            self.drive_high()  # the board's pull-up on XSHUT

    def _get_state(self) -> Any:
        if self.source is None or self._function != "input":
            return super()._get_state()
        return self.source()  # an output of a chip: its level is worked out when it is asked

    def _change_state(self, value: float) -> bool:
        changed = bool(super()._change_state(value))
        if changed:
            del self.states[1:]
            if self.on_level is not None:
                self.on_level(value)
        return changed


class SimPins:
    """A pin factory with verbs for what a hand or a meter does on the real station.

    ``xshut`` maps BCM numbers to rangers: a low pin holds its ranger in reset. As on the usual
    boards XSHUT is pulled up, so a pin that nobody drives leaves its ranger on. ``gpio1`` maps
    those that hear a ranger's GPIO1.
    """

    def __init__(
        self,
        xshut: Mapping[int, Resettable] | None = None,
        gpio1: Mapping[int, Telling] | None = None,
    ) -> None:
        self.factory = MockFactory(pin_class=_SimPin)
        for number, chip in (xshut or {}).items():
            pin = self._pin(number)
            pin.on_level, pin.pulled_up = _holder(chip), True
            pin.drive_high()
        self._wires = {number: chip.gpio1 for number, chip in (gpio1 or {}).items()}
        for number in self._wires:
            self.mend(number)

    def cut(self, number: int, level: bool = True) -> None:
        """The wire of a GPIO1 to BCM ``number`` comes loose: the pull-up takes the line. With
        ``level`` False it lies on ground."""
        self._pin(number).source = lambda: level

    def mend(self, number: int) -> None:
        """The wire is whole again."""
        self._pin(number).source = self._wires[number]

    def _pin(self, number: int) -> _SimPin:
        return self.factory.pin(number)  # type: ignore[no-any-return]  # gpiozero has no types

    def watch(self, number: int, on_level: Callable[[float], None]) -> None:
        """Something hangs on BCM ``number`` and is told its level at each change."""
        self._pin(number).on_level = on_level

    def press(self, number: int) -> None:
        """Close the key on BCM ``number`` to ground."""
        self._pin(number).drive_low()

    def release(self, number: int) -> None:
        """Let go of it: the pull-up takes the line."""
        self._pin(number).drive_high()

    def level(self, number: int) -> float:
        """0..1: the line's level, or a PWM output's share of the time."""
        return float(self._pin(number).state)

    def frequency_hz(self, number: int) -> float | None:
        """A PWM output's frequency; None while it is off."""
        value = self._pin(number).frequency
        return None if value is None else float(value)

    def close(self) -> None:
        """Let go of all pins. Devices must be closed before."""
        self.factory.reset()


def _holder(chip: Resettable) -> Callable[[float], None]:
    return lambda level: chip.xshut(level > 0)
