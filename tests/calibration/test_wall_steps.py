"""Empty scene, crosstalk, plane and heights, through simulated rangers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from device.calibration.apply import with_records
from device.calibration.step import Found, Gathered, Ground
from device.calibration.steps.crosstalk import CROSSTALK
from device.config_model import Config
from device.workbench.calibrate_sim import DEEDS, Deed, Planted, SimBench
from drivers.samples import TofSample
from drivers.sim.scene import Reflection
from tests.calibration.bench import Bench, config_with


def crowd(change: Any) -> Deed:
    """Nothing but what ``change`` makes of an empty scene's reflection."""

    def deed(bench: SimBench, phase: Any) -> None:
        bench.scene.board_mm = bench.scene.flush_edge_m = None
        began_ns = bench.clock.now_ns()

        def reflection(sensor: int, t_ns: int) -> Reflection:
            seen = Reflection(None, 0.0, 50.0)
            changed: Reflection = change(seen, (t_ns - began_ns) * 1e-9)
            return changed

        bench.scene.reflection = reflection  # type: ignore[method-assign]  # another scene

    return deed


def board(**changes: Any) -> Deed:
    """The board's own deed, then ``changes`` of the scene."""

    def deed(bench: SimBench, phase: Any) -> None:
        name = next(step for step, key in DEEDS if key == phase.key)
        DEEDS[name, phase.key](bench, phase)
        for key, value in changes.items():
            setattr(bench.scene, key, value)

    return deed


def unplug(bench: SimBench, phase: Any) -> None:
    bench.rig.unplug("tof")


# -- empty -------------------------------------------------------------------------------------


def test_the_windows_own_light_and_the_sun_are_measured(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path, 3))
    bench.sim.scene.ambient_kcps = 400.0
    done = bench.one("empty")
    assert done.state == "stored", done.text
    assert done.values["empty_kcps"] == pytest.approx(bench.sim.planted.crosstalk_kcps, abs=0.05)
    assert done.values["ambient_kcps"] == pytest.approx([400.0] * 3, abs=8.0)
    assert done.residuals["false_targets"] == [0.0] * 3
    assert bench.sim.clock.now_ns() > 60_000_000_000


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (crowd(lambda seen, t: seen._replace(ambient_kcps=6000.0)), "ambient light of 6000 kcps"),
        (crowd(lambda seen, t: Reflection(700.0, 0.4, 50.0)), r"a target at 69\d mm"),
        (
            crowd(lambda seen, t: Reflection(700.0, 0.4, 50.0) if 20.0 < t < 21.0 else seen),
            r"a target at 69\d mm in 4\d of",
        ),
        (
            crowd(lambda seen, t: Reflection(950.0, 0.05, 50.0) if 20.0 < t < 25.0 else seen),
            "Somebody moves in front",
        ),
        (unplug, "VL53L1X"),
    ],
)
def test_an_empty_scene_that_is_none_is_refused(tmp_path: Path, deed: Deed, said: str) -> None:
    bench = Bench(config_with(tmp_path), Planted(crosstalk_kcps=(0.5,)))
    bench.sim.deeds["empty", "empty"] = deed
    done = bench.one("empty")
    assert done.state == "refused"
    assert re.search(said, done.text), done.text
    assert bench.stored() == {}


def test_a_filthy_window_is_refused_at_once(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path), Planted(crosstalk_kcps=(3.9,)))
    bench.sim.rig.rangers[0].crosstalk_kcps = 60.0  # type: ignore[attr-defined]  # a VL53L1X
    assert "clean the window" in bench.one("empty").text


