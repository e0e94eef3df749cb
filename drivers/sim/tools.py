"""The commands that recovery runs, done to the simulated rig: pinctrl, and writing to sysfs."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from drivers.sim.bus import SimBus
from drivers.sim.pins import SimPins

LINES = {1: (2, 3), 3: (4, 5)}
"""Bus number: its SDA and SCL (BCM), as on a Pi with the overlay for bus 3."""


class Done:
    """A command that has ended after ``looks`` looks at it."""

    def __init__(self, code: int, text: str = "", looks: int = 0) -> None:
        self._code, self._text, self._looks = code, text, looks

    def poll(self) -> int | None:
        if self._looks:
            self._looks -= 1
            return None
        return self._code

    def output(self) -> str:
        return self._text

    def give_up(self) -> None:
        """A command in the kernel's hands goes on."""


class SimTools:
    """``start`` takes the place of a process; ``commands`` keeps what was asked for.

    ``sysfs`` is made by :meth:`make_sysfs`: the few files of a Pi that binding anew looks at.
    """

    def __init__(
        self, pins: SimPins, buses: Mapping[int, SimBus], *, looks: int = 0, installed: bool = True
    ) -> None:
        self.commands: list[tuple[str, ...]] = []
        self._buses = buses
        self._pins = pins
        self._looks = looks
        self._installed = installed
        self._function: dict[int, str] = {}
        self._bound = dict.fromkeys(buses, True)
        for number in buses:
            for pin in LINES.get(number, ()):
                self._function[pin] = "a0"
                pins.release(pin)
            if number in LINES:
                pins.watch(LINES[number][1], buses[number].scl)

    def start(self, command: Sequence[str]) -> Done:
        """Raises ``FileNotFoundError`` as ``Popen`` does."""
        self.commands.append(tuple(command))
        if command[0] == "pinctrl":
            if not self._installed:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "pinctrl")
            return self._get(command[2]) if command[1] == "get" else self._set(command[2:])
        return self._write(command[-2], Path(command[-1]))

    def _get(self, pins: str) -> Done:
        lines = []
        for pin in map(int, pins.split(",")):
            number, line = self._line(pin)
            high = line == "SCL" or not self._buses[number].stuck
            function = self._function[pin]
            name = f"{line}{number}" if function.startswith("a") else "input"
            level = "hi" if high else "lo"
            lines.append(f"{pin:2d}: {function:>2}    pu | {level} // GPIO{pin} = {name}\n")
        return Done(0, "".join(lines), self._looks)

    def _set(self, words: Sequence[str]) -> Done:
        for pin in map(int, words[0].split(",")):
            self._function[pin] = words[1]
            if "dl" in words:
                self._pins.press(pin)
            else:  # an input, or the bus's own again: the pull-up takes the line
                self._pins.release(pin)
        return Done(0, looks=self._looks)

    def _line(self, pin: int) -> tuple[int, str]:
        for number, (sda, scl) in LINES.items():
            if pin in (sda, scl):
                return number, "SDA" if pin == sda else "SCL"
        raise LookupError(f"BCM {pin}: expected a pin of {LINES}")

    def functions(self, number: int) -> tuple[str, ...]:
        """What the pins of a bus are switched to."""
        return tuple(self._function[pin] for pin in LINES[number])

    # -- sysfs -----------------------------------------------------------------------------

    def make_sysfs(self, root: Path) -> Path:
        """The controllers of all buses under ``root``, bound to their driver."""
        driver = root / "bus" / "platform" / "drivers" / "i2c-bcm2835"
        driver.mkdir(parents=True)
        for name in ("bind", "unbind"):
            (driver / name).touch()
        adapters = root / "class" / "i2c-adapter"
        adapters.mkdir(parents=True)
        for number in self._buses:
            device = root / "devices" / f"{number}.i2c"
            (device / f"i2c-{number}").mkdir(parents=True)
            (device / "driver").symlink_to(driver)
            (adapters / f"i2c-{number}").symlink_to(device / f"i2c-{number}")
        return root

    def _write(self, device: str, file: Path) -> Done:
        number = int(device.removesuffix(".i2c"))
        bus = self._buses[number]
        if not bus.closed:  # the kernel waits for whoever has the bus open: for ever
            return Done(0, looks=1 << 30)
        if self._bound[number] is not (file.name == "unbind"):
            return Done(1, "write error: No such device")
        self._bound[number] = file.name == "bind"
        if file.name == "bind":
            bus.release("unbind")
        return Done(0, looks=self._looks)
