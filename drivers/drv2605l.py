"""A vibration motor on a DRV2605L haptic driver.

Registers: TI DRV2605L data sheet SLOS854. The motor is driven in real time (RTP): it shakes
from one write to another, so the patterns stay where those of the other outputs are made.
How long a motor takes is its own: a coin motor (ERM) spins up within 30 to 60 ms, a resonant
one (LRA) within 5 to 10.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, NamedTuple

from drivers.bus import Bus
from drivers.choices import check_address
from drivers.clock import Clock
from drivers.link import Link
from drivers.samples import Steps

NAME = "DRV2605L"
DEFAULT_ADDRESS = 0x5A
MS = 1_000_000

MotorKind = Literal["erm", "lra"]

FULL: Final = 0x7F
"""RTP input of full drive, as a signed number."""
_RESET_LIMIT_NS = 50 * MS
_STATUS = b"\x00"
_MODE = b"\x01"
_DEVICES: Final = {3: "DRV2605", 7: "DRV2605L"}
_DEVICE_RESET = 0x80
_RTP_MODE = 0x05
_STANDBY = b"\x01\x40"
_OVER_CURRENT = 0x01
_OVER_TEMPERATURE = 0x02


class _Settings(NamedTuple):
    """From 0x16 (rated and clamp voltage) and from 0x1A (feedback, control 1 to 3)."""

    voltages: bytes
    control: bytes


# Both: boost, brake and times of a reset; RTP is a signed number.
_OF: Final[dict[MotorKind, _Settings]] = {
    # 3.0 V (21.18 mV and 21.96 mV a count), open loop: it needs no calibration to its motor.
    "erm": _Settings(b"\x16\x8e\x89", b"\x1a\x36\x93\xf5\xa0"),
    # 2.0 V RMS near 175 Hz, closed loop: it finds the motor's resonance by itself.
    "lra": _Settings(b"\x16\x53\x8c", b"\x1a\xb6\x93\xf5\x80"),
}


class Drv2605l:
    """One motor.

    Args:
        bus: The dowel's bus.
        clock: Bounds every wait.
        address: 0x5A, the only one.
        motor: "erm", a coin motor of 3 V, or "lra", a resonant one of 2 V RMS.

    Raises:
        ValueError: A setting that cannot be.
    """

    name = NAME
    addresses: ClassVar[tuple[int, ...]] = (DEFAULT_ADDRESS,)

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        address: int = DEFAULT_ADDRESS,
        *,
        motor: MotorKind = "erm",
    ) -> None:
        check_address(NAME, address, self.addresses)
        if motor not in _OF:
            raise ValueError(f"{NAME} motor {motor!r}, allowed: {', '.join(_OF)}")
        self.address = address
        self.identity = ""
        self._motor: MotorKind = motor
        self._clock = clock
        self._link = Link(bus, NAME, address)

    @property
    def retries(self) -> int:
        """Retries made so far."""
        return self._link.retries

    def bring_up(self) -> Steps:
        """From any state to a still motor; every setting read back.

        Raises:
            BusFault: A transfer failed.
            WrongChip: Status does not tell a DRV2605 or DRV2605L, or a setting does not read
                back.
            ChipTimeout: Its reset takes over 50 ms.
        """
        link, clock = self._link, self._clock
        device = _DEVICES.get(link.read((_STATUS,), 1)[0] >> 5)
        if device is None:
            raise self._wrong_device(link.read((_STATUS,), 1)[0])
        link.write(bytes((_MODE[0], _DEVICE_RESET)))
        limit_ns = clock.now_ns() + _RESET_LIMIT_NS
        while True:
            yield 1 * MS
            mode = link.read((_MODE,), 1)[0]
            if not mode & _DEVICE_RESET:
                break
            if clock.now_ns() >= limit_ns:
                raise link.timeout(
                    "mode (0x01) 50 ms after a reset is",
                    got=f"0x{mode:02X} (resetting)",
                    expected="0x40",
                    check="Power it off and on.",
                )
        settings = (*_OF[self._motor], bytes((_MODE[0], _RTP_MODE, 0)))
        link.write(*settings)
        for message in settings:
            got = link.read((message[:1],), len(message) - 1)
            if got != message[1:]:
                raise link.wrong_chip(
                    f"settings from 0x{message[0]:02X} read back",
                    got=f"0x{got.hex().upper()}",
                    expected=f"0x{message[1:].hex().upper()}",
                    check="Check which chip is fitted, and for noise on the wires.",
                )
        self.identity = f"{device}, set up for an {self._motor.upper()}"

    def drive(self, level: float) -> None:
        """Shake with this share of full drive (0..1), until told otherwise.

        Wire: one transaction of 3 bytes.

        Raises:
            BusFault: The transfer failed.
            ValueError: Not a share.
        """
        if not 0.0 <= level <= 1.0:
            raise ValueError(f"{NAME} got level {level}, expected 0 to 1")
        self._link.write(bytes((0x02, round(FULL * level))))

    def read(self) -> None:
        """Look after the chip: 5 bytes.

        Raises:
            BusFault: The transfer failed, after its retries.
            WrongChip: What answers is not the chip.
            BadData: It has lost its settings, or shut down (too much current, too hot).
        """
        status, mode = self._link.sample((_STATUS,), 2)
        if status >> 5 not in _DEVICES:
            raise self._wrong_device(status)
        if status & _OVER_CURRENT:
            raise self._link.bad_data(
                f"status 0x{status:02X}",
                got="over-current: the motor is off",
                expected="no over-current",
                check="Look for a short in the motor or its wires.",
            )
        if status & _OVER_TEMPERATURE:
            raise self._link.bad_data(
                f"status 0x{status:02X}",
                got="too hot: the motor is off",
                expected="a cool chip",
                check="Check that the motor turns freely, and its rated voltage.",
            )
        if mode != _RTP_MODE:
            raise self._link.lost_power(
                "mode (0x01) is", got=f"0x{mode:02X}", expected=f"0x{_RTP_MODE:02X}"
            )

    def stop(self) -> None:
        """The motor still, the chip in standby. Raises BusFault."""
        self._link.write(b"\x02\x00", _STANDBY)

    def _wrong_device(self, status: int) -> Exception:
        return self._link.wrong_chip(
            "status (0x00) tells",
            got=f"device {status >> 5}",
            expected=" or ".join(f"{number} ({name})" for number, name in _DEVICES.items()),
            check="Check which chip is fitted (an MPR121 may have 0x5A, too).",
        )
