"""An SSD1306 with its 128 x 64 OLED, at the level of its commands.

Commands: Solomon Systech SSD1306 rev 1.1. A message begins with a control byte: 0x00, commands
follow, 0x40, data follow. The usual modules are mounted so that their picture stands upright with
segment remap (0xA1) and the scan from COM63 (0xC8).
"""

from __future__ import annotations

from drivers.clock import Clock
from drivers.sim.chip import SimChip
from drivers.sim.scene import Scene

WIDTH, HEIGHT = 128, 64
_PAGES = 8

# command: how many bytes it takes after it
_ARGUMENTS = {
    0x20: 1, 0x21: 2, 0x22: 2, 0x26: 6, 0x27: 6, 0x29: 5, 0x2A: 5, 0x2E: 0, 0x2F: 0, 0x81: 1,
    0x8D: 1, 0xA0: 0, 0xA1: 0, 0xA3: 2, 0xA4: 0, 0xA5: 0, 0xA6: 0, 0xA7: 0, 0xA8: 1, 0xAE: 0,
    0xAF: 0, 0xC0: 0, 0xC8: 0, 0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1, 0xE3: 0,
    **dict.fromkeys(range(0x20), 0), **dict.fromkeys(range(0x40, 0x80), 0),
    **dict.fromkeys(range(0xB0, 0xB8), 0),
}  # fmt: skip


class SimSsd1306(SimChip):
    """The chip and its screen. ``picture()`` is what an eye sees."""

    kind = "ssd1306"
    sensor = "screen"
    default_address = 0x3C
    boot_ns = 100_000_000

    def __init__(
        self,
        clock: Clock,
        scene: Scene,
        address: int | None = None,
        *,
        index: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__(clock, scene, address, index=index, seed=seed)
        self.data_bytes = 0
        """Bytes of picture that have come."""
        self.reset(clock.now_ns())

    def reset(self, t_ns: int) -> None:
        # After its power the memory holds whatever it holds.
        self.ram = [bytearray(self.rng.randbytes(WIDTH)) for _ in range(_PAGES)]
        self._on = self._pump = self._all_on = self._inverted = False
        self._remap = self._from_last = False
        self._mode = 2
        self._columns, self._pages = (0, WIDTH - 1), (0, _PAGES - 1)
        self._column = self._page = 0
        self._pending = bytearray()

    def on_write(self, data: bytes, t_ns: int) -> None:
        if not data:
            return
        if data[0] == 0x00:
            for byte in data[1:]:
                self._command_byte(byte)
        elif data[0] == 0x40:
            for byte in data[1:]:
                self._put(byte)
        else:
            self.violate("protocol", data[0], len(data))

    def on_read(self, n: int, t_ns: int) -> bytes:
        return bytes((0x00 if self._on else 0x40,)) * n

    def _command_byte(self, byte: int) -> None:
        self._pending.append(byte)
        command = self._pending[0]
        if command not in _ARGUMENTS:
            self.violate("unknown_write", command)
            self._pending.clear()
        elif len(self._pending) > _ARGUMENTS[command]:
            self._do(command, self._pending[1:])
            self._pending = bytearray()

    def _do(self, command: int, given: bytearray) -> None:
        if command == 0x20:
            self._mode = given[0] & 3
        elif command in (0x21, 0x22):
            limit = WIDTH if command == 0x21 else _PAGES
            first, last = given
            if not first <= last < limit:
                self.violate("reserved_bits", command, last)
                return
            if command == 0x21:
                self._columns, self._column = (first, last), first
            else:
                self._pages, self._page = (first, last), first
        elif command == 0x8D:
            self._pump = bool(given[0] & 0x04)
        elif command in (0xA0, 0xA1):
            self._remap = command == 0xA1
        elif command in (0xA4, 0xA5):
            self._all_on = command == 0xA5
        elif command in (0xA6, 0xA7):
            self._inverted = command == 0xA7
        elif command in (0xAE, 0xAF):
            self._on = command == 0xAF
        elif command in (0xC0, 0xC8):
            self._from_last = command == 0xC8
        elif 0xB0 <= command < 0xB8:
            self._page = command & 7

    def _put(self, byte: int) -> None:
        self.data_bytes += 1
        self.ram[self._page][self._column] = byte
        if self._mode == 1:  # down first
            self._page += 1
            if self._page > self._pages[1]:
                self._page = self._pages[0]
                self._column = (
                    self._column + 1 if self._column < self._columns[1] else (self._columns[0])
                )
            return
        self._column += 1
        if self._column > self._columns[1]:
            self._column = self._columns[0]
            if self._mode == 0:
                self._page = self._page + 1 if self._page < self._pages[1] else self._pages[0]

    def picture(self) -> list[list[bool]]:
        """Rows of what is lit, the uppermost first; all dark without its display or pump on."""
        if not (self._on and self._pump):
            return [[False] * WIDTH for _ in range(HEIGHT)]
        rows = []
        for y in range(HEIGHT):
            line = y if self._from_last else HEIGHT - 1 - y
            row = [
                self._all_on or bool(byte >> line % 8 & 1) is not self._inverted
                for byte in self.ram[line // 8]
            ]
            rows.append(row if self._remap else row[::-1])
        return rows

    def stick(self, stuck: bool) -> None:
        """A screen measures nothing: there is nothing to stick."""
