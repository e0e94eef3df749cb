"""Drills that the ranger follows alone: no IMU on the rig, or the dowel on its hook."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from device.config import parse
from device.drills import DRILLS
from device.errors import ConfigError
from device.range_reps import RangeMachine, RangeMovement
from device.setup import Setting
from device.signals import Signals
from device.tick import Key
from device.workbench.motion_run import MotionOptions, load_motion, play_motion
from device.workbench.scenario_run import play_scenario
from drivers.sim.scenario_file import parse_scenario
from drivers.sim.segments import Place
from tests.device.perform import Performed, Steps, perform
from tests.device.rig import T0_NS, World, run, tof_sample, visit
from tests.device.test_rigs import MOTIONS

NO_IMU = '[imu]\nchip = "none"\n'
STAND = ("stand", {"for_s": 2.5})
NEXT: list[tuple[float, Key]] = [(0.8, "next")]
TEMPO = {"lumbar_deg": 0.0, "hold_s": 0.3, "down_s": 1.3, "up_s": 1.2, "pause_s": 0.5}
GOOD = {"peak_tilt_deg": 50.0, "shin_deg": 3.0, **TEMPO}
SHORT = {"peak_tilt_deg": 28.0, "shin_deg": 3.0, **TEMPO}
TAP_GAP = Place(gap_m=0.185)


@pytest.fixture(scope="module")
def reach() -> Performed:
    steps: Steps = [STAND, ("hinge", GOOD), ("hinge", SHORT), ("hinge", GOOD), STAND]
    return perform("reach", steps, keys=NEXT, config=NO_IMU)


@pytest.fixture(scope="module")
def taps() -> Performed:
    short = ("hinge", {**SHORT, "pause_s": 0.0})
    steps: Steps = [STAND, ("hinge", GOOD), short, short, short, ("hinge", GOOD), STAND]
    return perform("butt_taps", steps, keys=NEXT, config=NO_IMU, place=TAP_GAP)


# -- what is counted and measured -------------------------------------------------------------


def test_a_reach_that_is_reached_is_good_and_a_short_one_is_told(reach: Performed) -> None:
    assert reach.verdicts == ["GOOD", "HIPS_NOT_BACK", "GOOD"]
    assert [cue.code for cue in reach.result.cues] == ["HIPS_NOT_BACK"]


def test_travel_tempo_and_return_are_those_of_the_body(reach: Performed) -> None:
    for rep, (_, travel_mm, _) in zip(reach.reps, reach.truth(), strict=True):
        assert rep.hip_travel_mm == pytest.approx(1.04 * travel_mm, abs=10.0)
        assert abs(rep.hip_return_mm or 99.0) < 10.0
        assert rep.end_s - rep.start_s == pytest.approx(2.4, abs=0.4)
        assert rep.t_down_s + rep.t_hold_s + rep.t_up_s == pytest.approx(rep.end_s - rep.start_s)
        assert 0.4 < rep.t_down_s < 1.3


def test_what_takes_an_imu_is_null(reach: Performed) -> None:
    for rep in reach.reps:
        assert (rep.peak_tilt_deg, rep.hip_drop_mm, rep.hinge_ratio) == (None, None, None)
        assert (rep.shin_angle_deg, rep.peak_rate_dps, rep.lockout_over_deg) == (None, None, None)
        assert (rep.side_lean_deg, rep.excess_drop_mm, rep.onset_lag_s) == (None, None, None)
        assert (rep.knocks, rep.twist_deg, rep.smoothness, rep.score) == (None,) * 4
        assert (rep.contacts, rep.hips) == ("not_judged", "judged")


def test_a_reach_whose_travel_is_not_known_is_not_called_good() -> None:
    """A real person who comes to stand 36 mm from where they began."""
    motion = load_motion(MOTIONS / "VUA_s1__stoop1_2D.csv")
    config = parse(f'{NO_IMU}[practice]\ndrill = "reach"')
    (rep,) = play_motion(config, motion, MotionOptions(), source="stoop").result.reps
    assert abs(rep.hip_return_mm or 0.0) > 15.0
    assert (rep.verdict, rep.hip_travel_mm, rep.hips) == ("UNSCORED", None, "not_judged")


def test_taps_are_seen_and_three_misses_ask_for_5_cm(taps: Performed) -> None:
    assert [rep.tapped for rep in taps.reps] == [True, False, False, False, True]
    assert [cue.code for cue in taps.result.cues] == ["NO_TAP"]
    assert taps.result.cues[0].time_s > taps.reps[3].end_s
    assert taps.verdicts == ["GOOD"] * 5


def test_the_missing_imu_is_not_called_lost(taps: Performed) -> None:
    assert "SENSOR" not in {cue.code for cue in taps.result.cues}
    assert taps.result.health.samples["imu"] == 0


def test_the_gauge_fills_with_the_way_to_the_wall(taps: Performed) -> None:
    first = taps.reps[0]
    blue = [
        row.value
        for row in taps.result.outputs
        if row.pin == "status_blue" and first.start_s < row.time_s < first.bottom_s
    ]
    assert blue == sorted(blue)
    assert blue[-1] == 1.0


# -- who opens it -----------------------------------------------------------------------------


def test_without_the_key_nothing_begins() -> None:
    done = perform("reach", [STAND, ("hinge", GOOD), STAND], config=NO_IMU)
    assert done.states == ["NEAR"]
    assert done.reps == []


def test_with_the_dowel_on_its_hook_the_key_opens_the_ranger_alone() -> None:
    steps: Steps = [STAND, ("hinge", GOOD), ("hinge", SHORT), STAND]
    waiting = perform("butt_taps", steps, place=TAP_GAP, hung=True)
    assert (waiting.states, waiting.reps) == (["NEAR"], [])
    done = perform("butt_taps", steps, keys=NEXT, place=TAP_GAP, hung=True)
    assert [rep.tapped for rep in done.reps] == [True, False]
    assert [rep.peak_tilt_deg for rep in done.reps] == [None, None]
    assert done.result.health.samples["imu"] > 0


def test_with_the_dowel_on_the_back_the_same_drill_sees_the_tilt() -> None:
    done = perform("butt_taps", [STAND, ("hinge", GOOD), STAND], place=TAP_GAP)
    (rep,) = done.reps
    assert rep.peak_tilt_deg == pytest.approx(50.0, abs=1.5)
    assert rep.hips == "judged"


def test_with_the_dowel_on_the_back_the_key_takes_no_sensor_away() -> None:
    done = perform("butt_taps", [STAND, ("hinge", GOOD), STAND], place=TAP_GAP, keys=NEXT)
    assert [rep.peak_tilt_deg is not None for rep in done.reps] == [True]


@pytest.mark.parametrize("drill", ["dowel", "hands", "swing", "lockout", "screen"])
def test_a_drill_whose_imu_is_missing_says_so(drill: str) -> None:
    with pytest.raises(ConfigError, match=f"practice.drill: {drill} needs IMU"):
        parse(f'{NO_IMU}[practice]\ndrill = "{drill}"')


def test_all_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(ConfigError, match="screen needs IMU and pads, which this station"):
        parse(f'{NO_IMU}[pads]\nchip = "none"\n[practice]\ndrill = "screen"')


# -- ghosts -----------------------------------------------------------------------------------


def test_passers_by_bags_and_people_who_step_away_are_no_reps() -> None:
    scenario = parse_scenario(
        """
        [station]
        tof_heights_m = [0.88]
        gap_m = 0.4
        [[person]]
        id = "a"
        [[step]]
        who = "a"
        do = "approach"
        for_s = 3
        [[step]]
        who = "a"
        do = "loiter"
        for_s = 4
        [[step]]
        who = "a"
        do = "leave"
        for_s = 3
        [[step]]
        who = "a"
        do = "pass_by"
        distance_m = 0.2
        [[step]]
        who = "a"
        do = "bag"
        for_s = 8
        [[step]]
        who = "a"
        do = "pass_by"
        distance_m = 0.5
        [[step]]
        who = "a"
        do = "approach"
        for_s = 3
        [[step]]
        who = "a"
        do = "cover_sensor"
        for_s = 4
        [[step]]
        who = "a"
        do = "leave"
        for_s = 3
        """
    )
    config = parse(f'{NO_IMU}[practice]\ndrill = "reach"')
    keys: list[tuple[float, Key]] = [(4.0, "next"), (17.0, "next"), (25.0, "next")]
    played = play_scenario(config, scenario, source="ghosts", stature_m=1.75, keys=keys)
    assert "READY" in [row.name for row in played.result.state]
    assert played.result.reps == []
    assert played.result.cues == []


class _Wall:
    """A range over time, straight into the machine: 42 rangings a second."""

    def __init__(self) -> None:
        self.signals = Signals(208.0)
        self.machine = RangeMachine(self.signals, 1.7)
        self.found: list[RangeMovement] = []
        self._t_ns = T0_NS

    def see(self, ranges_mm: np.ndarray) -> _Wall:
        for value in ranges_mm.tolist():
            self.signals.tof(tof_sample(self._t_ns, None if np.isnan(value) else value))
            self.machine.see()
            if self.signals.rest_range_mm is not None:
                movement = self.machine.step()
                if movement is not None:
                    self.found.append(movement)
                self.machine.rezero()
            self._t_ns += 24_000_000
        return self

    def stand(self, for_s: float = 2.0, at_mm: float = 600.0) -> _Wall:
        return self.see(np.full(round(for_s / 0.024), at_mm))

    def rep(self, travel_mm: float = 170.0, for_s: float = 3.0, at_mm: float = 600.0) -> _Wall:
        share = np.linspace(0.0, 1.0, round(for_s / 0.024))
        return self.see(at_mm - travel_mm * np.sin(np.pi * share) ** 2)


@pytest.mark.parametrize(
    ("travel_mm", "for_s"), [(60.0, 3.0), (170.0, 1.0), (170.0, 10.0), (300.0, 3.0)]
)
def test_reps_of_any_pace_and_reach_are_counted_once(travel_mm: float, for_s: float) -> None:
    wall = _Wall().stand()
    for _ in range(3):
        wall.rep(travel_mm, for_s)
    assert len(wall.stand().found) == 3


@pytest.mark.parametrize(
    ("travel_mm", "for_s"),
    [(40.0, 2.0), (450.0, 3.0), (170.0, 0.4)],
    ids=["small", "further than hips go", "too quick"],
)
def test_what_is_no_rep_is_not_counted(travel_mm: float, for_s: float) -> None:
    wall = _Wall().stand().rep(travel_mm, for_s).stand()
    assert wall.found == []
    assert len(wall.rep().stand().found) == 1


def test_what_takes_longer_than_a_rep_may_is_none() -> None:
    assert _Wall().stand().rep(170.0, 20.0).stand().found == []


def test_something_that_jumps_into_the_beam_is_no_rep() -> None:
    wall = _Wall().stand().stand(1.5, 430.0).stand()
    assert wall.found == []
    assert len(wall.rep().stand().found) == 1


def test_a_jump_in_the_middle_of_a_rep_is_marked() -> None:
    down = 600.0 - 170.0 * np.linspace(0.0, 1.0, 40)
    wall = _Wall().stand().see(down).see(np.full(5, 330.0)).see(down[::-1]).stand()
    assert [movement.jumped for movement in wall.found] == [True]


def test_who_steps_closer_stands_there_from_then_on() -> None:
    step = 600.0 - 45.0 * np.linspace(0.0, 1.0, 20)
    wall = _Wall().stand().see(step).stand(3.0, 555.0)
    assert wall.found == []
    assert wall.signals.rest_range_mm == 555.0
    assert len(wall.rep(at_mm=555.0).stand(2.0, 555.0).found) == 1


def test_who_stays_close_is_let_go_after_a_while() -> None:
    step = 600.0 - 100.0 * np.linspace(0.0, 1.0, 30)
    wall = _Wall().stand().see(step).stand(8.0, 500.0)
    assert wall.found == []
    assert not wall.machine.moving


def test_who_leaves_the_beam_within_a_rep_did_none() -> None:
    wall = _Wall().stand().see(600.0 - 5.0 * np.arange(20)).see(np.full(160, np.nan)).stand()
    assert wall.found == []


def test_touch_and_go_ends_a_rep_where_the_next_begins() -> None:
    wave = 600.0 - 30.0 - 140.0 * np.abs(np.sin(np.linspace(0, 3 * np.pi, 220)))
    wall = _Wall().stand().see(wave).stand()
    assert [movement.turned for movement in wall.found] == [True, True, False]
    for before, after in pairwise(wall.found):
        assert after.start_ns == before.end_ns


# -- sensors lost, and the live frame ---------------------------------------------------------

BY_RANGE = Setting(stature_m=1.70, drill=DRILLS["reach"], imu_fitted=False)
BLIND: tuple[tuple[str, float, float], ...] = (("imu", 0.0, 99.0), ("pads", 0.0, 99.0))


def test_the_live_frame_has_travel_and_no_tilt() -> None:
    world = World(visit(3.0).reps(2).stand(2.0), keys=((0.5, "next"),), silent=BLIND)
    frames = run(world, BY_RANGE).frames
    assert {(f.tilt_deg, f.hip_drop_mm) for f in frames} == {(None, None)}
    assert max(f.hip_travel_mm or 0.0 for f in frames) > 150.0
    assert all(f.measuring for f in frames if f.t_s > 0.5)


def test_a_ranger_that_falls_silent_is_said_and_its_rep_is_not_scored() -> None:
    track = visit(3.0).reps(3).stand(3.0)
    world = World(track, keys=((0.5, "next"),), silent=(*BLIND, ("tof", 4.0, 4.6)))
    log = run(world, BY_RANGE)
    (told_s,) = log.told("SENSOR")
    assert told_s == pytest.approx(4.3, abs=0.05)
    assert log.verdicts == ["UNSCORED", "GOOD", "GOOD"]


def test_a_ranger_that_stays_silent_ends_the_rep_without_one() -> None:
    track = visit(3.0).reps(1).stand(20.0)
    world = World(track, keys=((0.5, "next"),), silent=(*BLIND, ("tof", 4.0, 99.0)))
    log = run(world, BY_RANGE)
    assert log.reps == []
    assert len(log.told("SENSOR")) == 1


def test_the_stop_key_ends_a_set_by_range_and_next_goes_on() -> None:
    track = visit(3.0).reps(1).stand(3.0).reps(1).stand(3.0).reps(1).stand(3.0)
    length_s = track.duration_s
    world = World(
        track, keys=((0.5, "next"), (7.0, "stop"), (length_s - 6.5, "next")), silent=BLIND
    )
    log = run(world, BY_RANGE)
    assert log.told("STOP")
    assert log.places == [(1, 1), (2, 1)]
