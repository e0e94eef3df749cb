"""ST's LSM6DS family of IMUs: bring-up, reading through the FIFO, stopping.

The parts share the reset, the places of the sensors' controls and of the FIFO's, and what a word
of the FIFO is. What makes one of them different is its ``Variant``: one file each.

Registers: STMicroelectronics' ``lsm6dsox_reg.h`` and ``lsm6dsv16x_reg.h``.
"""

from __future__ import annotations

import math
import struct
from typing import ClassVar, Final, NamedTuple

from drivers.bus import Bus
from drivers.choices import check_address, check_choice
from drivers.clock import Clock
from drivers.errors import WrongChip
from drivers.imu import STALL_NS, STANDARD_GRAVITY, no_sample
from drivers.link import Link
from drivers.samples import ImuSample, Steps
from drivers.st_fifo import Layout, StFifo

ADDRESSES: Final = (0x6A, 0x6B)
MS = 1_000_000

_WHO = b"\x0f"
_CTRL1: Final = 0x10
"""Of the accelerometer; CTRL2, of the gyroscope, and CTRL3 follow in every part."""
_RUN: Final = 0x44
"""CTRL3: block data update, auto-increment."""


class Variant(NamedTuple):
    """What sets one part of the family apart, whatever it is told to do."""

    who: int
    """WHO_AM_I."""
    base_hz: float
    """All rates are this, trimmed per part, halved some times."""
    rates: dict[int, tuple[int, int]]
    """Rate asked for in Hz -> (code of ODR and of the batch rate: the two agree, divider)."""
    rate_shift: int
    """Where CTRL1 and CTRL2 have the code."""
    accel: dict[int, tuple[int, float]]
    """g -> (FS bits in place, mg per LSB)."""
    accel_at: int
    """The register that has them."""
    gyro: dict[int, tuple[int, float]]
    """dps -> (FS bits in place, mdps per LSB)."""
    gyro_at: int
    ranges_at: range
    """Registers in a row that are set beside CTRL1 to CTRL3, to 0 but for the ranges."""
    before_reset: tuple[bytes, ...]
    after_reset: tuple[bytes, ...]
    """Writes, each a transaction."""
    trim: bytes
    """Index of the trim of ``base_hz``: an int8."""
    trim_name: str
    trim_step: float
    fifo: Layout
    ctrl3_name: str
    held_names: str
    """CTRL1 to CTRL3 and ``ranges_at`` by the names that the part's data sheet gives them."""


