"""Lamps, buzzer and vibration motor on gpiozero. Patterns in time are made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from gpiozero import PWMLED, DigitalOutputDevice, TonalBuzzer
from gpiozero.tones import Tone

from drivers.errors import BadLevel, PinFault, UnknownOutput

BUZZER = "buzzer"
VIBRATION = "vibration"
BUZZER_MIN_HZ = 110.0
BUZZER_MAX_HZ = 1760.0
"""Two octaves either side of A4, which is what ``TonalBuzzer(octaves=2)`` spans."""


@dataclass(frozen=True)
class OutputPins:
    """BCM numbers; the field's name is the output's name."""

    led_head_lost: int = 16
    led_thoracic_lost: int = 20
    led_sacrum_lost: int = 21
    led_head_ok: int = 13
    led_thoracic_ok: int = 19
    led_sacrum_ok: int = 26
    status_blue: int = 10
    status_orange: int = 9
    status_white: int = 11
    buzzer: int = 18
    vibration: int = 12


OUTPUTS = tuple(field.name for field in fields(OutputPins))


class Outputs:
    """All that the station can show, sound and shake; everything off at the start.

    Args:
        pin_factory: gpiozero's, for example ``LGPIOFactory()``.
        pins: Which pin each output hangs on.

    Raises:
        PinFault: One or more pins cannot be taken; names all of them.
    """

    def __init__(self, pin_factory: Any, pins: OutputPins | None = None) -> None:
        pins = OutputPins() if pins is None else pins
        self._devices: dict[str, Any] = {}
        self._values = dict.fromkeys(OUTPUTS, 0.0)
        faults: list[str] = []
        cause: Exception | None = None
        for name in OUTPUTS:
            pin = getattr(pins, name)
            try:
                self._devices[name] = _open(name, pin, pin_factory)
            # gpiozero's errors and lgpio's own share no base but this; all are raised below.
            except Exception as error:  # noqa: BLE001
                faults.append(f"{name} on GPIO{pin}: {error}")
                cause = error
        if faults:
            self.close()
            raise PinFault(
                f"{'; '.join(faults)}, expected a free pin. "
                "Check for another program on the pins, the group gpio, and the configured pins."
            ) from cause

    def set(self, name: str, value: float) -> None:
        """Set one output, at once.

        Args:
            name: One of OUTPUTS.
            value: A lamp's brightness 0..1; the buzzer's frequency in Hz, 110 to 1760, or 0
                for silence; the vibration motor's 0 or 1.

        Raises:
            UnknownOutput: There is no such output; lists those there are.
            BadLevel: The output cannot take the value.
        """
        before = self._values.get(name)
        if before is None:
            raise UnknownOutput(f"output {name!r} does not exist, allowed: {', '.join(OUTPUTS)}")
        if value == before:
            return
        device = self._devices[name]
        if name == BUZZER:
            if value == 0:
                device.stop()
            elif BUZZER_MIN_HZ <= value <= BUZZER_MAX_HZ:
                device.play(Tone.from_frequency(value))
            else:
                raise BadLevel(f"buzzer got {value} Hz, expected 0 or 110 to 1760")
        elif name == VIBRATION:
            if value not in (0, 1):
                raise BadLevel(f"vibration got {value}, expected 0 or 1")
            device.value = bool(value)
        else:
            if not 0.0 <= value <= 1.0:
                raise BadLevel(f"{name} got {value}, expected 0 to 1")
            device.value = float(value)
        self._values[name] = float(value)

    def all_off(self) -> None:
        """Every lamp dark, the buzzer silent, the motor still."""
        for name in OUTPUTS:
            self.set(name, 0.0)

    def close(self) -> None:
        """Switch everything off and give the pins back."""
        for device in self._devices.values():
            device.close()
        self._devices.clear()
        self._values.clear()


def _open(name: str, pin: int, pin_factory: Any) -> Any:
    if name == BUZZER:
        return TonalBuzzer(pin, octaves=2, pin_factory=pin_factory)
    if name == VIBRATION:
        return DigitalOutputDevice(pin, pin_factory=pin_factory)
    return PWMLED(pin, pin_factory=pin_factory)
