"""The camera's door: what the camera program asks of any camera, real or simulated.

A camera looks at the person from the side. Each frame carries the sensor's own time stamp on
CLOCK_MONOTONIC, the clock that every other sample of the station is stamped on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.errors import CameraFault

FRAME_WAIT_S = 1.0
"""A camera that gives no frame for so long has stopped."""
OLDEST_NS = 10_000_000_000
"""A frame that is older when it arrives was not stamped on either clock."""

Picture = NDArray[np.uint8]


class Frame(NamedTuple):
    """One picture. ``rgb`` is (height, width, 3) of uint8: red, green, blue; rows from the top.

    ``t_ns`` on CLOCK_MONOTONIC is when the sensor began to read out the first row, which is the
    end of that row's exposure; the rows below follow within one frame (rolling shutter). The
    middle of its exposure is ``t_ns - 500 * exposure_us``. ``exposure_us`` is None where the
    camera does not tell it.
    """

    t_ns: int
    rgb: Picture
    exposure_us: int | None


class Clip(NamedTuple):
    """A kept piece of film: the file, and the ``t_ns`` of each of its frames."""

    path: Path
    t_ns: tuple[int, ...]


class Camera(Protocol):
    """A camera. The order of calls: configure, start, then frames and clip, then close."""

    clip_suffix: str
    """What the name of a clip's file ends in, with the dot."""
    identity: str
    """The sensor's own name; "" before ``configure``."""

    def configure(
        self,
        size: tuple[int, int] = (640, 480),
        fps: float = 30.0,
        pre_roll_s: float = 5.0,
        exposure_us: int | None = None,
    ) -> None:
        """``size`` is (width, height) in pixels; ``pre_roll_s`` of film are always kept in memory
        for ``clip``; ``exposure_us`` None lets the camera choose.

        Raises NoCamera when there is none, CameraFault when it refuses these settings.
        """
        ...

    def start(self) -> None:
        """Begin to take pictures. Raises CameraFault."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Frames as they come, for ever; those that nobody takes in time are lost.

        Raises CameraFault after ``FRAME_WAIT_S`` without one.
        """
        ...

    def clip(self, path: Path) -> Clip:
        """Write the pre-roll, up to the newest frame, to ``path`` and begin a new one.

        To have what follows an event too, call it that much later. Raises CameraFault when there
        is nothing to write yet, OSError when the file cannot be written.
        """
        ...

    def close(self) -> None:
        """Let go of the camera, whatever state it is in."""
        ...


def clocks_ns() -> tuple[int, int]:
    """CLOCK_MONOTONIC and CLOCK_BOOTTIME now."""
    return time.monotonic_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)


@contextmanager
def asked(what: str) -> Iterator[None]:
    """Tells what a camera library refuses (it has no error of its own) as a CameraFault."""
    try:
        yield
    except (RuntimeError, ValueError, LookupError, OSError) as error:
        raise CameraFault(
            f"camera: {what} gave {error}, expected it to work. Check the settings and the cable, "
            "and that no other program uses it."
        ) from error


def frameless() -> CameraFault:
    """What is said of a camera that gave no frame for ``FRAME_WAIT_S``."""
    return CameraFault(
        f"camera: no frame for {FRAME_WAIT_S:g} s, expected one. Check its cable, and restart the "
        "camera program."
    )


def monotonic_ns(stamp_ns: int, monotonic_now_ns: int, boottime_now_ns: int) -> int:
    """A sensor's stamp on CLOCK_MONOTONIC.

    libcamera documents SensorTimestamp as CLOCK_BOOTTIME, while the kernel's buffers on a Pi are
    stamped on CLOCK_MONOTONIC, with which picamera2 itself compares it. The two differ by the time
    the machine was suspended, which a Pi never is. So: a stamp that lies in the future of
    CLOCK_MONOTONIC can only be CLOCK_BOOTTIME. Raises CameraFault for one that is on neither.
    """
    for t_ns in (stamp_ns, stamp_ns - (boottime_now_ns - monotonic_now_ns)):
        if 0 <= monotonic_now_ns - t_ns <= OLDEST_NS:
            return t_ns
    age_s = (monotonic_now_ns - stamp_ns) * 1e-9
    raise CameraFault(
        f"camera: time stamp {stamp_ns} ns is {age_s:.3f} s old, expected 0 to "
        f"{OLDEST_NS * 1e-9:.0f} s by CLOCK_MONOTONIC or CLOCK_BOOTTIME. Check libcamera's version."
    )


class Pace(NamedTuple):
    """How evenly frames came. ``rate_hz`` counts lost frames as if they had come; ``jitter_us`` is
    the RMS of the intervals about a whole number of periods. None: too few frames to say."""

    frames: int
    rate_hz: float | None
    jitter_us: float | None
    dropped: int | None


def pace_of(t_ns: Sequence[int]) -> Pace:
    """The pace of stamps in the order they came. Raises CameraFault when they do not rise.

    The period is the median interval, so under half of the intervals may hide lost frames.
    """
    if len(t_ns) < 3:
        return Pace(len(t_ns), None, None, None)
    steps_ns = np.diff(np.asarray(t_ns, dtype=np.int64)).astype(np.float64)
    if steps_ns.min() <= 0:
        at = int(np.argmin(steps_ns))
        raise CameraFault(
            f"camera: frame {at + 1} is stamped {abs(steps_ns[at]):.0f} ns before the one "
            "before it, expected stamps that rise. Restart the camera."
        )
    periods = np.maximum(np.round(steps_ns / np.median(steps_ns)), 1.0)
    period_ns = float(steps_ns.sum() / periods.sum())
    jitter_ns = math.sqrt(float(np.mean((steps_ns - periods * period_ns) ** 2)))
    dropped = int(periods.sum()) - len(steps_ns)
    return Pace(len(t_ns), 1e9 / period_ns, jitter_ns / 1000, dropped)


def as_picture(array: Any) -> Picture:
    """``array`` as a picture: (height, width, 3) of uint8. Raises CameraFault for another shape."""
    picture = np.asarray(array)
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise CameraFault(
            f"camera: frame of shape {picture.shape} and type {picture.dtype}, expected "
            "(height, width, 3) of uint8. Check the camera's pixel format."
        )
    return picture
