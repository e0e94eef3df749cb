"""Real motions through the simulated chips, as they were judged before; recordings bit for bit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from device.config_model import Config
from device.workbench.motion_run import MotionOptions
from device.workbench.replay import replay_recording, simulate
from tests import golden


@pytest.mark.parametrize("name", golden.names())
def test_a_motion_is_judged_as_it_was(name: str) -> None:
    expected = golden.read(name)
    assert expected
    assert golden.differences(name, expected, golden.kept(golden.play(name))) == []


@pytest.mark.parametrize("name", golden.names())
def test_a_golden_file_says_where_it_comes_from(name: str) -> None:
    kept = json.loads((golden.GOLDEN / f"{name}.json").read_text())
    assert kept["made_by"] == golden.MADE_BY
    assert (golden.MOTIONS / kept["motion"]).exists()
    assert "\ngolden:" in (Path(golden.__file__).parents[1] / "Makefile").read_text()


def test_every_difference_beyond_tolerance_is_found() -> None:
    name = golden.names()[0]
    expected = golden.read(name)
    for field, near in golden.TOLERANCES.items():
        if expected[0][field] is None:
            continue
        for share, count in ((0.9, 0), (1.1, 1)):
            moved = [{**expected[0], field: expected[0][field] + share * near}, *expected[1:]]
            assert len(golden.differences(name, expected, moved)) == count
    for field in golden.EXACT:
        changed = [{**expected[0], field: "other"}, *expected[1:]]
        assert len(golden.differences(name, expected, changed)) == 1
    assert golden.differences(name, expected, []) != []


def test_squats_are_squats_and_the_stoop_is_none() -> None:
    verdicts = {name: [rep["verdict"] for rep in golden.read(name)] for name in golden.names()}
    for name, given in verdicts.items():
        if "squat" in name.lower():
            assert set(given) <= {"KNEE_DRIVEN", "KNEES_FIRST"}, name
        else:
            assert "KNEE_DRIVEN" not in given, name


def test_a_recording_gives_the_same_reps_bit_for_bit_and_seeds_differ(tmp_path: Path) -> None:
    motion = golden.MOTIONS / f"{golden.names()[0]}.csv"
    out = tmp_path / "one.mcap"
    first = simulate(Config(), motion, out, MotionOptions(seed=1))
    again = replay_recording(out, MotionOptions())
    assert first.reps == again.reps
    assert first.cues == again.cues
    assert first.outputs == again.outputs
    assert first.state == again.state
    other = golden.play(golden.names()[0], seed=2)
    assert other != first.reps
    assert [rep.verdict for rep in other] == [rep.verdict for rep in first.reps]
