"""What can go wrong between this program and a chip.

Every error says what, where, got, expected and what to check, in one line, and is
also the built-in error a caller would expect to catch.
"""

from __future__ import annotations


class DriverError(Exception):
    """Base of all errors raised by ``drivers``."""


class ChipError(DriverError, OSError):
    """A chip did not do what it should: base of the errors about one chip."""

    def __init__(
        self,
        chip: str,
        address: int,
        bus: str,
        what: str,
        *,
        got: str,
        expected: str,
        check: str,
        errno: int | None = None,
    ) -> None:
        text = f"{chip} at 0x{address:02X} on {bus}: {what} {got}, expected {expected}. {check}"
        OSError.__init__(self, errno, text) if errno is not None else OSError.__init__(self, text)
        self.chip = chip
        self.address = address
        self.bus = bus
        self.got = got
        self.expected = expected
        self.check = check
        self._text = text

    def __str__(self) -> str:
        return self._text


class BusFault(ChipError):
    """A transfer failed on the wire (NACK, timeout, arbitration); ``errno`` says which."""


class WrongChip(ChipError):
    """Something answers at the address, but it is not the chip that is configured."""


class ChipTimeout(ChipError, TimeoutError):
    """The chip answers but never became ready within the time its datasheet allows."""


class BadData(ChipError, ValueError):
    """The chip delivered bytes that cannot be true (tag, parity, sequence, range)."""


class StuckData(BadData):
    """The chip gives the same figures for ever: no noise, so no measurement."""


class MissingChips(DriverError, OSError):
    """One or more configured chips could not be brought up; names all of them at once."""

    def __init__(self, faults: list[ChipError]) -> None:
        self.faults = faults
        super().__init__("; ".join(str(f).rstrip(".") for f in faults) + ".")


class NoBus(DriverError, OSError):
    """An I2C bus could not be opened: ``/dev/i2c-N`` is missing, or not ours to use."""

    def __init__(self, errno: int | None, text: str) -> None:
        OSError.__init__(self, errno, text)
        self._text = text

    def __str__(self) -> str:
        return self._text


class PinFault(DriverError, OSError):
    """One or more GPIO pins could not be taken (in use, no rights); names all of them."""


class NoCamera(DriverError, OSError):
    """There is no camera, or not the library that drives it."""


class CameraFault(DriverError, OSError):
    """The camera is there and does not do what it should."""


class UnknownOutput(DriverError, KeyError):
    """No lamp, buzzer or motor has this name; the text lists those that exist."""

    def __str__(self) -> str:
        return str(self.args[0])


class BadLevel(DriverError, ValueError):
    """A level or a frequency that the output cannot take."""
