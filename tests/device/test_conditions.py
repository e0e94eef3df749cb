"""Named conditions at the wall: each by what shows it, debounced, and what it does to a rep."""

from __future__ import annotations

from typing import Any

import pytest

from device.conditions import CONDITIONS, WallView
from device.lifecycle import Change
from device.memory import Memory
from device.pipeline import Pipeline
from device.setup import Setting
from device.watch import EVERY_NS
from services.web import words
from tests.device.made import GOOD
from tests.device.rig import World, run, visit

NO = (False, False, False)
ALL = (True, True, True)
STANDING = WallView(
    state="READY",
    lost=(),
    covered=False,
    second_body=False,
    hem=False,
    body=True,
    gap_mm=400.0,
    nearest_mm=400.0,
    uses_tof=True,
    lean_deg=3.0,
    tilt_abs_deg=3.0,
    side_deg=0.0,
    side_moved_deg=0.0,
    quiet_ns=5_000_000_000,
    hangs=False,
    moving=False,
    uses_pads=True,
    closed=ALL,
    judged=ALL,
    held_pads=NO,
    loose=False,
)
HUNG = STANDING._replace(state="NEAR", closed=NO, hangs=True)
FAR: dict[str, Any] = {"gap_mm": None, "nearest_mm": None, "body": False}


def holding(view: WallView) -> list[str]:
    return [one.code for one in CONDITIONS if one.holds(view)]


def test_nothing_is_said_of_somebody_who_stands_ready_or_bends() -> None:
    assert holding(STANDING) == []
    bent: dict[str, Any] = {"lean_deg": 80.0, "tilt_abs_deg": 80.0, "quiet_ns": 0, "moving": True}
    assert holding(STANDING._replace(state="SET", gap_mm=5.0, nearest_mm=5.0, **bent)) == []
    assert holding(STANDING._replace(state="SET", **FAR, **bent)) == []
    assert holding(STANDING._replace(state="IDLE", closed=NO, **FAR)) == []


@pytest.mark.parametrize(
    ("code", "base", "now"),
    [
        ("SENSOR_TOF", STANDING, {"lost": ("tof",)}),
        ("SENSOR_IMU", STANDING, {"lost": ("imu",)}),
        ("SENSOR_PADS", STANDING, {"lost": ("pads",)}),
        ("BLOCKED", STANDING, {"covered": True, "gap_mm": -30.0, "nearest_mm": -30.0}),
        ("SECOND_BODY", STANDING, {"second_body": True}),
        ("COAT", STANDING, {"hem": True}),
        ("TOO_NEAR", STANDING, {"gap_mm": 90.0, "nearest_mm": 90.0}),
        ("TOO_FAR", STANDING, {"gap_mm": 1100.0}),
        ("TOO_FAR", STANDING, FAR),
        ("LEANING", STANDING, {"side_moved_deg": -12.0}),
        ("LEANING", STANDING._replace(state="NEAR", closed=NO), {"nearest_mm": 20.0}),
        ("PAD_HELD", STANDING, {"held_pads": (False, False, True), "judged": (True, True, False)}),
        ("HEAD_NOT_JUDGED", STANDING, {"judged": (False, True, True)}),
        ("THORACIC_NOT_JUDGED", STANDING, {"judged": (True, False, True)}),
        ("SACRUM_NOT_JUDGED", STANDING, {"judged": (True, True, False)}),
        ("DOWEL_LOOSE", STANDING, {"loose": True}),
        ("WINDOW_DIRTY", STANDING, {"window_dirty": True}),
        ("DOWEL_HANGS", HUNG, {}),
        ("DOWEL_LIES", HUNG, {"lean_deg": 88.0}),
        ("DOWEL_UPSIDE_DOWN", HUNG, {"lean_deg": 175.0, "hangs": False}),
        ("DOWEL_TURNED", HUNG, {"lean_deg": 30.0, "side_deg": 29.0, "hangs": False}),
        ("DOWEL_TURNED", HUNG, {"lean_deg": 30.0, "tilt_abs_deg": -29.0, "hangs": False}),
    ],
)
def test_each_is_said_and_nothing_else(code: str, base: WallView, now: dict[str, Any]) -> None:
    assert holding(base._replace(**now)) == [code]


