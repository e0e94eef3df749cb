"""MPU-6050, MPU-6500, MPU-9250/9255 and their clones, read through their FIFO.

Registers: InvenSense RM-MPU-6000A (MPU-6050) and RM-MPU-6500A. The magnetometer of a 9250 is
left alone.
"""

from __future__ import annotations

import math
import struct
from typing import ClassVar, Final, Literal, NamedTuple

from drivers.bus import Bus
from drivers.choices import check_address, check_choice
from drivers.clock import Clock
from drivers.errors import BadData, BusFault, WrongChip
from drivers.fifo_time import CountedPeriod, FifoTime
from drivers.imu import STALL_NS, STANDARD_GRAVITY, no_sample
from drivers.link import Link
from drivers.samples import ImuSample, Steps
from drivers.stuck import Sameness

NAME = "MPU6050"
ADDRESSES: Final = (0x68, 0x69)
MS = 1_000_000

# nominal rate in Hz -> (own rate, SMPLRT_DIV, DLPF_CFG)
_RATES = {104: (100.0, 9, 3), 208: (200.0, 4, 2), 417: (500.0, 1, 2)}
# g -> (AFS_SEL in place, LSB per g)
_ACCEL = {2: (0x00, 16384.0), 4: (0x08, 8192.0), 8: (0x10, 4096.0), 16: (0x18, 2048.0)}
# dps -> (FS_SEL in place, LSB per dps)
_GYRO = {250: (0x00, 131.0), 500: (0x08, 65.5), 1000: (0x10, 32.8), 2000: (0x18, 16.4)}
GYRO_RANGES_DPS = tuple(_GYRO)


class Variant(NamedTuple):
    """What differs between the parts that share this register map."""

    name: str
    fifo_bytes: int
    temperature: tuple[float, float] | None
    """LSB per degree and degrees at 0; None where no data sheet says."""
    accel_filter: Literal["shared", "own", "unknown"]
    """"own": ACCEL_CONFIG2 (0x1D) filters the accelerometer. "unknown": it is written, and what
    it reads back as is not held against the part."""


_T6050, _T6500 = (340.0, 36.53), (333.87, 21.0)
VARIANTS: Final[dict[int, Variant]] = {
    0x68: Variant("MPU-6050", 1024, _T6050, "shared"),
    0x70: Variant("MPU-6500", 512, _T6500, "own"),
    0x71: Variant("MPU-9250", 512, _T6500, "own"),
    0x72: Variant("unnamed MPU-6050 clone", 512, None, "unknown"),
    0x73: Variant("MPU-9255", 512, _T6500, "own"),
    0x98: Variant("unnamed MPU-6050 clone", 512, None, "unknown"),
}
"""By WHO_AM_I. A clone is given the smaller FIFO: too small a size only shortens what the loop
may be away, too large a one is noticed too (512 and 1024 are no multiples of a sample)."""

LARGEST_FIFO: Final = 1024

SAMPLE: Final = 12
"""Bytes of a sample in the FIFO: acceleration and rate, three big-endian int16 each."""
MAX_SAMPLES: Final = 16
"""Samples drained in one read, so that a tick stays bounded; the rest comes in the next."""
RATE_CHECK_FROM: Final = 32
RATE_TOLERANCE: Final = 0.1
"""The clock is within 1 % (PLL), 5 % without its PLL: what is further off runs at another rate."""
_FASTEST: Final = 1.05

_COUNT = b"\x72"
_DATA = b"\x74"
_FIFO_RESTART = (b"\x6a\x04", b"\x6a\x40")  # off and emptied, then on
_RUNNING = b"\x40\x01"
"""USER_CTRL and PWR_MGMT_1 while it samples: FIFO on, awake, on the gyroscope's PLL."""
_SETTINGS = "SMPLRT_DIV to ACCEL_CONFIG are"
_POWER = "USER_CTRL, PWR_MGMT_1 are"
_AXES = struct.Struct(">6h")