class Lsm6ds:
    """The IMU of the dowel. ``odr_hz`` is the part's own rate, known after the bring-up.

    Args:
        bus: The dowel's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 0x6A, or 0x6B with SA0 high.
        odr_hz: Rate asked for, see the variant: 104, 208 or 417.
        accel_range_g: 2, 4, 8 or 16.
        gyro_range_dps: 125, 250, 500, 1000 or 2000.

    Raises:
        ValueError: A setting the chip does not have; says what is allowed.
    """

    name: str
    variant: ClassVar[Variant]
    addresses: ClassVar[tuple[int, ...]] = ADDRESSES

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        address: int = ADDRESSES[0],
        *,
        odr_hz: int = 208,
        accel_range_g: int = 4,
        gyro_range_dps: int = 500,
    ) -> None:
        variant = self.variant
        check_address(self.name, address, ADDRESSES)
        check_choice(self.name, "rate in Hz", odr_hz, variant.rates)
        check_choice(self.name, "accelerometer range in g", accel_range_g, variant.accel)
        check_choice(self.name, "gyroscope range in dps", gyro_range_dps, variant.gyro)
        self.address = address
        self.identity = ""
        code, divider = variant.rates[odr_hz]
        self._nominal_hz = variant.base_hz / divider
        self.odr_hz = self._nominal_hz
        accel_bits, mg = variant.accel[accel_range_g]
        gyro_bits, mdps = variant.gyro[gyro_range_dps]
        rate = code << variant.rate_shift
        held = dict.fromkeys(variant.ranges_at, 0)
        held |= {_CTRL1: rate, _CTRL1 + 1: rate, _CTRL1 + 2: _RUN}
        held[variant.accel_at] |= accel_bits
        held[variant.gyro_at] |= gyro_bits
        self._held = dict(sorted(held.items()))
        """What is written, by register."""
        self._span = max(held) + 1 - _CTRL1
        """How many registers there are from the first of them to the last."""
        self._batch = code << 4 | code
        self._clock = clock
        self._link = Link(bus, self.name, address)
        self._fifo = StFifo(
            self._link,
            clock,
            variant.fifo,
            mg * 1e-3 * STANDARD_GRAVITY,
            math.radians(mdps * 1e-3),
            self.odr_hz,
        )

    @property
    def retries(self) -> int:
        """Retries made so far."""
        return self._link.retries

    @property
    def dropped_words(self) -> int:
        """FIFO words thrown away because they could not be true, or were overwritten."""
        return self._fifo.dropped_words

    def bring_up(self) -> Steps:
        """From any state to batching both sensors.

        Raises:
            BusFault: A transfer failed.
            WrongChip: WHO_AM_I is another part's.
            ChipTimeout: The reset never ended.
            BadData: The settings read back differ from those written.
        """
        link, clock, variant = self._link, self._clock, self.variant
        link.write(b"\x01\x00")  # the user bank: a program before us may have left another
        who = link.read((_WHO,), 1)[0]
        if who != variant.who:
            raise self._wrong_chip(who)
        for message in variant.before_reset:
            link.write(message)
        link.write(b"\x12\x05")  # SW_RESET, auto-increment kept
        limit_ns = clock.now_ns() + 50 * MS
        while True:
            yield 1 * MS
            ctrl3 = link.read((b"\x12",), 1)[0]
            if not ctrl3 & 0x01:
                break
            if clock.now_ns() >= limit_ns:
                raise link.timeout(
                    f"{variant.ctrl3_name} after 50 ms of reset is",
                    got=f"0x{ctrl3:02X}",
                    expected="SW_RESET (bit 0) cleared",
                    check="Check the supply.",
                )
        for message in variant.after_reset:
            link.write(message)
        trim = struct.unpack("b", link.read((variant.trim,), 1))[0]
        self.identity = f"WHO_AM_I 0x{who:02X}, {variant.trim_name} {trim}"
        self.odr_hz = self._nominal_hz * (1.0 + variant.trim_step * trim)
        self._fifo.set_rate(self.odr_hz)
        if variant.ranges_at:
            self._set(variant.ranges_at)
        link.write(bytes((0x07, 0x00, 0x00, self._batch, 0x06)))  # no watermark; continuous
        self._set(range(_CTRL1, _CTRL1 + 2))
        self._check(link.read((bytes((_CTRL1,)),), self._span))
        yield 70 * MS  # the gyroscope's turn-on
        self._fifo.start()

    def read(self) -> list[ImuSample]:
        """All samples since the last read, oldest first; see StFifo for wire and stamps.

        Raises:
            BusFault: A transfer failed, after its retries.
            BadData: The FIFO overflowed, or held what cannot be true; it has been restarted
                and the next read goes on. Or the chip is back at its reset values.
            ChipTimeout: No sample for 50 ms.
        """
        samples = self._fifo.read()
        if self._fifo.silent_ns > STALL_NS:
            self._explain_silence(self._fifo.silent_ns)
        return samples

    def read_temperature(self) -> float:
        """Degrees Celsius. Raises BusFault."""
        return float(struct.unpack("<h", self._link.sample((b"\x20",), 2))[0] / 256.0 + 25.0)

    def stop(self) -> None:
        """Both sensors into power-down. Raises BusFault."""
        self._link.write(b"\x10\x00\x00")

    def _explain_silence(self, silent_ns: int) -> None:
        who, *settings = self._link.sample((_WHO,), 1 + self._span)  # CTRL1 follows it
        if who != self.variant.who:
            raise self._wrong_chip(who)
        self._check(bytes(settings))
        raise no_sample(self._link, silent_ns, self.odr_hz)

    def _wrong_chip(self, who: int) -> WrongChip:
        return self._link.wrong_chip(
            "WHO_AM_I",
            got=f"0x{who:02X}",
            expected=f"0x{self.variant.who:02X}",
            check="Check SA0 and which chip is fitted.",
        )

    def _set(self, registers: range) -> None:
        self._link.write(bytes((registers[0], *(self._held[at] for at in registers))))

    def _check(self, settings: bytes) -> None:
        """Raises BadData unless what was set is among ``settings``, read from CTRL1 on."""
        got = bytes(settings[at - _CTRL1] for at in self._held)
        self._link.check_held(f"{self.variant.held_names} are", got, bytes(self._held.values()))