@pytest.mark.parametrize(
    "view",
    [
        # A back that presses the pads has the dowel the right way round, however far it leans.
        STANDING._replace(lean_deg=30.0, tilt_abs_deg=-29.0),
        # Without the dowel nobody stands too near or too far.
        HUNG._replace(gap_mm=90.0, nearest_mm=90.0, hangs=False),
        HUNG._replace(gap_mm=1100.0, hangs=False),
        # Pads that are pressed on a dowel without any sway are stuck, not worn far away.
        STANDING._replace(state="IDLE", hangs=True, **FAR),
        # A rig without pads judges none.
        STANDING._replace(uses_pads=False, closed=NO, judged=NO, loose=True, held_pads=ALL),
    ],
)
def test_what_only_looks_like_one(view: WallView) -> None:
    assert holding(view) == []


def test_a_lost_imu_says_nothing_of_the_dowel() -> None:
    for lean_deg in (0.0, 90.0, 175.0):
        view = HUNG._replace(lost=("imu",), lean_deg=lean_deg, side_deg=25.0)
        assert holding(view) == ["SENSOR_IMU"]


def test_codes_are_unique_and_have_words_of_at_most_four() -> None:
    codes = [one.code for one in CONDITIONS]
    assert len(set(codes)) == len(codes)
    assert set(words.CONDITIONS) == set(codes)
    page = (words.WORDS_FILE.parent.parent / "templates" / "live.html").read_text()
    for row in words.CONDITIONS.values():
        assert 1 <= len(row["words"].split()) <= 4
        assert row["show"] in {"always", "between", "line"}
        assert f'id="i-{row["icon"]}"' in page


def test_all_are_named_and_gone_within_two_seconds() -> None:
    looks_ms = 2 * EVERY_NS * 1e-6
    for one in CONDITIONS:
        assert one.on_ms + looks_ms <= 1000.0, one.code
        assert one.off_ms + looks_ms <= 1600.0, one.code
    lost = [one for one in CONDITIONS if one.code.startswith("SENSOR")]
    # Stale is 150 ms at most: a lost sensor is named within 300 ms.
    assert all(one.on_ms + 1e-6 * EVERY_NS <= 150.0 for one in lost)


# -- through the pipeline ------------------------------------------------------------------------


def test_a_rep_with_somebody_in_between_is_unscored_and_nothing_is_told() -> None:
    track = visit(3.0).rep(pause_s=2.0).rep(pause_s=2.0).rep(pause_s=2.0)
    world = World(track, closer=((12.5, 320.0), (14.0, -320.0)))
    log = run(world)
    assert log.verdicts == ["GOOD", "UNSCORED", "GOOD"]
    assert log.reps[1].unscored_by == "SECOND_BODY"
    assert [rep.unscored_by for rep in (log.reps[0], log.reps[2])] == [None, None]
    said = {code for frame in log.frames for code in frame.conditions}
    assert said == {"SECOND_BODY"}
    first = next(frame for frame in log.frames if frame.conditions)
    assert first.t_s == pytest.approx(12.5 + 0.05, abs=0.15)
    assert log.frames[-1].conditions == ()


def test_a_hand_on_the_glass_is_named_and_leaves_the_zeroes_alone() -> None:
    track = visit(9.0).rep(pause_s=2.0)
    log = run(World(track, closer=((7.0, 540.0), (9.0, -540.0))))
    shown = {frame.conditions for frame in log.frames if 7.6 < frame.t_s < 8.9}
    assert shown == {("BLOCKED",)}
    assert "SET_UP" not in [name for t, name in log.states if t > 7.0]
    assert log.verdicts == ["GOOD"]
    assert log.reps[0].hip_return_mm == pytest.approx(0, abs=4)


def test_a_new_pick_up_is_a_new_person() -> None:
    pipeline = Pipeline(Setting())
    before = pipeline.memory
    pipeline._baseline.learn(GOOD, "GOOD", 1.7)
    pipeline._voice.stage = "probe"
    assert pipeline.memory != before
    pipeline._apply(0, Change("READY", zero=False))
    assert pipeline.memory != before, "standing ready again is nobody new"
    pipeline._new_person()
    assert pipeline.memory == before
    assert [pipeline._voice.stage] == ["learn"]


def test_a_patient_stays_the_patient_over_pick_ups() -> None:
    pipeline = Pipeline(Setting(memory=Memory(excess_shares=(0.001,) * 6)))
    pipeline._new_person()
    assert pipeline.memory.excess_shares == (0.001,) * 6


@pytest.mark.parametrize(("quiet_ms", "lies"), [(1_150, False), (1_250, True)])
def test_somebody_who_stays_bent_for_a_moment_is_no_dowel_on_the_floor(
    quiet_ms: int, lies: bool
) -> None:
    bent = HUNG._replace(lean_deg=86.0, hangs=False, quiet_ns=quiet_ms * 1_000_000)
    (condition,) = [one for one in CONDITIONS if one.code == "DOWEL_LIES"]
    assert condition.holds(bent) is lies