# -- crosstalk -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kcps", [(0.0, 0.4, 2.0), (3.0, 4.5, 2.0), (8.0, 5.0, 12.0)])
def test_each_windows_crosstalk_is_found_from_where_it_sets_in(
    tmp_path: Path, kcps: tuple[float, ...]
) -> None:
    bench = Bench(config_with(tmp_path, 3), Planted(crosstalk_kcps=kcps))
    offset, done = bench.run("offset", "crosstalk")
    assert offset.state == done.state == "stored", done.text
    assert done.values["crosstalk_kcps"] == pytest.approx(kcps, abs=0.3, rel=0.04)
    at_mm = done.residuals["measured_at_mm"]
    assert at_mm[kcps.index(min(kcps))] >= at_mm[kcps.index(max(kcps))]
    assert max(map(abs, done.residuals["residual_mm"])) < 8.0
    record = bench.stored()["crosstalk"]
    assert record.stands_on == {"offset": bench.stored()["offset"].made_at}


def test_with_it_in_force_a_far_board_is_where_it_is(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path), Planted(crosstalk_kcps=(5.0,)))
    bench.run("offset", "crosstalk")
    used = with_records(bench.config, bench.stored())
    read = {}
    for name, config in (("without", bench.config), ("with", used)):
        bench.sim.scene.board_mm = 700.0
        sensors = bench.sim.build(config, ["tof"])
        ranges: list[float] = []
        while len(ranges) < 60:
            bench.sim.clock.advance(5_000_000)
            ranges += [s.range_mm for _, s in sensors.read(bench.sim.clock.now_ns()).tof]
        read[name] = sum(ranges) / len(ranges)
    assert read["with"] == pytest.approx(700.0, abs=6.0)
    assert read["without"] < 680.0


def board_seen(mm: float, kcps: float) -> Gathered:
    """Sixty ranges of a board: 100 SPADs, ``kcps`` each."""
    sample = TofSample(0, mm, True, 0, 100.0 * kcps, 50.0, 2.0, 100.0, 1)
    return Gathered({0: [sample] * 60})


def test_the_formula_is_sts() -> None:
    near, far = board_seen(299.0, 900.0), board_seen(760.0, 100.0)
    ground = Ground(Config(), {"board_0_mm": 300.0, "board_1_mm": 800.0}, {})
    found = CROSSTALK.result(ground, {"board0": near, "board1": far})
    assert isinstance(found, Found)
    # 100 kcps x (1 - 760 / 800), where the error has set in.
    assert found.values == {"crosstalk_kcps": [5.0]}
    assert found.residuals["measured_at_mm"] == [800.0]


def test_a_board_moved_before_the_compensation_is_tried_out_is_refused(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    bench.run("offset")
    still = bench.sim.scene.reflection

    def moving(sensor: int, t_ns: int) -> Any:
        seen = still(sensor, t_ns)
        tried_out = "tried out" in bench.sim.told[-1]
        return seen._replace(range_mm=(seen.range_mm or 0.0) - 20.0) if tried_out else seen

    bench.sim.scene.reflection = moving  # type: ignore[method-assign]  # moved by a hand
    done = bench.one("crosstalk")
    assert "with its compensation: got -" in done.text
    assert "crosstalk" not in bench.stored()


def test_it_needs_an_offset_first(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    done = bench.one("crosstalk")
    assert done.state == "refused"
    assert "First run: hinge calibrate offset" in done.text
    assert bench.stored() == {}


@pytest.mark.parametrize(
    ("phase", "deed", "said"),
    [
        ("board0", board(board_mm=None), "expected a board"),
        ("board1", board(board_mm=300.0), "expected within"),
        ("board2", board(board_mm=700.0), "as far or nearer"),
        ("board0", unplug, "VL53L1X"),
    ],
)
def test_crosstalk_without_its_board_is_refused(
    tmp_path: Path, phase: str, deed: Deed, said: str
) -> None:
    bench = Bench(config_with(tmp_path))
    bench.run("offset")
    before = bench.stored()
    bench.sim.deeds["crosstalk", phase] = deed
    done = bench.one("crosstalk")
    assert done.state == "refused"
    if phase != "board1":  # there the nearer board is taken for crosstalk, and fails later
        assert said in done.text
    assert bench.stored() == before


# -- plane -------------------------------------------------------------------------------------


def test_the_plane_is_found_and_the_rangers_are_put_into_one(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path, 3), Planted(recess_mm=(60.0, 52.0, 55.0)))
    _, done = bench.run("offset", "plane")
    assert done.state == "stored", done.text
    assert done.values["recess_mm"] == pytest.approx([60.0, 52.0, 55.0], abs=1.5)
    used = with_records(bench.config, bench.stored())
    assert used.tof.recess_mm == pytest.approx(55.0, abs=1.5)
    bench.sim.scene.flush_edge_m = 2.0
    sensors = bench.sim.build(used, ["tof"])
    ranges: dict[int, list[float]] = {0: [], 1: [], 2: []}
    while len(ranges[2]) < 60:
        bench.sim.clock.advance(5_000_000)
        for ranger, sample in sensors.read(bench.sim.clock.now_ns()).tof:
            ranges[ranger].append(sample.range_mm)
    means = [sum(r) / len(r) for r in ranges.values()]
    assert means == pytest.approx([used.tof.recess_mm] * 3, abs=1.0)


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (board(flush_edge_m=None), "expected a board all along"),
        (board(flush_edge_m=None, board_mm=300.0), "mm to the board, expected 15 to 150"),
        (board(recess_mm=(100.0, 55.0, 55.0)), "expected within 25 mm"),
        (unplug, "VL53L1X"),
    ],
)
def test_a_board_that_is_not_flush_is_refused(tmp_path: Path, deed: Deed, said: str) -> None:
    bench = Bench(config_with(tmp_path, 3))
    bench.run("offset")
    before = bench.stored()
    bench.sim.deeds["plane", "flush"] = deed
    done = bench.one("plane")
    assert done.state == "refused"
    assert said in done.text, done.text
    assert bench.stored() == before


