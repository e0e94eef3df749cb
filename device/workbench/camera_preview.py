"""A look through the camera: one picture, and how evenly its frames come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from device.config_model import Camera as Settings
from drivers.camera import Camera, Frame, Pace, pace_of
from drivers.errors import CameraFault
from drivers.picamera2_camera import Picamera2Camera
from drivers.png import png
from drivers.sim.camera import SimCamera
from drivers.sim.clock import VirtualClock
from drivers.sim.person import Script


def simulated() -> Camera:
    """A person who hinges before a simulated camera, in no time."""
    clock = VirtualClock()
    rep = ("hinge", {"down_s": 1.6, "hold_s": 1.0, "up_s": 1.6, "pause_s": 1.0})
    return SimCamera(Script([rep] * 12, t0_ns=clock.now_ns()), clock)


def real(number: int) -> Camera:
    return Picamera2Camera(number)


def watched(camera: Camera, settings: Settings, seconds: float) -> tuple[Frame, Pace]:
    """The last frame of ``seconds`` by the sensor's stamps, and the pace of all of them.

    Raises NoCamera, CameraFault.
    """
    with closing(camera):
        camera.configure(settings.size, settings.fps, settings.pre_roll_s)
        camera.start()
        stamps: list[int] = []
        for frame in _for(camera, seconds):
            stamps.append(frame.t_ns)
        return frame, pace_of(stamps)


def _for(camera: Camera, seconds: float) -> Iterator[Frame]:
    """At least three frames, however short, and then as many as there are in that time."""
    begin_ns = None
    for n, frame in enumerate(camera.frames()):
        begin_ns = frame.t_ns if begin_ns is None else begin_ns
        yield frame
        if n >= 2 and frame.t_ns - begin_ns >= seconds * 1e9:
            return
    raise CameraFault("camera: it was closed while it was looked through, expected it open.")


def told(frame: Frame, pace: Pace, identity: str, settings: Settings) -> list[str]:
    """What the preview says of what it saw."""
    height, width, _ = frame.rgb.shape
    lines = [f"{width} x {height} pixels, sensor {identity}."]
    if pace.rate_hz is not None and pace.jitter_us is not None:
        lines.append(
            f"{pace.rate_hz:.2f} frames a second by the sensor's own stamps (asked for "
            f"{settings.fps:g}), jitter {pace.jitter_us / 1000:.3f} ms RMS, "
            f"{pace.dropped} of {pace.frames + (pace.dropped or 0)} frames lost."
        )
        if pace.rate_hz < 0.95 * settings.fps:
            lines.append("Slower than asked: more light, a smaller camera.size or camera.fps.")
    if frame.exposure_us is not None:
        lines.append(f"Exposure {frame.exposure_us / 1000:.1f} ms.")
    return lines


def preview(camera: Camera, settings: Settings, seconds: float, out: Path) -> list[str]:
    """Write the picture to ``out``; what there is to say, a line each.

    Raises NoCamera, CameraFault, OSError.
    """
    frame, pace = watched(camera, settings, seconds)
    out.write_bytes(png(frame.rgb, f"t_ns {frame.t_ns}"))
    return [f"{out}:", *told(frame, pace, camera.identity, settings)]
