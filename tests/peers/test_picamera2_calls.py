"""Every call of the camera's adapter against the signatures in the pinned picamera2."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from drivers import picamera2_camera
from tests.drivers.library_source import Library, hold

ROOT = Path(__file__).parents[2]
SOURCE = Path(picamera2_camera.__file__).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def library() -> Library:
    return Library("picamera2")


def test_the_pinned_version_is_the_one_that_is_read(library: Library) -> None:
    pinned = (ROOT / "requirements/no-deps.txt").read_text(encoding="utf-8")
    assert f"picamera2=={library.version}" in pinned


def test_all_that_the_adapter_asks_is_there(library: Library) -> None:
    held = hold(SOURCE, library)
    assert held.problems == []
    # All of it was followed, so nothing is right only because nobody looked.
    assert held.used == {
        "Picamera2",
        "Picamera2.camera_properties",
        "Picamera2.capture_request",
        "Picamera2.close",
        "Picamera2.configure",
        "Picamera2.create_video_configuration",
        "Picamera2.start_recording",
        "Picamera2.stop_recording",
        "CompletedRequest.get_metadata",
        "CompletedRequest.make_array",
        "CompletedRequest.release",
        "H264Encoder",
        "H264Encoder.firsttimestamp",
        "LibavH264Encoder",
        "LibavH264Encoder.firsttimestamp",
        "CircularOutput2",
        "CircularOutput2._time_offset",
        "CircularOutput2.open_output",
        "CircularOutput2.start",
        "CircularOutput2.stop",
        "PyavOutput",
        "PyavOutput.error_callback",
    }


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("buffer_duration_ms=", "buffer_ms=", "CircularOutput2.__init__: no argument 'buffer_ms'"),
        ("iperiod=", "key_every=", "h264_encoder.H264Encoder.__init__: no argument 'key_every'"),
        ("iperiod=", "key_every=", "LibavH264Encoder.__init__: no argument 'key_every'"),
        ("iperiod=", "enable_sps_framerate=", "LibavH264Encoder.__init__: no argument"),
        ("main=main", "mian=main", "create_video_configuration: no argument 'mian'"),
        (".capture_request(wait=", ".capture_request(timeout=", "no argument 'timeout'"),
        (".capture_request(", ".capture_requests(", "Picamera2 has no 'capture_requests'"),
        ('make_array("main")', "make_array()", "make_array: argument 'name' is missing"),
        ("self._ring)", "self._ring, 1, 2, 3, 4, 5)", "7 arguments, expected at most 6"),
        ("PyavOutput(str(path), pts", "PyavOutput(pts", "argument 'output_name' is missing"),
        ("str(path), pts", "str(path), output_name", "argument 'output_name' given twice"),
        (".error_callback", ".on_error", "PyavOutput has no 'on_error'"),
        (".firsttimestamp", ".first_timestamp", "has no 'first_timestamp'"),
        ("._time_offset", "._offset", "CircularOutput2 has no '_offset'"),
        ("import CircularOutput2", "import RingOutput", "has no class RingOutput"),
        ("camera.stop_recording", "camera.stop_film", "Picamera2 has no 'stop_film'"),
        ("request.release()", "request.free()", "CompletedRequest has no 'free'"),
    ],
)
def test_a_wrong_call_is_found(library: Library, right: str, wrong: str, said: str) -> None:
    assert right in SOURCE
    problems = hold(SOURCE.replace(right, wrong), library).problems
    assert any(said in problem for problem in problems), problems


def test_the_stream_is_one_that_picamera2_knows_and_lies_as_red_green_blue(
    library: Library,
) -> None:
    (main,) = (
        ast.literal_eval(text.replace("size,", "(640, 480),"))
        for text in re.findall(r"main = (\{.*\})", SOURCE)
    )
    valid = re.search(r"valid = (\(.*\))", library.text("picamera2.picamera2"))
    assert valid is not None
    assert set(main) <= set(ast.literal_eval(valid[1]))
    assert f"{main['format']!r}: 'RGB'" in library.text("picamera2.request")
    # ... and the encoder on a Pi 5 takes it too.
    assert f"{main['format']!r}: 'rgb24'" in library.text("picamera2.encoders.libav_h264_encoder")


def test_stamps_are_as_the_door_says(library: Library) -> None:
    """Compared with CLOCK_MONOTONIC, and the end of the first row's exposure."""
    text = library.text("picamera2.picamera2")
    assert "flush = time.monotonic_ns()" in text
    assert "md['SensorTimestamp'] - 1000 * md['ExposureTime']" in text
    encoder = library.text("picamera2.encoders.encoder")
    assert "int(request.request.metadata[controls.SensorTimestamp] / 1000)" in encoder


def test_the_adapter_is_thin_and_imports_picamera2_only_when_it_is_used() -> None:
    assert len([line for line in SOURCE.splitlines() if line.strip()]) < 100
    top = ast.parse(SOURCE).body
    names = [n.module for n in top if isinstance(n, ast.ImportFrom)]
    assert not any((name or "").startswith("picamera2") for name in names)
