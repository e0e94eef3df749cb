"""What frees an I2C bus on which nothing works any more, as steps of which none waits.

Every rung is a bring-up like that of a chip: it yields how many ns to wait before its next
step. Commands run beside the program (``Start``) and are looked at, never waited for. The
order of the rungs is ``device.recovery``'s.

Sources: I2C specification UM10204 3.1.16 (nine clocks free a data line that a chip holds),
raspberrypi/utils' pinctrl (its ``get`` line, ``set`` words), linux i2c-core (an adapter that is
unbound waits until nobody has it open).
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Protocol, runtime_checkable

from drivers.errors import DriverError, NoBus
from drivers.samples import Steps

I2C_PINS: Final[dict[int, tuple[int, int]]] = {1: (2, 3), 2: (4, 5), 3: (4, 5)}
"""Bus number: its SDA and SCL (BCM). What is bus 3 on a Pi 4 is bus 2 on a Pi 5."""
PULSES: Final = 9

MS: Final = 1_000_000
_LOOK_NS: Final = 2 * MS
_COMMAND_LIMIT: Final = 250
"""Looks at a command before it is given up: half a second."""
OFF_NS: Final = 150 * MS
"""How long the power stays off: capacitors on the boards must run empty."""
ON_NS: Final = 20 * MS

_PIN_LINE: Final = re.compile(
    r"^\s*(?P<pin>\d+):\s+(?P<function>ip|op|gp|no|a\d)\s.*?\s?(?P<pull>pu|pd|pn|--)\s*\|"
    r"\s*(?P<level>hi|lo|--)\s*//\s*(?:.* = )?(?P<name>\S*)\s*$"
)


class RungError(DriverError):
    """A way of recovery that is not open here, or did not work; one line."""


class Running(Protocol):
    """A command under way."""

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        ...

    def output(self) -> str:
        """What it printed; asked for once it has ended."""
        ...

    def give_up(self) -> None:
        """It takes too long: end it."""
        ...


Start = Callable[[Sequence[str]], Running]
"""Starts a command and returns at once. Raises ``OSError``."""


@runtime_checkable
class Reopenable(Protocol):
    """A bus that can be let go of and opened again."""

    name: str

    def close(self) -> None: ...

    def reopen(self) -> None:
        """Raises ``NoBus``."""
        ...


class PinState(NamedTuple):
    """What ``pinctrl get`` says of a pin; ``function`` and ``pull`` as ``pinctrl set`` takes
    them."""

    pin: int
    function: str
    pull: str
    high: bool
    name: str


class _Process:
    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # our own words, no shell's
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            errors="replace",
        )

    def poll(self) -> int | None:
        return self._process.poll()

    def output(self) -> str:
        return self._process.communicate()[0]

    def give_up(self) -> None:
        self._process.kill()  # not waited for: what hangs in the kernel ends when that lets go
        if self._process.stdout is not None:
            self._process.stdout.close()


def start_process(command: Sequence[str]) -> Running:
    """Start a command of this machine. Raises ``OSError``."""
    return _Process(command)


def parse_pins(text: str) -> dict[int, PinState]:
    """The lines of ``pinctrl get``; those that are none are left out."""
    found = {}
    for line in text.splitlines():
        match = _PIN_LINE.match(line)
        if match is not None:
            pin = int(match["pin"])
            found[pin] = PinState(
                pin, match["function"], match["pull"], match["level"] == "hi", match["name"]
            )
    return found


def reopen(bus: Reopenable) -> Steps:
    """Close ``/dev/i2c-N`` and open it again. Raises RungError."""
    bus.close()
    yield 0
    try:
        bus.reopen()
    except NoBus as error:
        raise RungError(str(error)) from error


def clock_out(start: Start, sda: int, scl: int) -> Steps:
    """Nine clock pulses and a STOP on the bus's own pins, switched to GPIO and back.

    High is never driven: the pin becomes an input, and the pull-up does it. Raises RungError
    when pinctrl is missing, the pins are not this bus's, or no chip holds SDA.
    """
    both = f"{sda},{scl}"
    states = parse_pins((yield from _ended(start, ("pinctrl", "get", both))))
    for pin, line in ((sda, "SDA"), (scl, "SCL")):
        state = states.get(pin)
        got = "nothing" if state is None else f"{state.function} {state.name}"
        if state is None or not state.function.startswith("a") or line not in state.name.upper():
            raise RungError(f"GPIO{pin} is {got}, expected {line} of this bus: left alone")
    if not states[scl].high:
        raise RungError(f"SCL (GPIO{scl}) is held low: no clock can be given")
    if states[sda].high:
        raise RungError(f"SDA (GPIO{sda}) is high: no chip holds it")
    low, let_go = ("op", "dl"), ("ip", "pu")
    pulses = [(scl, low), (scl, let_go)] * PULSES
    stop = [(scl, low), (sda, low), (scl, let_go), (sda, let_go)]
    back = _back(states[sda], states[scl])
    try:
        for pin, words in ((sda, let_go), *pulses, *stop):
            yield from _ended(start, ("pinctrl", "set", str(pin), *words))
    except RungError:
        yield from _all_ended(start, back)
        raise
    except GeneratorExit:  # the program ends: the bus must get its pins back all the same
        for command in back:
            _begin(start, command)
        raise
    yield from _all_ended(start, back)


def _back(*states: PinState) -> list[tuple[str, ...]]:
    """Commands that give pins their functions back; one where they are alike (they share a
    register, and each command reads, changes and writes it)."""
    pins: dict[tuple[str, ...], list[str]] = {}
    for state in states:
        pull = () if state.pull == "--" else (state.pull,)
        pins.setdefault((state.function, *pull), []).append(str(state.pin))
    return [("pinctrl", "set", ",".join(which), *words) for words, which in pins.items()]


def rebind(start: Start, bus: Reopenable, number: int, sysfs: Path) -> Steps:
    """Take the controller from its kernel driver and give it back, by sysfs.

    The bus is closed first: the kernel waits for that. Raises RungError when this is not
    permitted here.
    """
    try:
        device = (sysfs / "class" / "i2c-adapter" / f"i2c-{number}").resolve(strict=True).parent
        driver = (device / "driver").resolve(strict=True)
    except OSError as error:
        raise RungError(f"i2c-{number} has no controller in {sysfs}: {error.strerror}") from error
    for name in ("unbind", "bind"):
        if not os.access(driver / name, os.W_OK):
            raise RungError(f"{driver / name} may not be written to here")
    bus.close()
    try:
        for name in ("unbind", "bind"):
            yield from _ended(start, rebind_command(device.name, driver / name))
            yield 10 * MS
    except RungError:
        with suppress(NoBus):  # it may be gone now; what went wrong first is said
            bus.reopen()
        raise
    try:
        bus.reopen()
    except NoBus as error:
        raise RungError(str(error)) from error


def rebind_command(device: str, file: Path) -> tuple[str, ...]:
    """Writes the controller's name into the driver's file, beside the program."""
    return ("sh", "-c", 'printf %s "$1" > "$2"', "sh", device, str(file))


def power_off_and_on(set_power: Callable[[bool], None]) -> Steps:
    """By the switch in the chips' supply."""
    set_power(False)
    try:
        yield OFF_NS
    finally:
        set_power(True)
    yield ON_NS


def _begin(start: Start, command: Sequence[str]) -> Running:
    try:
        return start(command)
    except OSError as error:
        raise RungError(f"{command[0]}: {error.strerror or error}") from error


def _ended(start: Start, command: Sequence[str]) -> Generator[int, None, str]:
    """Start it and look until it has ended; what it printed."""
    running = _begin(start, command)
    for _ in range(_COMMAND_LIMIT):
        code = running.poll()
        if code is not None:
            text = running.output()
            if code != 0:
                raise RungError(f"{' '.join(command)} ended with {code}: {_short(text)}")
            return text
        yield _LOOK_NS
    running.give_up()
    raise RungError(f"{' '.join(command)} has not ended in half a second")


def _all_ended(start: Start, commands: Sequence[Sequence[str]]) -> Steps:
    for command in commands:
        yield from _ended(start, command)


def _short(text: str) -> str:
    return " ".join(text.split())[:120]
