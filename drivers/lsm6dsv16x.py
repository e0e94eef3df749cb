"""LSM6DSV16X (and LSM6DSV) accelerometer and gyroscope, read through its FIFO.

Registers: STMicroelectronics' lsm6dsv16x-pid ``lsm6dsv16x_reg.h`` and ``.c``. Kin of the
LSM6DSOX, with rates, ranges and FIFO status in other places. An LSM6DSV32X says the same
WHO_AM_I but has ranges twice as wide: on one, a dowel at rest reads half of gravity.
"""

from __future__ import annotations

import math
import struct

from drivers.bus import Bus
from drivers.choices import check_address, check_choice
from drivers.clock import Clock
from drivers.errors import WrongChip
from drivers.link import Link
from drivers.samples import ImuSample, Steps
from drivers.st_fifo import Layout, StFifo

NAME = "LSM6DSV16X"
DEFAULT_ADDRESS = 0x6A
ADDRESSES = (0x6A, 0x6B)
WHO_AM_I = 0x70
MS = 1_000_000

STANDARD_GRAVITY = 9.80665
BASE_HZ = 7680.0
"""All rates are this, trimmed per part, halved some times."""
FINE_STEP = 0.0013
"""A step of INTERNAL_FREQ: 0.13 % (ST's ``odr_cal_reg_get``)."""
# rate asked for in Hz -> (code of ODR and of the batch rate: the two agree here, divider)
_ODR = {104: (6, 64), 208: (7, 32), 417: (8, 16)}
# g -> (FS_XL, mg per LSB)
_ACCEL = {2: (0, 0.061), 4: (1, 0.122), 8: (2, 0.244), 16: (3, 0.488)}
# dps -> (FS_G, mdps per LSB)
_GYRO = {125: (0, 4.375), 250: (1, 8.75), 500: (2, 17.5), 1000: (3, 35.0), 2000: (4, 70.0)}

STALL_NS = 50 * MS

# DIFF_FIFO has 9 bits here: 1.5 kB of data is 256 words. Bit 0 of a tag is not used.
_FIFO = Layout(status=b"\x1b", count_high=0x01, words=256, parity=False)

_SETTINGS_AT, _SETTINGS_N = b"\x10", 8  # CTRL1 .. CTRL8


class Lsm6dsv16x:
    """The IMU of the dowel.

    ``odr_hz`` is the part's own rate, known after the bring-up (INTERNAL_FREQ).

    Args:
        bus: The dowel's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 0x6A, or 0x6B with SA0 high.
        odr_hz: Rate asked for: 104, 208 or 417; the part's nearest are 120, 240 and 480.
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
        fs_accel, mg = _ACCEL[accel_range_g]
        fs_gyro, mdps = _GYRO[gyro_range_dps]
        self._rates = bytes((code, code))
        self._ranges = bytes((fs_gyro, 0x00, fs_accel))  # CTRL6..8: filters as after reset
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
            WrongChip: WHO_AM_I is not 0x70.
            ChipTimeout: The reset never ended.
            BadData: The settings read back differ from those written.
        """
        link, clock = self._link, self._clock
        link.write(b"\x01\x00")  # the user bank: a program before us may have left another
        who = link.read((b"\x0f",), 1)[0]
        if who != WHO_AM_I:
            raise self._wrong_chip(who)
        link.write(b"\x10\x00\x00")  # both sensors off, as ST's reset asks
        link.write(b"\x12\x05")  # SW_RESET, auto-increment kept
        limit_ns = clock.now_ns() + 50 * MS
        while True:
            yield 1 * MS
            ctrl3 = link.read((b"\x12",), 1)[0]
            if not ctrl3 & 0x01:
                break
            if clock.now_ns() >= limit_ns:
                raise link.timeout(
                    "CTRL3 after 50 ms of reset is",
                    got=f"0x{ctrl3:02X}",
                    expected="SW_RESET (bit 0) cleared",
                    check="Check the supply.",
                )
        link.write(b"\x12\x44")  # block data update, auto-increment
        link.write(b"\x63\x08")  # no embedded functions: their words have no place in the FIFO
        fine = struct.unpack("b", link.read((b"\x4f",), 1))[0]
        self.identity = f"WHO_AM_I 0x{who:02X}, INTERNAL_FREQ {fine}"
        self.odr_hz = self._nominal_hz * (1.0 + FINE_STEP * fine)
        self._fifo.set_rate(self.odr_hz)
        link.write(b"\x15" + self._ranges)
        link.write(bytes((0x07, 0x00, 0x00, self._batch, 0x06)))  # no watermark; continuous
        link.write(b"\x10" + self._rates)
        self._check(link.read((_SETTINGS_AT,), _SETTINGS_N))
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
        who, *settings = self._link.sample((b"\x0f",), 1 + _SETTINGS_N)
        if who != WHO_AM_I:
            raise self._wrong_chip(who)
        self._check(bytes(settings))
        raise self._link.timeout(
            f"no sample for {silent_ns // MS} ms,",
            got="an empty FIFO",
            expected=f"{self.odr_hz:.0f} samples a second",
            check="Power it off and on.",
        )

    def _check(self, ctrl: bytes) -> None:
        """Raise BadData unless CTRL1..8 are as they were set; CTRL4 and CTRL5 are not ours."""
        got = ctrl[:3] + ctrl[5:]
        want = self._rates + b"\x44" + self._ranges
        if got != want:
            raise self._link.bad_data(
                "CTRL1, 2, 3, 6, 7, 8 are",
                got=f"0x{got.hex().upper()}",
                expected=f"0x{want.hex().upper()}",
                check="It lost its power for a moment: check the plug and the supply.",
            )

    def _wrong_chip(self, who: int) -> WrongChip:
        return self._link.wrong_chip(
            "WHO_AM_I",
            got=f"0x{who:02X}",
            expected=f"0x{WHO_AM_I:02X}",
            check="Check SA0 and which chip is fitted.",
        )