class Mpu6050:
    """The IMU of the dowel.

    Rates: it divides 1 kHz, so 104, 208 and 417 Hz become 100, 200 and 500. ``odr_hz`` is that
    nominal rate and stays so: the part does not tell its clock, which is within 1 % on the
    gyroscope's PLL. The samples' times follow the real rate, which is counted from the samples
    over the host's clock (CountedPeriod: nominal for the first 256, then at most one sample off
    over all those counted, 0.1 % after five seconds at 200 Hz).

    Filter: DLPF 2 at 200 and 500 Hz (98 Hz; what is felt comes 2.8 ms late, in a 6500 about 4),
    DLPF 3 at 100 Hz (42 Hz, 4.8 ms, in a 6500 about 6). Times are those of the output: the
    delay is not taken off.

    Args:
        bus: The dowel's bus.
        clock: Bounds every wait, and stamps the samples.
        address: 0x68, or 0x69 with AD0 high.
        odr_hz: Nominal rate: 104, 208 or 417.
        accel_range_g: 2, 4, 8 or 16.
        gyro_range_dps: 250, 500, 1000 or 2000.

    Raises:
        ValueError: A setting the chip does not have; says what is allowed.
    """

    name = NAME
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
        check_address(NAME, address, ADDRESSES)
        check_choice(NAME, "rate in Hz", odr_hz, _RATES)
        check_choice(NAME, "accelerometer range in g", accel_range_g, _ACCEL)
        check_choice(NAME, "gyroscope range in dps", gyro_range_dps, _GYRO)
        self.address = address
        self.identity = ""
        self.variant = VARIANTS[0x68]
        """The part's own after the bring-up."""
        self.odr_hz, divider, self._filter = _RATES[odr_hz]
        accel_bits, per_g = _ACCEL[accel_range_g]
        gyro_bits, per_dps = _GYRO[gyro_range_dps]
        self._settings = bytes((divider, self._filter, gyro_bits, accel_bits))
        self._accel_scale = STANDARD_GRAVITY / per_g
        self._gyro_scale = math.radians(1.0 / per_dps)
        self._nominal_ns = 1e9 / self.odr_hz
        self.dropped_samples = 0
        """Samples thrown away because they could not be true, or were overwritten."""
        self._clock = clock
        self._link = Link(bus, NAME, address)
        self._same = Sameness(self._link)
        self._alive_ns = 0
        self._time = FifoTime(self._nominal_ns)
        self._counted = CountedPeriod(self._nominal_ns)
        self._left = 0

    @property
    def retries(self) -> int:
        """Retries made so far."""
        return self._link.retries

    def bring_up(self) -> Steps:
        """From any state to filling the FIFO.

        Raises:
            BusFault: A transfer failed.
            WrongChip: WHO_AM_I is none of VARIANTS.
            ChipTimeout: The reset never ended.
            BadData: The settings read back differ from those written.
        """
        link, clock = self._link, self._clock
        who = link.read((b"\x75",), 1)[0]
        if who not in VARIANTS:
            raise self._wrong_chip(who)
        link.write(b"\x6b\x80")  # DEVICE_RESET
        yield 100 * MS
        limit_ns = clock.now_ns() + 50 * MS
        while (power := link.read((b"\x6b",), 1)[0]) & 0x80:
            if clock.now_ns() >= limit_ns:
                raise link.timeout(
                    "PWR_MGMT_1 after 150 ms of reset is",
                    got=f"0x{power:02X}",
                    expected="DEVICE_RESET (bit 7) cleared",
                    check="Check the supply.",
                )
            yield 5 * MS
        variant = VARIANTS[who]
        written = checked = self._settings
        if variant.accel_filter != "shared":
            written += bytes((self._filter,))
        if variant.accel_filter == "own":
            checked = written
        link.write(b"\x6b\x01")  # awake, clocked by the gyroscope's PLL
        yield 10 * MS
        link.write(b"\x19" + written)
        link.write(b"\x38\x10")  # INT_STATUS tells of an overflow
        link.check_held(
            "SMPLRT_DIV to ACCEL_CONFIG are", link.read((b"\x19",), len(checked)), checked
        )
        yield 35 * MS  # the gyroscope's start
        link.write(_FIFO_RESTART[0], b"\x23\x78", _FIFO_RESTART[1])  # gyroscope, accelerometer
        link.check_held(_POWER, link.read((b"\x6a",), 2), _RUNNING)
        self.variant = variant
        self.identity = f"WHO_AM_I 0x{who:02X} ({variant.name})"
        self._alive_ns = clock.now_ns()
        self._counted = CountedPeriod(self._nominal_ns)
        self._gap()

    def read(self) -> list[ImuSample]:
        """All samples since the last read, oldest first (at most MAX_SAMPLES a read).

        Wire: 5 bytes for the count, then 3 + 12 N bytes for N samples.

        Stamps: see FifoTime; the period is the one counted.

        Raises:
            BusFault: A transfer failed, after its retries.
            BadData: The FIFO overflowed, or held what cannot be true; it has been restarted
                and the next read goes on. Or the chip is back at its reset values, or its
                samples are all the same.
            ChipTimeout: No sample for 50 ms.
        """
        clock, link = self._clock, self._link
        began_ns = clock.now_ns()
        count = int.from_bytes(link.sample((_COUNT,), 2), "big")
        if count % SAMPLE:  # it may have been writing one
            count = int.from_bytes(link.sample((_COUNT,), 2), "big")
        t_ns = clock.now_ns()
        if count % SAMPLE or count >= self.variant.fifo_bytes:
            raise self._bad_count(count)
        if not count:
            if t_ns - self._alive_ns > STALL_NS:
                self._explain_silence(t_ns)
            return []
        waiting = count // SAMPLE
        n = min(waiting, MAX_SAMPLES)
        try:
            raw = link.sample((_DATA,), SAMPLE * n)
        except BusFault:
            self._gap()  # how much of it was taken from the FIFO is not known
            raise
        # Had the FIFO overflowed meanwhile, its oldest bytes, which these are, were not whole.
        came = 1 + int((clock.now_ns() - began_ns) * _FASTEST / self._nominal_ns)
        if count + SAMPLE * came > self.variant.fifo_bytes:
            raise self._overflowed(count, f"{count} bytes and time for {came} more samples")
        samples = self._decode(raw, waiting)
        self._same.check(samples)
        self._alive_ns = t_ns
        self._counted.add(waiting - self._left, t_ns)
        self._left = waiting - n
        self._check_rate()
        period_ns = self._time.period_ns = self._counted.period_ns
        stamps = self._time.stamps(n, t_ns - self._left * period_ns)
        return [ImuSample(at_ns, *axes) for at_ns, axes in zip(stamps, samples, strict=True)]

    def read_temperature(self) -> float | None:
        """Degrees Celsius; None for a part whose scale is not known. Raises BusFault."""
        if self.variant.temperature is None:
            return None
        per_degree, at_zero = self.variant.temperature
        (raw,) = struct.unpack(">h", self._link.sample((b"\x41",), 2))
        return float(raw / per_degree + at_zero)

    def stop(self) -> None:
        """To sleep. Raises BusFault."""
        self._link.write(b"\x6b\x41")

    def _decode(self, raw: bytes, waiting: int) -> list[tuple[float, ...]]:
        """m/s2 and rad/s of whole samples. Raises BadData."""
        ka, kg = self._accel_scale, self._gyro_scale
        samples: list[tuple[float, ...]] = []
        for at, (ax, ay, az, gx, gy, gz) in enumerate(_AXES.iter_unpack(raw)):
            samples.append((ax * ka, ay * ka, az * ka, gx * kg, gy * kg, gz * kg))
            if ax == ay == az == gx == gy == gz and ax & 0xFF == ax >> 8 & 0xFF:
                # An empty FIFO, or a bus that nobody drives.
                raise self._restart(
                    waiting,
                    f"sample {at + 1} of {len(raw) // SAMPLE} is",
                    f"0x{ax & 0xFF:02X} twelve times",
                    "accelerations and rates",
                    "Check the cable's length, pull-ups and supply if it happens again.",
                )
        return samples

    def _check_rate(self) -> None:
        count, span_ns = self._counted.count, self._counted.span_ns
        if count < RATE_CHECK_FROM:
            return
        if abs(span_ns - count * self._nominal_ns) > RATE_TOLERANCE * span_ns + self._nominal_ns:
            raise self._restart(
                self._left,
                "rate",
                f"{1e9 * count / span_ns:.0f} samples a second",
                f"{self.odr_hz:.0f}",
                "The part does not keep its rate: fit another one.",
            )

    def _gap(self) -> None:
        """Samples were lost, or may have been."""
        self._left = 0
        self._time.restart()
        self._counted.restart()

    def _bad_count(self, count: int) -> BadData:
        status = self._link.sample((b"\x3a",), 1)[0]
        size = self.variant.fifo_bytes  # a clone's may be larger than it is taken to be
        full = count == size or (not count % SAMPLE and count <= LARGEST_FIFO)
        if full or (status & 0x10 and status != 0xFF):
            return self._overflowed(count, f"{count} bytes, INT_STATUS 0x{status:02X}")
        return self._restart(
            count // SAMPLE,
            "FIFO count",
            f"{count} bytes",
            f"a multiple of {SAMPLE} below {self.variant.fifo_bytes}",
            "Check the cable's length and pull-ups if it happens again.",
        )

    def _overflowed(self, count: int, got: str) -> BadData:
        return self._restart(
            count // SAMPLE,
            "FIFO overflow,",
            got,
            "a FIFO drained every tick",
            "The loop was away for over 0.2 s: see its lag.",
        )

    def _restart(self, dropped: int, what: str, got: str, expected: str, check: str) -> BadData:
        self._gap()
        self._alive_ns = self._clock.now_ns()
        self.dropped_samples += dropped
        self._link.write(*_FIFO_RESTART)
        return self._link.bad_data(
            what, got=f"{got}; {dropped} samples dropped", expected=expected, check=check
        )

    def _explain_silence(self, t_ns: int) -> None:
        link = self._link
        who = link.sample((b"\x75",), 1)[0]
        if VARIANTS.get(who) != self.variant:
            raise self._wrong_chip(who)
        got = link.sample((b"\x19",), len(self._settings))
        link.check_held(_SETTINGS, got, self._settings)
        link.check_held(_POWER, link.sample((b"\x6a",), 2), _RUNNING)
        raise no_sample(link, t_ns - self._alive_ns, self.odr_hz)

    def _wrong_chip(self, who: int) -> WrongChip:
        return self._link.wrong_chip(
            "WHO_AM_I",
            got=f"0x{who:02X}",
            expected="one of " + ", ".join(f"0x{each:02X}" for each in VARIANTS),
            check="Check AD0 and which chip is fitted.",
        )
