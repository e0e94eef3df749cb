"""A small cohort through the whole station, and what breaks it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from rich.console import Console

from device import course
from device.config_model import Config
from device.errors import DiskError, UsageError
from device.workbench.cohort import cohort
from device.workbench.cohort_parts import Goal, false_cues
from device.workbench.cohort_people import draw_person
from device.workbench.cohort_pictures import draw, require_matplotlib
from device.workbench.cohort_report import CohortReport, report
from device.workbench.cohort_run import LossRow, PersonResult, SetRow, run_person
from device.workbench.cohort_tables import cohort_tables

SEED = 5
SETS = ("good 1", "rounding")


def goal(found: CohortReport, name: str) -> Goal:
    return next(goal for goal in found.goals if goal.name.startswith(name))


@pytest.fixture(scope="module")
def small() -> CohortReport:
    return cohort(Config(), 2, SEED, workers=1, sets=SETS)


def test_a_small_cohort_is_played_counted_and_measured(small: CohortReport) -> None:
    assert (small.people_n, small.seed, small.stage) == (2, SEED, "learn")
    assert [(row.person, row.set) for row in small.sets] == [(n, s) for n in (0, 1) for s in SETS]
    assert len(small.reps) == 40
    assert small.played_s > 40 * 2
    assert goal(small, "sets of ten").n == 4
    tilt = goal(small, "tilt RMSE")
    assert tilt.value is not None
    assert 0.0 < tilt.value < 1.0
    assert tilt.reached
    travel = goal(small, "travel RMSE, beam -10")
    assert travel.value is not None
    assert travel.value < 30.0
    lamp = goal(small, "pad opens -> lamp, p95")
    assert lamp.value is not None
    assert 2.0 < lamp.value < 40.0
    rounded = next(row for row in small.named if (row.pattern, row.pads) == ("rounding", "fsr"))
    assert (rounded.accepted.share or 0.0) > 0.7
    assert sum(rounded.names.values()) == rounded.accepted.n


def test_the_report_is_json_and_back(small: CohortReport) -> None:
    text = msgspec.json.encode(small)
    assert msgspec.json.decode(text, type=CohortReport) == small


def test_the_tables_say_what_was_reached(small: CohortReport) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    for table in cohort_tables(small):
        console.print(table)
    text = console.export_text()
    for word in ("sets of ten counted exactly", ">= 99 %", "rounding", "1.50-1.65", "excess drop"):
        assert word in text
    assert "reached" in text


def test_a_seed_gives_the_same_whatever_the_workers() -> None:
    told: list[tuple[int, int]] = []
    one = cohort(Config(), 2, SEED, workers=1, sets=("mixed",))
    two = cohort(
        Config(), 2, SEED, progress=lambda done, of: told.append((done, of)), workers=2,
        sets=("mixed",),
    )  # fmt: skip
    assert one == two
    assert told == [(1, 2), (2, 2)]


def test_a_wrong_place_of_the_imu_shows_in_the_drop(small: CohortReport) -> None:
    config = Config()
    moved = msgspec.structs.replace(config, imu=msgspec.structs.replace(config.imu, b_m=0.0))
    broken = cohort(moved, 1, SEED, workers=1, sets=("good 1",))
    bias = goal(broken, "drop bias")
    right = small.errors[0].drop_mm.bias
    assert bias.value is not None
    assert right is not None
    # 140 mm is no body's depth: what a rep tells of it is believed to 50 mm at the most, times
    # what the sine gains.
    assert bias.value < right - 35.0
    assert bias.reached is False
    assert bias in broken.missed_goals


def test_a_wrong_sign_of_the_drop_shows_in_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    right = course._drop_mm

    def upside_down(*args: object) -> tuple[course.Array, course.Array]:
        drop, sd = right(*args)  # type: ignore[arg-type]  # passed through
        return -drop, sd

    names = cohort(Config(), 1, SEED, workers=1, sets=("squat",)).named[0].names
    assert names.get("KNEE_DRIVEN", 0) + names.get("KNEES_FIRST", 0) >= 8
    monkeypatch.setattr(course, "_drop_mm", upside_down)
    broken = cohort(Config(), 1, SEED, workers=1, sets=("squat",))
    assert not {"KNEE_DRIVEN", "KNEES_FIRST"} & set(broken.named[0].names)
    assert goal(broken, "squats named").reached is False


def test_the_station_knows_how_high_its_ranger_hangs() -> None:
    """A tall person with the beam at the hip: the ratio is judged, whatever the default height."""
    tall = msgspec.structs.replace(
        draw_person(SEED, 0), stature_m=1.98, typed_stature_m=1.98, beam_m=-0.02, pads="none"
    )
    found = run_person(Config(), tall, ("trunk_bend",))
    assert found.sets[0].counted >= 9
    assert sum(rep.measured_ratio is not None for rep in found.reps) >= 8


@pytest.mark.parametrize(
    ("people", "seed", "workers", "sets", "said"),
    [
        (0, 1, 1, SETS, "--cohort: got 0 people, expected 1"),
        (10_001, 1, 1, SETS, "--cohort: got 10001"),
        (1, -1, 1, SETS, "--seed: got -1"),
        (1, 1, 0, SETS, "workers: got 0"),
        (1, 1, 1, ("gut",), "sets: got"),
        (1, 1, 1, (), "sets: got none"),
    ],
)
def test_what_cannot_be_is_said(
    people: int, seed: int, workers: int, sets: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        cohort(Config(), people, seed, workers=workers, sets=sets)


def test_nothing_measured_is_neither_reached_nor_missed() -> None:
    """Without any rep no goal is decided and nothing divides by zero."""
    empty = report(Config(), 1, [])
    assert {goal.reached for goal in empty.goals} == {None}
    assert empty.missed_goals == []
    assert cohort_tables(empty)[0].row_count == len(empty.goals) > 25


def made_up(small: CohortReport) -> PersonResult:
    return PersonResult(
        small.people[0],
        [row for row in small.sets if row.person == 0],
        [row for row in small.reps if row.person == 0],
        [row for row in small.losses if row.person == 0],
        10.0,
    )


def test_false_cues_are_counted_by_person_in_good_sets_only(small: CohortReport) -> None:
    base = made_up(small)
    cued = [msgspec.structs.replace(row, false_cues=("KNEE_DRIVEN",)) for row in base.reps]
    counted = false_cues(base.sets, cued)
    assert counted == {0: 10}
    stray = [msgspec.structs.replace(row, stray_cues=("SENSOR",)) for row in base.sets]
    assert false_cues(stray, cued) == {0: 11}
    found = report(Config(), SEED, [msgspec.structs.replace(base, reps=cued)])
    assert goal(found, "people with at most one").value == 0.0
    assert goal(found, "people with at most one").reached is False


def test_counts_and_ghosts_reach_their_goals(small: CohortReport) -> None:
    base = made_up(small)
    lost = [msgspec.structs.replace(row, missed=1, ghosts=1) for row in base.sets]
    assert isinstance(lost[0], SetRow)
    found = report(Config(), SEED, [msgspec.structs.replace(base, sets=lost)])
    assert goal(found, "sets of ten").value == 0.0
    assert goal(found, "ghost reps").value == 10.0
    assert goal(found, "ghost reps").reached is False
    assert goal(found, "missed reps").reached is None


def test_the_lamp_may_take_longer_on_a_slow_bus(small: CohortReport) -> None:
    late = [LossRow(0, "sacrum", 1.0, 50.0, 120.0, 270.0)] * 20
    base = msgspec.structs.replace(made_up(small), losses=late)
    config = Config()
    dowel = msgspec.structs.replace(config.bus.dowel, hz=100_000)
    slow = msgspec.structs.replace(config, bus=msgspec.structs.replace(config.bus, dowel=dowel))
    name = "pad opens -> lamp, p95"
    assert goal(report(config, SEED, [base]), name).reached is False
    assert goal(report(slow, SEED, [base]), name).reached is True


def test_pictures_are_drawn_twice_alike(small: CohortReport, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    first, again = draw(small, tmp_path / "a" / "b"), draw(small, tmp_path / "c")
    assert [path.name for path in first] == [
        "roc.svg",
        "roc.png",
        "errors.svg",
        "errors.png",
        "errors-by-person.svg",
        "errors-by-person.png",
    ]
    for one, two in zip(first, again, strict=True):
        assert one.stat().st_size > 10_000
        assert one.read_bytes() == two.read_bytes()
    assert np.frombuffer(first[1].read_bytes()[:8], np.uint8).tolist()[1:4] == [*b"PNG"]


def test_pictures_of_nobody_are_empty_not_an_error(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert len(draw(report(Config(), 1, []), tmp_path)) == 6


def test_a_folder_that_cannot_be_is_said(small: CohortReport, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="Check the folder of --pictures"):
        draw(small, tmp_path / "file" / "pictures")


def test_pictures_without_matplotlib_say_how_to_get_it(
    small: CohortReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_matplotlib()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match="--pictures: matplotlib cannot be used"):
        require_matplotlib()
    with pytest.raises(UsageError, match=r"pip install 'hinge-station\[plots\]'"):
        draw(small, tmp_path)
