"""Raspberry Pi's camera through picamera2, which the OS brings and which is imported only here.

Frames are picamera2's "BGR888", which lies in memory as red, green, blue. Beside them an H.264
encoder fills a ring in memory; a clip is what the ring holds, as MP4.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from drivers import camera as door
from drivers.errors import CameraFault, NoCamera


class Picamera2Camera:
    """A ``drivers.camera.Camera``. ``number`` counts from 0 as ``rpicam-hello --list-cameras``."""

    clip_suffix = ".mp4"

    def __init__(
        self, number: int = 0, clocks: Callable[[], tuple[int, int]] = door.clocks_ns
    ) -> None:
        self.identity = ""
        self._number, self._clocks = number, clocks
        self._camera: Any = None

    def configure(
        self,
        size: tuple[int, int] = (640, 480),
        fps: float = 30.0,
        pre_roll_s: float = 5.0,
        exposure_us: int | None = None,
    ) -> None:
        try:
            from picamera2 import Picamera2
            from picamera2.encoders import H264Encoder
            from picamera2.outputs import CircularOutput2
        # ValueError: a part of it was built for another numpy.
        except (ImportError, ValueError) as error:
            raise NoCamera(
                f"camera: importing picamera2 gave {error}, expected Raspberry Pi's camera "
                "library. Install python3-picamera2 (apt), make .venv anew (make clean setup), "
                'and see "Camera" in docs/hardware.md.'
            ) from error
        try:
            self._camera = camera = Picamera2(self._number)
        except (RuntimeError, IndexError) as error:
            raise NoCamera(
                f"camera: opening number {self._number} gave {error}, expected a camera. Check "
                "its cable, rpicam-hello --list-cameras, and that no other program uses it."
            ) from error
        period_us = round(1e6 / fps)
        controls: dict[str, Any] = {"FrameDurationLimits": (period_us, period_us)}
        if exposure_us is not None:
            controls["ExposureTime"] = exposure_us
        with door.asked(f"configuring {size[0]} x {size[1]} at {fps:g} fps"):
            main = {"size": size, "format": "BGR888"}
            camera.configure(camera.create_video_configuration(main=main, controls=controls))
            # A key frame each second: a clip begins at one, so a second more is kept.
            self._encoder = H264Encoder(iperiod=round(fps), framerate=round(fps))
            self._ring = CircularOutput2(buffer_duration_ms=round(1000 * (pre_roll_s + 1.0)))
            self.identity = str(camera.camera_properties.get("Model", "unknown"))

    def start(self) -> None:
        with door.asked("starting"):
            self._camera.start_recording(self._encoder, self._ring)

    def frames(self) -> Iterator[door.Frame]:
        while True:
            try:
                request = self._camera.capture_request(wait=door.FRAME_WAIT_S)
            except TimeoutError:
                raise door.frameless() from None
            try:
                rgb, told = door.as_picture(request.make_array("main")), request.get_metadata()
            finally:
                request.release()
            t_ns = door.monotonic_ns(told["SensorTimestamp"], *self._clocks())
            yield door.Frame(t_ns, rgb, told.get("ExposureTime"))

    def clip(self, path: Path) -> door.Clip:
        from picamera2.outputs import PyavOutput

        stamps, failures = io.StringIO(), list[Exception]()
        film = PyavOutput(str(path), pts=stamps)
        film.error_callback = failures.append  # it goes on silently else
        self._ring.open_output(film)
        self._ring.stop()  # writes out all that it holds
        self._ring.start()
        if failures:
            raise OSError(None, f"writing gave {failures[0]}", str(path)) from failures[0]
        since_ns = [round(float(ms) * 1e6) for ms in stamps.getvalue().split()]
        if not since_ns:
            raise CameraFault("camera: clip before the first key frame, expected it a second later")
        # Private, but the only word on when the clip begins; a test holds it against the library.
        begin_ns = 1000 * (self._encoder.firsttimestamp + self._ring._time_offset)
        end_ns = door.monotonic_ns(begin_ns + since_ns[-1], *self._clocks())
        return door.Clip(path, tuple(end_ns - since_ns[-1] + ns for ns in since_ns))

    def close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            with door.asked("closing"):
                camera.stop_recording()
                camera.close()
