"""The camera's adapter on stand-ins for the hardware, with picamera2's own ring and MP4 output."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest

from drivers.camera import Camera
from drivers.errors import CameraFault, NoCamera
from drivers.picamera2_camera import Picamera2Camera
from tests.drivers.library_source import Library

SECOND_NS = 1_000_000_000
NOW_NS = 500 * SECOND_NS


class Container:
    """What PyAV opens: keeps what is muxed; ``broken`` fails as a full disk does."""

    broken = False

    def __init__(self, path: str) -> None:
        self.path, self.packets = Path(path), list[Any]()
        self.path.write_bytes(b"")

    def add_stream(self, codec: str, **settings: Any) -> Any:
        assert (codec, settings) == ("h264", {"width": 640, "height": 480})
        return object()

    def mux(self, packet: Any) -> None:
        if self.broken:
            raise OSError(28, "No space left on device")
        self.packets.append(packet)

    def close(self) -> None:
        self.path.write_bytes(b"".join(p.data for p in self.packets))


class Packet:
    def __init__(self, data: bytes) -> None:
        self.data = data


class Encoder:
    firsttimestamp: int | None = None

    def __init__(self, **settings: Any) -> None:
        self.settings = settings


class Request:
    def __init__(self, told: dict[str, Any], shape: tuple[int, ...]) -> None:
        self.told, self.shape, self.released = told, shape, 0

    def make_array(self, name: str) -> Any:
        assert name == "main"
        return np.zeros(self.shape, dtype=np.uint8)

    def get_metadata(self) -> dict[str, Any]:
        return self.told

    def release(self) -> None:
        self.released += 1


class Hardware:
    """Stands for ``picamera2.Picamera2``; the test is the sensor."""

    opened: ClassVar[list[Hardware]]
    missing: Exception | None = None
    refused: Exception | None = None
    model: ClassVar[dict[str, str]] = {"Model": "imx708"}

    def __init__(self, number: int) -> None:
        if self.missing is not None:
            raise self.missing
        self.number, self.calls = number, list[str]()
        self.camera_properties = self.model
        self.broken: Exception | None = None
        self.requests: list[Request] = []
        self.opened.append(self)

    def create_video_configuration(self, **asked: Any) -> dict[str, Any]:
        return asked

    def configure(self, asked: dict[str, Any]) -> None:
        if self.refused is not None:
            raise self.refused
        self.asked = asked

    def start_recording(self, encoder: Any, output: Any) -> None:
        self.calls.append("start")
        if self.broken is not None:
            raise self.broken
        self.encoder, self.ring = encoder, output
        output.start()
        output._add_stream("video", "h264", width=640, height=480)

    def stop_recording(self) -> None:
        self.calls.append("stop")
        if self.broken is not None:
            raise self.broken

    def close(self) -> None:
        self.calls.append("close")

    def capture_request(self, wait: float) -> Request:
        assert 0 < wait <= 1
        if not self.requests:
            raise TimeoutError
        return self.requests.pop(0)

    def film(self, frames: int, first: int = 0, every_us: int = 33_333) -> None:
        """The encoder at work: a key frame each thirty."""
        for n in range(first, first + frames):
            self.ring.outputframe(bytes([n % 251]), n % 30 == 0, n * every_us)


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hardware]]:
    """picamera2 with a stand-in for what needs a camera; its ring and MP4 output are the real
    ones, from the installed files."""
    root = Library("picamera2").root
    before = set(sys.modules)
    package, outputs, encoders = (
        ModuleType(name) for name in ("picamera2", "picamera2.outputs", "picamera2.encoders")
    )
    package.__path__, outputs.__path__ = [str(root)], [str(root / "outputs")]
    for module in (package, outputs, encoders):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    av = ModuleType("av")
    av.__dict__.update(open=lambda name, *_, **__: Container(name), Packet=Packet)
    monkeypatch.setitem(sys.modules, "av", av)
    for name in ("CircularOutput2", "PyavOutput"):
        source = importlib.import_module(f"picamera2.outputs.{name.lower()}")
        outputs.__dict__[name] = getattr(source, name)
    encoders.__dict__["H264Encoder"] = Encoder

    class Fresh(Hardware):
        opened: ClassVar[list[Hardware]] = []

    package.__dict__["Picamera2"] = Fresh
    yield Fresh
    for name in set(sys.modules) - before:
        if name.startswith("picamera2."):
            del sys.modules[name]


def opened(**settings: Any) -> tuple[Picamera2Camera, Hardware]:
    camera = Picamera2Camera(clocks=lambda: (NOW_NS, NOW_NS))
    camera.configure(**settings)
    camera.start()
    from picamera2 import Picamera2

    return camera, Picamera2.opened[-1]


def test_what_is_asked_of_the_camera(hardware: type[Hardware]) -> None:
    camera, sensor = opened(size=(640, 480), fps=50.0, pre_roll_s=4.0, exposure_us=2000)
    assert sensor.asked["main"] == {"size": (640, 480), "format": "BGR888"}
    assert sensor.asked["controls"] == {
        "FrameDurationLimits": (20_000, 20_000),
        "ExposureTime": 2000,
    }
    assert sensor.encoder.settings == {"iperiod": 50, "framerate": 50}
    assert sensor.ring.buffer_duration_ms == 5000
    assert camera.identity == "imx708"
    door: Camera = camera
    door.close()
    door.close()
    assert sensor.calls == ["start", "stop", "close"]


def test_without_an_exposure_the_camera_chooses(hardware: type[Hardware]) -> None:
    assert Picamera2Camera().identity == ""
    _, sensor = opened()
    assert (sensor.number, sensor.ring.buffer_duration_ms) == (0, 6000)
    assert sensor.asked["main"]["size"] == (640, 480)
    assert sensor.asked["controls"] == {"FrameDurationLimits": (33_333, 33_333)}


def test_frames_carry_the_sensors_stamps_and_give_their_buffers_back(
    hardware: type[Hardware],
) -> None:
    camera, sensor = opened()
    stamp_ns = NOW_NS - 40_000_000
    requests = [
        Request({"SensorTimestamp": stamp_ns, "ExposureTime": 7990}, (480, 640, 3)),
        Request({"SensorTimestamp": stamp_ns + 33_000_000}, (480, 640, 3)),
    ]
    sensor.requests = list(requests)
    frames = camera.frames()
    first, second = next(frames), next(frames)
    assert (first.t_ns, first.exposure_us, first.rgb.shape) == (stamp_ns, 7990, (480, 640, 3))
    assert (second.t_ns, second.exposure_us) == (stamp_ns + 33_000_000, None)
    assert [r.released for r in requests] == [1, 1]
    with pytest.raises(CameraFault, match=r"no frame for 1 s, expected one\. Check its cable"):
        next(frames)


def test_a_frame_of_another_shape_is_refused_and_still_given_back(
    hardware: type[Hardware],
) -> None:
    camera, sensor = opened()
    request = Request({"SensorTimestamp": NOW_NS}, (720, 640))
    sensor.requests = [request]
    with pytest.raises(CameraFault, match=r"shape \(720, 640\)"):
        next(camera.frames())
    assert request.released == 1


def test_a_clip_is_the_ring_from_its_first_key_frame_with_each_frames_time(
    hardware: type[Hardware], tmp_path: Path
) -> None:
    camera, sensor = opened(pre_roll_s=2.0)
    begun_us = (NOW_NS - 9 * SECOND_NS) // 1000
    sensor.encoder.firsttimestamp = begun_us
    sensor.film(225)
    clip = camera.clip(tmp_path / "a.mp4")
    # 7.467 s were filmed and 3 s are kept: from 4.5 s on, and the next key frame is at 5 s.
    assert clip.path.read_bytes() == bytes(range(150, 225))
    assert len(clip.t_ns) == 75
    assert clip.t_ns[0] == pytest.approx((begun_us + 150 * 33_333) * 1000, abs=1000)
    assert clip.t_ns[-1] == pytest.approx((begun_us + 224 * 33_333) * 1000, abs=1000)
    # It goes on, with what came since.
    sensor.film(40, first=225)
    again = camera.clip(tmp_path / "b.mp4")
    assert again.path.read_bytes() == bytes(n % 251 for n in range(240, 265))
    assert again.t_ns[0] == pytest.approx((begun_us + 240 * 33_333) * 1000, abs=1000)


def test_a_clip_before_the_first_key_frame_is_refused(
    hardware: type[Hardware], tmp_path: Path
) -> None:
    camera, _ = opened()
    with pytest.raises(
        CameraFault, match=r"^camera: clip before the first key frame, expected it a second later$"
    ):
        camera.clip(tmp_path / "a.mp4")


def test_a_full_disk_under_a_clip_is_said(
    hardware: type[Hardware], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera, sensor = opened()
    sensor.encoder.firsttimestamp = (NOW_NS - 2 * SECOND_NS) // 1000
    sensor.film(45)
    monkeypatch.setattr(Container, "broken", True)
    with pytest.raises(OSError, match="No space left on device") as caught:
        camera.clip(tmp_path / "a.mp4")
    assert caught.value.filename == str(tmp_path / "a.mp4")


def test_the_slowest_rate_is_exact_and_a_sensor_without_a_name_is_unknown(
    hardware: type[Hardware],
) -> None:
    hardware.model = {}
    camera, sensor = opened(fps=1.0)
    assert sensor.asked["controls"] == {"FrameDurationLimits": (1_000_000, 1_000_000)}
    assert camera.identity == "unknown"


def test_what_fails_while_starting_and_closing_says_which(hardware: type[Hardware]) -> None:
    camera, sensor = opened()
    sensor.broken = RuntimeError("camera in use")
    with pytest.raises(CameraFault, match=r"^camera: starting gave camera in use, expected"):
        camera.start()
    with pytest.raises(CameraFault, match=r"^camera: closing gave camera in use, expected"):
        camera.close()


def test_no_camera_and_a_camera_that_refuses_are_told_apart(
    hardware: type[Hardware],
) -> None:
    hardware.refused = RuntimeError("Bad key 'sise'")
    with pytest.raises(CameraFault, match="configuring 640 x 480 at 30 fps gave Bad key"):
        Picamera2Camera().configure()
    hardware.missing = RuntimeError("No camera number 3 found")
    with pytest.raises(NoCamera, match="opening number 3 gave No camera number 3 found"):
        Picamera2Camera(3).configure()


@pytest.mark.parametrize(
    "error",
    [ModuleNotFoundError("No module named 'libcamera'"), ValueError("numpy.dtype size changed")],
)
def test_a_missing_or_unfit_library_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    class Broken(ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise error

    monkeypatch.setitem(sys.modules, "picamera2", Broken("picamera2"))
    with pytest.raises(NoCamera) as caught:
        Picamera2Camera().configure()
    assert str(error) in str(caught.value)
    assert "Install python3-picamera2 (apt)" in str(caught.value)
