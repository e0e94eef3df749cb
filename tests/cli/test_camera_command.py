"""``hinge camera --preview``: a picture, the rate, and one line for what cannot work."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import hinge
from device.config_model import Camera as Settings
from device.workbench.camera_preview import told, watched
from drivers.camera import Pace
from drivers.errors import CameraFault
from drivers.sim import VirtualClock
from drivers.sim.camera import SimCamera
from drivers.sim.person import Script


def typed(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["hinge", "camera", *map(str, words)])
    try:
        hinge.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_a_simulated_preview(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config, out = tmp_path / "hinge.toml", tmp_path / "seen.png"
    config.write_text("[camera]\nsize = [320, 240]\nfps = 50\n")
    words = ("--preview", "--simulated", "--seconds", "1", "--out", out, "--config", config)
    assert typed(monkeypatch, *words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{out}:"
    assert lines[1] == "320 x 240 pixels, sensor simulated."
    assert "49.99 frames a second by the sensor's own stamps (asked for 50), jitter 0.0" in lines[2]
    assert lines[2].endswith(", 0 of 51 frames lost.")
    assert lines[3] == "Exposure 8.0 ms."
    with Image.open(out) as image:
        assert image.size == (320, 240)
        seen = np.asarray(image)
    # Somebody stands there: not a room alone.
    assert len(np.unique(seen.reshape(-1, 3) // 32, axis=0)) > 20


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "camera: expected --preview"),
        (("--preview", "--out", "seen.jpg"), 2, "expected a name that ends in .png"),
        (("--preview", "--seconds", "nan"), 2, "expected a finite number"),
        (("--preview", "--seconds", "0"), 2, "is not in the range"),
        (("--preview", "--simulated", "--out", "/nowhere/seen.png"), 74, "cannot write"),
    ],
)
def test_what_cannot_work_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    assert typed(monkeypatch, *words) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hinge: ")
    assert said in line


def test_without_the_library_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    assert typed(monkeypatch, "--preview") == 69
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("hinge: camera: importing picamera2 gave ")
    assert "Install python3-picamera2 (apt)" in line


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            "size = [641, 480]",
            "camera.size: got [641, 480], expected a list of 2, each an even number",
        ),
        ("size = [640]", "camera.size: got [640], expected"),
        ("fps = 500", "camera.fps: got 500, expected frames a second, 5 to 120"),
        ("pre_roll_s = 0", "camera.pre_roll_s: got 0, expected seconds, 1 to 30"),
        ("preroll = 3", "camera.preroll: unknown"),
    ],
)
def test_wrong_settings_are_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    wrong: str,
    said: str,
) -> None:
    config = tmp_path / "hinge.toml"
    config.write_text(f"[camera]\n{wrong}\n")
    assert typed(monkeypatch, "--preview", "--simulated", "--config", config) == 78
    assert said in capsys.readouterr().err


def test_a_camera_that_stops_is_closed_and_said() -> None:
    clock = VirtualClock()
    camera = SimCamera(Script([("stand", {})], t0_ns=clock.now_ns()), clock)
    camera.stall()
    with pytest.raises(CameraFault, match="no frame for 1 s"):
        watched(camera, Settings(size=(160, 120)), 1.0)
    assert list(camera.frames()) == []


def test_a_slow_camera_is_said() -> None:
    clock = VirtualClock()
    camera = SimCamera(Script([("stand", {})], t0_ns=clock.now_ns()), clock)
    frame, _ = watched(camera, Settings(size=(160, 120)), 0.2)
    told_of = told(frame, Pace(30, 14.9, 12.0, 3), "imx219", Settings(fps=30.0))
    assert told_of[0] == "160 x 120 pixels, sensor imx219."
    assert "14.90 frames a second" in told_of[1]
    assert "jitter 0.012 ms RMS, 3 of 33 frames lost." in told_of[1]
    assert told_of[2].startswith("Slower than asked: more light")
    assert told(frame, Pace(2, None, None, None), "", Settings())[1:] == ["Exposure 8.0 ms."]
