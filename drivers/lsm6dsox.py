"""LSM6DSOX accelerometer and gyroscope, read through its FIFO.

Registers: STMicroelectronics' lsm6dsox-pid ``lsm6dsox_reg.h`` and the LSM6DSOX datasheet.
"""

from __future__ import annotations

import math
import struct

from drivers.bus import Bus
from drivers.choices import check_address, check_choice
from drivers.clock import Clock
from drivers.errors import BadData, WrongChip
from drivers.link import Link
from drivers.samples import ImuSample, Steps
from drivers.st_fifo import Layout, StFifo

NAME = "LSM6DSOX"
DEFAULT_ADDRESS = 0x6A
ADDRESSES = (0x6A, 0x6B)
WHO_AM_I = 0x6C
MS = 1_000_000

STANDARD_GRAVITY = 9.80665
BASE_HZ = 6667.0
"""All rates are this, trimmed per part, halved some times: "208 Hz" is 208.34 (AN5272)."""
# nominal rate in Hz -> (code of ODR and of the batch rate: the two agree here, divider)
_ODR = {104: (4, 64), 208: (5, 32), 417: (6, 16)}
# g -> (FS bits in place, mg per LSB)
_ACCEL = {2: (0x00, 0.061), 4: (0x08, 0.122), 8: (0x0C, 0.244), 16: (0x04, 0.488)}
# dps -> (FS bits in place, mdps per LSB)
_GYRO = {
    125: (0x02, 4.375),
    250: (0x00, 8.75),
    500: (0x04, 17.5),
    1000: (0x08, 35.0),
    2000: (0x0C, 70.0),
}

STALL_NS = 50 * MS

_FIFO = Layout(status=b"\x3a", count_high=0x03, words=512, parity=True)


class Lsm6dsox:
    """The IMU of the dowel.

    ``odr_hz`` is the part's own rate, known after the bring-up (INTERNAL_FREQ_FINE, 0.15 % a
    step).

    Args:
        bus: The dowel's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 0x6A, or 0x6B with SA0 high.
        odr_hz: Nominal rate: 104, 208 or 417.
        accel_range_g: 2, 4, 8 or 16.
        gyro_range_dps: 125, 250, 500, 1000 or 2000.

    Raises:
        ValueError: A setting the chip does not have; says what is allowed.
    """

    name = NAME

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        address: int = DEFAULT_ADDRESS,
        *,
        odr_hz: int = 208,
        accel_range_g: int = 4,
        gyro_range_dps: int = 500,
    ) -> None:
        check_address(NAME, address, ADDRESSES)
        check_choice(NAME, "rate in Hz", odr_hz, _ODR)
        check_choice(NAME, "accelerometer range in g", accel_range_g, _ACCEL)
        check_choice(NAME, "gyroscope range in dps", gyro_range_dps, _GYRO)
        self.address = address
        self.identity = ""
        code, divider = _ODR[odr_hz]
        self._nominal_hz = BASE_HZ / divider
        self.odr_hz = self._nominal_hz
        accel_bits, mg = _ACCEL[accel_range_g]
        gyro_bits, mdps = _GYRO[gyro_range_dps]
        self._ctrl = bytes((code << 4 | accel_bits, code << 4 | gyro_bits, 0x44))
        self._batch = code << 4 | code
        self._clock = clock
        self._link = Link(bus, NAME, address)
        self._fifo = StFifo(
            self._link,
            clock,
            _FIFO,
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
            WrongChip: WHO_AM_I is not 0x6C.
            ChipTimeout: The reset never ended.
            BadData: The settings read back differ from those written.
        """
        link, clock = self._link, self._clock
        link.write(b"\x01\x00")  # the user bank: a program before us may have left another
        who = link.read((b"\x0f",), 1)[0]
        if who != WHO_AM_I:
            raise self._wrong_chip(who)
        link.write(b"\x12\x05")  # SW_RESET, auto-increment kept
        limit_ns = clock.now_ns() + 50 * MS
        while True:
            yield 1 * MS
            ctrl3 = link.read((b"\x12",), 1)[0]
            if not ctrl3 & 0x01:
                break
            if clock.now_ns() >= limit_ns:
                raise link.timeout(
                    "CTRL3_C after 50 ms of reset is",
                    got=f"0x{ctrl3:02X}",
                    expected="SW_RESET (bit 0) cleared",
                    check="Check the supply.",
                )
        link.write(b"\x18\xe2")  # I3C off: bit 1 of CTRL9_XL in ST's map, over its reset E0
        link.write(b"\x12\x44")  # block data update, auto-increment
        fine = struct.unpack("b", link.read((b"\x63",), 1))[0]
        self.identity = f"WHO_AM_I 0x{who:02X}, INTERNAL_FREQ_FINE {fine}"
        self.odr_hz = self._nominal_hz * (1.0 + 0.0015 * fine)
        self._fifo.set_rate(self.odr_hz)
        link.write(bytes((0x07, 0x00, 0x00, self._batch, 0x06)))  # no watermark; continuous
        link.write(b"\x10" + self._ctrl[:2])
        got = link.read((b"\x10",), 3)
        if got != self._ctrl:
            raise self._lost_settings(got)
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
        who, *ctrl = self._link.sample((b"\x0f",), 4)
        if who != WHO_AM_I:
            raise self._wrong_chip(who)
        if bytes(ctrl) != self._ctrl:
            raise self._lost_settings(bytes(ctrl))
        raise self._link.timeout(
            f"no sample for {silent_ns // MS} ms,",
            got="an empty FIFO",
            expected=f"{self.odr_hz:.0f} samples a second",
            check="Power it off and on.",
        )

    def _wrong_chip(self, who: int) -> WrongChip:
        return self._link.wrong_chip(
            "WHO_AM_I",
            got=f"0x{who:02X}",
            expected=f"0x{WHO_AM_I:02X}",
            check="Check SA0 and which chip is fitted.",
        )

    def _lost_settings(self, got: bytes) -> BadData:
        return self._link.bad_data(
            "CTRL1_XL, CTRL2_G, CTRL3_C are",
            got=f"0x{got.hex().upper()}",
            expected=f"0x{self._ctrl.hex().upper()}",
            check="It lost its power for a moment: check the plug and the supply.",
        )
