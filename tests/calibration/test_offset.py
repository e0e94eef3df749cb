"""Range offset with a board at a known distance, through chips that read too much."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from device.workbench.calibrate_sim import Planted, SimBench
from tests.calibration.bench import Bench, config_with, made


@pytest.mark.parametrize("rangers", [1, 3])
def test_each_rangers_own_offset_is_found_and_stored(tmp_path: Path, rangers: int) -> None:
    bench = Bench(config_with(tmp_path, rangers))
    done = bench.one("offset")
    assert done.state == "stored", done.text
    planted = bench.sim.planted.part_offset_mm[:rangers]
    assert done.values["offset_mm"] == pytest.approx([-mm for mm in planted], abs=1.0)
    assert max(map(abs, done.residuals["residual_mm"])) < 1.0
    record = bench.stored()["offset"]
    assert record.values == done.values
    assert record.chips.keys() == {f"tof[{i}]" for i in range(rangers)}
    assert record.made_at.startswith("2026-11-20T22:00")


def test_the_board_may_stand_elsewhere(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    bench.sim.answers["board_mm"] = "200"
    assert bench.one("offset").values["offset_mm"] == pytest.approx([-13.0], abs=1.0)


def _no_board(bench: SimBench, phase: Any) -> None:
    bench.scene.board_mm = None


def _far_board(bench: SimBench, phase: Any) -> None:
    bench.scene.board_mm = 250.0


def _dark_in_the_sun(bench: SimBench, phase: Any) -> None:
    bench.scene.board_mm, bench.scene.reflectance = 140.0, 0.002
    bench.scene.ambient_kcps = 6000.0


def _unplugged(bench: SimBench, phase: Any) -> None:
    bench.scene.board_mm = 140.0
    bench.rig.unplug("tof")


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (_no_board, r"ranger 0 \(board\): got 0 valid ranges of \d+, expected a board"),
        (_far_board, "got 26[0-9] mm for a board at 140 mm, expected within 60 mm"),
        (_dark_in_the_sun, "ranger 0"),
        (_unplugged, "VL53L1X"),
    ],
)
def test_without_its_board_it_refuses_and_the_old_one_stays(
    tmp_path: Path, deed: Any, said: str
) -> None:
    bench = Bench(config_with(tmp_path))
    bench.store.put("wall", made())
    bench.sim.deeds["offset", "board"] = deed
    done = bench.one("offset")
    assert done.state in ("refused", "missing")
    assert re.search(said, done.text), done.text
    assert bench.stored() == {"offset": made()}


def test_a_board_that_slides_away_is_refused(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path))
    scene, clock = bench.sim.scene, bench.sim.clock
    began_ns = clock.now_ns()
    still = scene.reflection

    def sliding(sensor: int, t_ns: int) -> Any:
        seen = still(sensor, t_ns)
        return seen._replace(range_mm=140.0 + 5e-9 * (t_ns - began_ns))

    scene.reflection = sliding  # type: ignore[method-assign]  # the board's own way
    assert "moved by +" in bench.one("offset").text


@pytest.mark.parametrize("moved_mm", [6.0, -6.0])
def test_a_board_moved_before_the_offset_is_tried_out_is_refused(
    tmp_path: Path, moved_mm: float
) -> None:
    bench = Bench(config_with(tmp_path))
    still = bench.sim.scene.reflection

    def moving(sensor: int, t_ns: int) -> Any:
        seen = still(sensor, t_ns)
        tried_out = len(bench.sim.told) > 1
        return seen._replace(range_mm=140.0 + moved_mm) if tried_out else seen

    bench.sim.scene.reflection = moving  # type: ignore[method-assign]  # moved by a hand
    done = bench.one("offset")
    assert done.state == "refused"
    assert "with its offset" in done.text
    assert bench.stored() == {}


def test_a_part_whose_offset_is_beyond_any_is_refused(tmp_path: Path) -> None:
    bench = Bench(config_with(tmp_path), Planted(part_offset_mm=(75,)))
    done = bench.one("offset")
    assert "expected within 60 mm" in done.text
    assert bench.stored() == {}
