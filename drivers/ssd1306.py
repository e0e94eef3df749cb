"""A 128 x 64 OLED on an SSD1306, through luma.oled (the extra ``screen``).

A whole picture keeps the bus for 24 ms at 400 kHz, so only the columns that have changed are
sent, page by page (a page is eight rows). Never on a bus that has sensors on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from drivers.errors import BusFault, DriverError, NoBus

NAME = "SSD1306"
ADDRESSES: Final = (0x3C, 0x3D)
WIDTH, HEIGHT = 128, 64
PAGES: Final = HEIGHT // 8
_COLUMNS, _PAGES = 0x21, 0x22

_ROW_BYTES = WIDTH // 8


class MissingScreenLibrary(DriverError, ImportError):
    """luma.oled is not installed."""


def pages_of(picture: Any) -> list[bytes]:
    """A PIL image of mode "1" and 128 x 64 as the chip's memory: eight pages of 128 bytes, each
    eight rows of one column, the uppermost in bit 0."""
    if picture.mode != "1" or picture.size != (WIDTH, HEIGHT):
        raise ValueError(
            f"{NAME} got a picture of mode {picture.mode} and {picture.size}, "
            f"expected 1 and ({WIDTH}, {HEIGHT})"
        )
    raw = picture.tobytes()
    rows = [raw[at : at + _ROW_BYTES] for at in range(0, len(raw), _ROW_BYTES)]
    return [
        bytes(_column(rows[8 * page : 8 * page + 8], x) for x in range(WIDTH))
        for page in range(PAGES)
    ]


def _column(rows: Sequence[bytes], x: int) -> int:
    """Column ``x`` of eight rows; PIL packs a row from its left, bit 7 first."""
    at, shift = x >> 3, 7 - (x & 7)
    return sum((row[at] >> shift & 1) << bit for bit, row in enumerate(rows))


def _changed(before: bytes | None, after: bytes) -> tuple[int, int]:
    """The columns from the first to behind the last that differ; all when nothing is known."""
    if before is None:
        return 0, WIDTH
    found = [x for x in range(WIDTH) if before[x] != after[x]]
    return (found[0], found[-1] + 1) if found else (0, 0)


def _library() -> tuple[Any, Any, Any]:
    """luma's i2c interface, its ssd1306 (that sends changes only) and its error.

    Raises ``MissingScreenLibrary``.
    """
    try:
        # Here, not above: the library is an extra, and draws in Pillow.
        from luma.core.error import Error
        from luma.core.interface.serial import i2c
        from luma.oled.device import ssd1306
    except ImportError as error:
        raise MissingScreenLibrary(
            f"screen: importing luma.oled gave {error}, expected it to be installed. "
            "Install the extra: pip install 'hinge-station[screen]'."
        ) from error

    class Paged(ssd1306):  # type: ignore[misc]  # luma ships no types
        """luma's, but for how a picture is sent: what has changed, page by page."""

        shown: Sequence[bytes | None] = (None,) * PAGES
        sent = 0

        def display(self, image: Any) -> None:
            wanted = pages_of(image)
            before, self.shown, self.sent = self.shown, (None,) * PAGES, 0
            for page in range(PAGES):
                first, end = _changed(before[page], wanted[page])
                if first != end:
                    self.command(_COLUMNS, first, end - 1, _PAGES, page, page)
                    self.data(list(wanted[page][first:end]))
                    self.sent += end - first
            # Known only when all of it has arrived.
            self.shown = wanted

    return i2c, Paged, Error


class Ssd1306:
    """The screen, set up and dark.

    Args:
        number: Of its own bus, ``/dev/i2c-<number>``.
        address: 0x3C or 0x3D.
        smbus: In place of that bus: an object with smbus2's calls.

    Raises:
        MissingScreenLibrary: The extra is not installed.
        NoBus: There is no such bus, or it is not ours.
        BusFault: The screen does not answer.
        ValueError: A setting that cannot be.
    """

    name = NAME

    def __init__(self, number: int, address: int = 0x3C, *, smbus: Any = None) -> None:
        if address not in ADDRESSES:
            allowed = ", ".join(f"0x{a:02X}" for a in ADDRESSES)
            raise ValueError(f"{NAME} address 0x{address:02X}, allowed: {allowed}")
        self.address = address
        self._where = f"i2c-{number}"
        i2c, ssd1306, self._error = _library()
        try:
            serial = i2c(bus=smbus, port=number, address=address)
        except (self._error, OSError) as error:
            raise NoBus(
                getattr(error, "errno", None),
                f"{self._where}: opening /dev/i2c-{number} gave {error}, expected an I2C bus. "
                "Check the bus's overlay (docs/hardware.md) and the group i2c.",
            ) from error
        try:
            self._device = ssd1306(serial, width=WIDTH, height=HEIGHT)
            # It goes dark at exit by itself only where it is told to: the last picture stays.
            self._device.persist = True
        except (self._error, OSError) as error:
            raise self._fault(error) from error

    def show(self, picture: Any) -> int:
        """Bring the screen to ``picture`` (PIL, mode "1", 128 x 64); returns the bytes sent.

        Raises:
            BusFault: A transfer failed; the whole picture is sent at the next call.
        ValueError: Not such a picture.
        """
        try:
            self._device.display(picture)
        except (self._error, OSError) as error:
            raise self._fault(error) from error
        sent: int = self._device.sent
        return sent

    def close(self) -> None:
        """Dark. Raises BusFault."""
        try:
            self._device.hide()
            self._device.cleanup()
        except (self._error, OSError) as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> BusFault:
        return BusFault(
            NAME,
            self.address,
            self._where,
            "a transfer gave",
            got=str(error),
            expected="an acknowledge",
            check="Check the screen's plug and supply, and screen.bus.",
            errno=getattr(error, "errno", None),
        )
