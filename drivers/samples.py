"""What the chips deliver: one value type per kind of sensor, stamped at the read.

Axes of the dowel's IMU after mounting: x up along the dowel, z toward the wall (out of
the person's back), y to the person's left (right-handed). At rest the accelerometer reads
+g on x; bending forward turns at a positive rate about y.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple, Protocol

PADS = ("head", "thoracic", "sacrum")
"""The three contacts, in the order of their electrodes and channels."""

Steps = Generator[int, None, None]
"""A bring-up in steps: each yielded number is how many ns to wait before the next step.

Nothing in it sleeps, so the real-time loop can mend a chip between two ticks.
"""


class ImuSample(NamedTuple):
    """Specific force in m/s2 and angular rate in rad/s, in the chip's axes."""

    t_ns: int
    ax: float
    ay: float
    az: float
    gx: float
    gy: float
    gz: float


class TofSample(NamedTuple):
    """One ranging. ``range_mm`` means something only where ``valid``.

    ``status`` is ST's ULD range status (0 valid, 1 sigma, 2 signal: no target, 4 out of
    bounds, 5 hardware, 7 wrapped, ...): a "no target" is a healthy sensor that sees nobody.
    """

    t_ns: int
    range_mm: float
    valid: bool
    status: int
    signal_kcps: float
    ambient_kcps: float
    sigma_mm: float
    spads: float
    stream_count: int


class PadSample(NamedTuple):
    """One pad at one instant. ``pad`` indexes PADS; ``level`` is 0 (open) .. 1 (full press)."""

    t_ns: int
    pad: int
    level: float
    closed: bool


class Imu(Protocol):
    """An IMU with a FIFO."""

    name: str
    address: int
    identity: str
    odr_hz: float

    def bring_up(self) -> Steps: ...

    def read(self) -> Sequence[ImuSample]:
        """Drain the FIFO: all samples since the last read, oldest first; may be empty."""
        ...


class Tof(Protocol):
    """A time-of-flight ranger that ranges by itself."""

    name: str
    address: int
    identity: str

    def bring_up(self) -> Steps: ...

    def read(self) -> TofSample | None:
        """The new ranging, or None when there is none since the last read."""
        ...


class Pads(Protocol):
    """Three contact pads behind one chip."""

    name: str
    address: int
    identity: str

    def bring_up(self) -> Steps: ...

    def read(self) -> Sequence[PadSample]:
        """What is new at this call: from none to all three pads."""
        ...