# -- heights -----------------------------------------------------------------------------------


def test_heights_are_found_beside_what_was_typed(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path, 3), Planted(height_error_m=(0.008, -0.007, 0.0)))
    done = bench.run("offset", "plane", "heights")[-1]
    assert done.state == "stored", done.text
    assert done.values["heights_m"] == pytest.approx([0.758, 0.873, 1.01], abs=0.003)
    used = with_records(bench.config, bench.stored())
    assert used.tof.heights_m == tuple(done.values["heights_m"])


def test_another_height_may_be_typed(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path), Planted(height_error_m=(0.10,)))
    bench.sim.answers["height_0_m"] = "0.975"
    done = bench.run("offset", "plane", "heights")[-1]
    assert done.values["heights_m"] == pytest.approx([0.98], abs=0.003)


@pytest.mark.parametrize(
    ("error_m", "said"),
    [
        (0.012, "It looks about 14 mm higher"),
        (-0.012, "It looks about 14 mm lower"),
        (-0.028, "It looks lower than 0.880 m"),
        (0.05, "It looks higher than typed, or the board is not there"),
    ],
)
def test_a_height_that_is_not_what_is_seen_is_refused_with_the_way(
    tmp_path: Path, error_m: float, said: str
) -> None:
    bench = Bench(config_with(tmp_path), Planted(height_error_m=(error_m,)))
    done = bench.run("offset", "plane", "heights")[-1]
    assert done.state == "refused"
    assert said in done.text, done.text
    assert "heights" not in bench.stored()


@pytest.mark.parametrize(
    ("phase", "deed", "said"),
    [
        ("above0", board(flush_edge_m=None), "the board is not there"),
        ("at0", board(flush_edge_m=None), "higher"),
        ("below0", board(flush_edge_m=2.0), "It looks lower"),
        ("at0", unplug, "VL53L1X"),
    ],
)
def test_heights_without_the_edge_are_refused(
    tmp_path: Path, phase: str, deed: Deed, said: str
) -> None:
    bench = Bench(config_with(tmp_path))
    bench.run("offset", "plane")
    bench.sim.deeds["heights", phase] = deed
    done = bench.one("heights")
    assert done.state == "refused"
    assert said in done.text
    assert "heights" not in bench.stored()
