"""A whole station from samples to lamps: live cues, lost sensors, visits, and repeatability."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from device.coaching import Coaching
from device.limits import StageName
from device.pipeline import Pipeline, Setting
from drivers.outputs import OUTPUTS
from services.schema import FaultEntry, RepBody
from tests.device.rig import (
    HEAD,
    REST_DEG,
    SACRUM,
    T0_NS,
    THORACIC,
    Log,
    Shape,
    Track,
    World,
    feed,
    hinge,
    run,
    squat,
    visit,
)

PADS = ("head", "thoracic", "sacrum")
CODES = ("HEAD", "THORACIC", "SACRUM")
STAGES: tuple[StageName, ...] = ("learn", "practice", "consolidate", "probe")
SOUND_S = {"learn": 0.25, "practice": 0.15, "consolidate": 0.10, "probe": 0.25}


def live_entries(rep: RepBody, code: str) -> list[FaultEntry]:
    return [entry for entry in rep.faults if entry.code == code and entry.level == "live"]


def buzzes_outside_a_set(log: Log) -> list[float]:
    """Beginnings of sounds outside SET, but for the melody that ends a set."""
    return [
        t for t in log.rises("buzzer") if log.state_at(t) != "SET" and log.state_at(t) != "RESTING"
    ]


# -- a lost contact ---------------------------------------------------------------------------


@pytest.mark.parametrize("late_ns", [0, 1_500_000])
@pytest.mark.parametrize("pad", [HEAD, THORACIC, SACRUM])
def test_a_lost_pad_lights_on_the_tick_of_its_sample(pad: int, late_ns: int) -> None:
    world = World(visit(3.0).rep(), opens=((pad, 4.0, 4.6),), stamp_late_ns=late_ns)
    log = run(world)
    first_s = min(
        round((tick.t_ns - T0_NS) * 1e-9, 4)
        for tick in world.ticks()
        for sample in tick.pads
        if sample.pad == pad and not sample.closed
    )
    assert first_s < 4.015
    assert log.rises(f"led_{PADS[pad]}_lost")[0] == first_s
    assert log.level(f"led_{PADS[pad]}_ok", first_s) == 0.0
    for other in {0, 1, 2} - {pad}:
        assert log.rises(f"led_{PADS[other]}_lost") == []
        assert log.level(f"led_{PADS[other]}_ok", first_s) == 1.0
    # The lamp blinked at 4.5 s; it stays lit for a third of a second, so that it cannot flash.
    assert log.level(f"led_{PADS[pad]}_ok", 4.85) == 1.0
    assert log.level(f"led_{PADS[pad]}_lost", 4.85) == 0.0


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("pad", [HEAD, THORACIC, SACRUM])
def test_its_event_and_its_sound_come_when_they_are_due(pad: int, stage: StageName) -> None:
    log = run(World(visit(3.0).rep(), opens=((pad, 4.0, 4.8),)), stage=stage)
    (rep,) = log.reps
    (entry,) = live_entries(rep, CODES[pad])
    event_s = 0.12 if pad == HEAD else 0.08
    assert event_s <= entry.time_s - 4.0 <= event_s + 0.02
    assert entry.told
    (told_s,) = log.told(CODES[pad])
    sound_s = 0.5 if pad == HEAD else SOUND_S[stage]
    assert sound_s - 1e-6 <= told_s - 4.0 <= sound_s + 0.03
    assert log.rises("buzzer")[0] == told_s
    assert log.level("buzzer", told_s) == 880.0
    assert rep.verdict == CODES[pad]


def test_a_short_loss_is_shown_and_logged_but_not_sounded() -> None:
    log = run(World(visit(3.0).rep(), opens=((SACRUM, 4.0, 4.1),)))
    (entry,) = live_entries(log.reps[0], "SACRUM")
    assert (entry.told, entry.suppressed_by) == (False, "brief")
    assert log.told("SACRUM") == []
    assert log.rises("led_sacrum_lost")
    # It still names the rep.
    assert log.verdicts == ["SACRUM"]
    assert run(World(visit(3.0).rep(), opens=((SACRUM, 4.0, 4.05),))).verdicts == ["GOOD"]


def test_one_cue_at_a_time_with_400_ms_between_and_each_once_a_rep() -> None:
    opens = (
        (THORACIC, 3.9, 5.8),
        (SACRUM, 3.95, 4.7),
        (SACRUM, 4.95, 5.8),
        (HEAD, 4.0, 5.8),
    )
    log = run(World(visit(3.0).rep(hold_s=1.0), opens=opens))
    times = [t for t, _ in log.cues]
    codes = [cue.code for _, cue in log.cues if cue.t_ns < T0_NS + 5_800_000_000]
    assert len(codes) == len(set(codes))
    assert all(b - a >= 0.4 - 1e-9 for a, b in pairwise(times))
    assert len(set(times)) == len(times)
    (rep,) = log.reps
    assert rep.verdict == "THORACIC"
    repeated = [entry.suppressed_by for entry in live_entries(rep, "SACRUM")]
    assert repeated == [None, "repeat"]


def test_everything_found_says_whether_it_was_told_or_why_not() -> None:
    opens = ((SACRUM, 4.0, 4.5), (HEAD, 4.2, 4.4), (THORACIC, 4.1, 4.35))
    log = run(World(visit(3.0).rep(hinge(30), down_s=0.9), opens=opens))
    (rep,) = log.reps
    assert len(rep.faults) >= 3
    for entry in rep.faults:
        assert entry.told is (entry.suppressed_by is None)
    told = [entry.code for entry in rep.faults if entry.told]
    assert sorted(told) == sorted(cue.code for _, cue in log.cues)


def test_muted_is_silent_but_told_and_logged_with_light_only() -> None:
    world = World(visit(3.0).rep(), opens=((SACRUM, 4.0, 4.8),), keys=((1.0, "mute"),))
    log = run(world)
    assert log.rises("buzzer") == log.rises("vibration") == []
    assert [cue.channels for _, cue in log.cues if cue.code == "SACRUM"] == [("led",)]
    assert log.frames[-1].muted
    shaken = run(world, coaching=Coaching(vibration=True))
    assert [cue.channels for _, cue in shaken.cues] == [("led", "vibration")]
    assert len(shaken.rises("vibration")) == 2
    assert shaken.rises("buzzer") == []
    held = World(visit(3.0).rep(), keys=((1.0, "next_hold"), (1.5, "next_hold")))
    assert not run(held).frames[-1].muted


# -- a squat ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", STAGES)
def test_a_squat_is_told_live_from_the_first_rep_on_in_every_stage(stage: StageName) -> None:
    log = run(
        World(visit(3.0).reps(2, squat(), down_s=1.0, up_s=1.0), noise=1.0, noise_mm=2.0),
        stage=stage,
    )
    assert log.verdicts == ["KNEE_DRIVEN"] * 2
    for i, told_s in enumerate(log.told("KNEE_DRIVEN")):
        assert 0 < told_s - (3.0 + 3.3 * i) < 0.8
    assert len(log.told("KNEE_DRIVEN")) == 2
    first = log.told("KNEE_DRIVEN")[0]
    # Light and sound on the very tick of the event.
    (entry,) = live_entries(log.reps[0], "KNEE_DRIVEN")
    assert (entry.time_s, entry.told) == (first, True)
    assert log.level("buzzer", first) == 520.0
    assert log.level("status_orange", first) == 1.0


@pytest.mark.parametrize("seed", range(4))
def test_good_hinges_are_left_in_peace(seed: int) -> None:
    log = run(World(visit(3.0).reps(3), noise=1.0, noise_mm=2.0, seed=seed))
    assert log.verdicts == ["GOOD"] * 3
    assert log.cues == []
    # One short tick each.
    assert len(log.rises("buzzer")) == 3
    assert {change.value for _, change in log.changes if change.pin == "buzzer"} == {0.0, 1200.0}


def test_a_slow_squat_is_told_too() -> None:
    log = run(World(visit(3.0).rep(squat(0.0, 200.0, 0.0), down_s=3.0), noise=1.0))
    assert len(log.told("KNEE_DRIVEN")) >= 1
    assert 0 < log.told("KNEE_DRIVEN")[0] - 3.0 < 1.5


# -- what is shown ----------------------------------------------------------------------------


def test_outputs_are_known_and_nothing_flashes_faster_than_3_hz() -> None:
    world = World(
        visit(3.0).rep().rep(squat()).rep(hinge(30)),
        opens=((SACRUM, 4.0, 5.0), (HEAD, 9.0, 10.0)),
        silent=(("tof", 14.0, 15.5),),
        noise=1.0,
    )
    log = run(world)
    assert {change.pin for _, change in log.changes} <= set(OUTPUTS)
    for pin in OUTPUTS:
        if pin in ("buzzer", "vibration"):
            continue
        rises = log.rises(pin)
        for i, t in enumerate(rises):
            assert sum(t <= other < t + 1.0 for other in rises[i:]) <= 3, pin
    tones = {change.value for _, change in log.changes if change.pin == "buzzer"} - {0.0}
    assert all(500 <= hz <= 2000 for hz in tones)


def test_the_page_sees_what_the_lamps_see() -> None:
    log = run(World(visit(3.0).rep(), opens=((SACRUM, 4.0, 4.8),)))
    spacing = [b.t_s - a.t_s for a, b in pairwise(log.frames)]
    assert max(spacing) <= 0.05
    at = {round(frame.t_s, 2): frame for frame in log.frames}
    assert at[4.2].pads.sacrum == "open"
    assert at[4.2].pads.head == "closed"
    assert at[4.4].cue == "SACRUM"
    assert at[3.0].hip_travel_mm == pytest.approx(0, abs=2)
    assert (at[5.2].tilt_deg or 0) > 40
    assert log.frames[-1].last_verdict == "SACRUM"
    assert log.frames[-1].reps_in_set == 1
    assert log.frames[-1].good_in_set == 0


# -- a sensor that stops ----------------------------------------------------------------------


@pytest.mark.parametrize("sensor", ["imu", "tof", "pads"])
@pytest.mark.parametrize("at_s", [2.0, 3.8, 5.2, 6.2])
def test_a_sensor_that_stops_is_shown_said_and_never_good(sensor: str, at_s: float) -> None:
    back_s = at_s + 1.2
    track = visit(3.0).rep(pause_s=3.0).rep(pause_s=1.5)
    log = run(World(track, silent=((sensor, at_s, back_s),), noise=1.0, noise_mm=2.0))
    shown_s = at_s + 0.2
    for pad in PADS:
        assert log.level(f"led_{pad}_ok", shown_s) == 0.0
        assert log.level(f"led_{pad}_ok", back_s - 0.05) == 0.0
        assert log.level(f"led_{pad}_lost", shown_s) == 0.0
    whites = {log.level("status_white", shown_s + 0.05 * i) for i in range(20)}
    assert whites == {0.0, 1.0}
    blues = [log.level("status_blue", t) for t in (shown_s, back_s - 0.05)]
    assert blues == [0.0, 0.0]
    (told_s,) = log.told("SENSOR")
    assert 0.25 < told_s - at_s <= 0.306
    assert [cue.channels for _, cue in log.cues if cue.code == "SENSOR"] == [("led",)]
    frames = [frame for frame in log.frames if shown_s <= frame.t_s < back_s]
    assert {frame.measuring for frame in frames} == {False}
    assert {frame.sensor_lost for frame in frames} == {(sensor,)}
    assert {frame.tilt_deg for frame in frames} == {None}
    assert {frame.pads.head for frame in frames} == {"stale"}
    # The rep it fell into is listed; the one after it is scored.
    if at_s > 3.0:
        assert log.verdicts == ["UNSCORED", "GOOD"]
        assert not log.reps[0].valid
    else:
        assert log.verdicts[-1] == "GOOD"
    lit = [log.level(f"led_{pad}_ok", back_s + 0.1) for pad in PADS]
    assert lit == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("sensor", ["imu", "tof", "pads"])
def test_scoring_is_back_within_a_second(sensor: str) -> None:
    track = visit(6.0).rep(pause_s=1.0)
    log = run(World(track, silent=((sensor, 3.0, 5.0),), noise=1.0))
    assert log.verdicts == ["GOOD"]


@pytest.mark.parametrize("sensor", ["imu", "tof", "pads"])
def test_a_sensor_that_never_comes_back_leaves_nothing_good(sensor: str) -> None:
    log = run(World(visit(3.0).reps(2), silent=((sensor, 4.0, 99.0),)))
    assert "GOOD" not in log.verdicts
    for pad in PADS:
        assert log.level(f"led_{pad}_ok", 10.0) == 0.0


def test_a_pad_that_opened_just_before_the_wire_broke_does_not_buzz() -> None:
    for sensor in ("pads", "imu"):
        log = run(
            World(visit(3.0).rep(), opens=((SACRUM, 4.0, 5.0),), silent=((sensor, 4.11, 5.0),))
        )
        assert [t for t in log.rises("buzzer") if t < 5.0] == []
        assert log.told("SACRUM") == []


@pytest.mark.parametrize(("from_s", "to_s"), [(3.5, 5.2), (2.5, 5.5), (2.9, 6.3), (3.1, 3.8)])
def test_a_rep_that_began_while_the_imu_was_gone_is_counted_and_not_scored(
    from_s: float, to_s: float
) -> None:
    """Of the first rep, 3.0 to 7.1 s, only the end is seen."""
    track = visit(3.0).rep(pause_s=2.0).rep(pause_s=1.5)
    log = run(World(track, silent=(("imu", from_s, to_s),), noise=1.0, noise_mm=2.0))
    assert log.verdicts == ["UNSCORED", "GOOD"]
    assert log.reps[0].unscored_by == "imu"
    # It began at the last moment at which it can have been still at rest.
    assert min(from_s, 3.4) - 0.1 <= log.reps[0].start_s <= from_s + 0.01


def test_a_spark_as_a_rep_begins_does_not_unscore_it() -> None:
    track = visit(3.0).rep(pause_s=2.0)
    for from_s in (3.2, 3.3, 3.4):
        log = run(World(track, silent=(("imu", from_s, from_s + 0.06),), noise=1.0))
        assert log.verdicts == ["GOOD"], from_s


def test_a_dowel_that_turned_while_its_imu_was_gone_is_measured_anew() -> None:
    track = visit(3.0).rep(pause_s=2.0).rep(pause_s=1.5)
    log = run(World(track, silent=(("imu", 5.1, 7.5),)))
    assert log.verdicts[-1] == "GOOD"
    assert log.reps[-1].peak_tilt_deg == pytest.approx(47, abs=1.5)


# -- a visit ----------------------------------------------------------------------------------


def lying(p: Any) -> Any:
    return 90.0 + 0 * p, 0 * p, 0 * p


def all_open(from_s: float, to_s: float) -> tuple[tuple[int, float, float], ...]:
    return tuple((pad, from_s, to_s) for pad in range(3))


def walk_up(reps: int = 2, after_s: float = 1.0, tall_s: float = 3.0) -> Track:
    """Nobody for 2 s, a dowel that lies; then up on the back; from 5 s standing tall."""

    def lifting(p: Any) -> Any:
        return 90.0 - (90.0 - REST_DEG) * p, 0 * p, 0 * p

    lift = Track().stand(4.0, lying).rep(lifting, down_s=1.0, hold_s=0, up_s=0, pause_s=0)
    return lift.stand(tall_s).reps(reps).stand(after_s)


def test_a_walk_up_is_set_up_within_seconds_and_opens_a_visit() -> None:
    world = World(walk_up(), nobody=((0.0, 2.0),), opens=all_open(0.0, 4.8), noise=1.0)
    log = run(world, reps=2)
    assert [name for _, name in log.states] == [
        "NEAR", "DOWEL_UP", "SET_UP", "READY", "SET", "RESTING",
    ]  # fmt: skip
    when = {name: t for t, name in log.states}
    assert when["READY"] < 7.0
    assert [(t, event.kind) for t, event in log.sessions] == [(when["SET_UP"], "open")]
    assert log.verdicts == ["GOOD", "GOOD"]
    assert log.places == [(1, 1), (1, 2)]
    assert buzzes_outside_a_set(log) == []
    assert not log.rises("led_head_lost")


def test_the_visit_ends_a_minute_after_everybody_is_gone() -> None:
    track = walk_up(1, 66.0)
    gone = track.duration_s - 65.0
    world = World(
        track, nobody=((0.0, 2.0), (gone, 999.0)), opens=(*all_open(0, 4.8), *all_open(gone, 999))
    )
    log = run(world)
    assert [name for _, name in log.states][-2:] in (["LEFT", "IDLE"], ["NEAR", "IDLE"])
    assert [event.kind for _, event in log.sessions] == ["open", "close"]
    assert log.sessions[-1][0] - gone == pytest.approx(60, abs=1.5)


def test_a_hung_dowel_that_swings_gives_nothing() -> None:
    def swinging(p: Any) -> Any:
        return 25.0 * p, 200.0 * p, 30.0 * p

    track = Track().stand(1.0).reps(5, swinging, down_s=0.7, up_s=0.7, pause_s=0.3).stand(2.0)
    for nobody in ((), ((0.0, 99.0),)):
        log = run(World(track, nobody=nobody, opens=all_open(0.0, 99.0)))
        assert (log.reps, log.cues, log.rises("buzzer")) == ([], [], [])
        assert "SET" not in [name for _, name in log.states]


def test_hanging_it_up_after_a_set_is_silent() -> None:
    track = visit(3.0).rep(pause_s=1.5).rep(hinge(30), down_s=1.0, up_s=1.0, pause_s=3.0)
    hung_s = 3.0 + 4.1 + 1.2
    log = run(World(track, opens=all_open(hung_s, 99.0)), reps=1)
    assert [name for _, name in log.states][:3] == ["READY", "SET", "RESTING"]
    assert "SET" not in [name for t, name in log.states if t > hung_s]
    assert [t for t in log.rises("buzzer") if t > hung_s] == []
    assert len(log.reps) == 1


def test_a_pad_that_never_closes_is_said_and_not_judged() -> None:
    never = ((HEAD, 0.0, 99.0),)
    lift = World(
        walk_up(1, 0.0, tall_s=9.0),
        nobody=((0.0, 2.0),),
        opens=(*all_open(0.0, 4.5), *never),
    )
    log = run(lift)
    (rep,) = log.reps
    assert (rep.contacts, rep.verdict) == ("partly", "GOOD")
    assert rep.contact_loss_ms.head is None
    assert rep.contact_loss_ms.sacrum == 0
    assert "head not judged" in (log.frames[-1].contacts_note or "")
    assert log.frames[-1].pads.head == "not_judged"
    assert log.told("HEAD") == []
    ready = next(t for t, name in log.states if name == "READY")
    assert ready > 9.0


def test_a_rig_without_pads_judges_movement_only() -> None:
    log = run(World(walk_up(1), nobody=((0.0, 2.0),), pads_fitted=False))
    (rep,) = log.reps
    assert rep.contacts == "not_judged"
    assert rep.contact_loss_ms.head is None
    assert rep.valid
    for pad in PADS:
        assert log.rises(f"led_{pad}_ok") == []


def test_who_moved_to_another_distance_is_zeroed_again() -> None:
    track = visit(3.0).rep(pause_s=5.0).rep()
    # A step back takes a while: what jumps so far at once is somebody else.
    step = tuple((8.0 + 0.05 * i, 15.0) for i in range(10))
    log = run(World(track, closer=step))
    names = [name for _, name in log.states]
    assert names[:4] == ["READY", "SET", "SET_UP", "READY"]
    assert log.verdicts == ["GOOD", "GOOD"]
    assert log.reps[1].hip_return_mm == pytest.approx(0, abs=4)


def test_stop_ends_the_set_and_latches() -> None:
    track = visit(3.0).rep(pause_s=1.5).rep(pause_s=1.5).rep()
    log = run(World(track, keys=((7.5, "stop"),)))
    assert (7.5, "RESTING") in log.states
    assert log.told("STOP") == [7.5]
    assert len(log.reps) == 1
    assert log.level("status_orange", 12.0) == 1.0
    assert log.level("buzzer", 7.5) == 520.0
    again = run(World(track, keys=((7.5, "stop"), (13.2, "next"))))
    assert len(again.reps) == 2
    assert again.places[-1] == (2, 1)


def test_a_set_of_n_reps_rests_and_the_next_one_begins() -> None:
    log = run(World(visit(3.0).reps(5), noise=1.0), reps=2)
    assert log.places == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)]
    assert [name for _, name in log.states] == [
        "READY", "SET", "RESTING", "SET", "RESTING", "SET",
    ]  # fmt: skip


def test_the_last_rep_of_a_set_says_that_its_cue_gave_way() -> None:
    log = run(World(visit(3.0).reps(2, hinge(ratio=0.5))), reps=2)
    told = [
        [(e.told, e.suppressed_by) for e in rep.faults if e.code == "HIPS_NOT_BACK"]
        for rep in log.reps
    ]
    assert told == [[(True, None)], [(False, "set end")]]
    assert len(log.told("HIPS_NOT_BACK")) == 1


def test_measuring_that_begins_within_a_rep_counts_it() -> None:
    log = run(World(Track().stand(0.1).rep(squat(), down_s=0.8, up_s=0.8).rep(), noise=1.0))
    assert log.states[0][1] == "READY"
    assert len(log.reps) == 2
    assert log.verdicts[0] in ("KNEE_DRIVEN", "KNEES_FIRST")


# -- faults by name ---------------------------------------------------------------------------

BAD: dict[str, tuple[Shape, dict[str, Any]]] = {
    "KNEE_DRIVEN": (squat(), {}),
    "KNEES_FIRST": (lambda p: (REST_DEG + 40 * p, 150 * p, 58 * p), {}),
    "SACRUM": (hinge(), {"opens": ((SACRUM, 4.0, 4.5),)}),
    "THORACIC": (hinge(), {"opens": ((THORACIC, 4.0, 4.5),)}),
    "HEAD": (hinge(), {"opens": ((HEAD, 4.0, 4.5),)}),
    "HIPS_NOT_BACK": (hinge(ratio=0.6), {}),
    "UNSCORED": (hinge(), {"silent": (("tof", 4.0, 4.5),)}),
    "GOOD": (hinge(), {}),
}


@pytest.mark.parametrize("code", BAD)
def test_each_name_comes_from_its_movement(code: str) -> None:
    shape, wrong = BAD[code]
    world = World(visit(3.0).rep(shape, pause_s=1.5).rep(), noise=1.0, noise_mm=2.0, **wrong)
    assert run(world).verdicts == [code, "GOOD"]


@pytest.mark.parametrize(
    ("code", "shape", "down_s"),
    [("DEPTH_LOW", hinge(33.0), 2.0), ("DEPTH_DEEP", hinge(62.0), 2.5), ("FAST", hinge(), 1.2)],
)
def test_advice_leaves_it_good(code: str, shape: Shape, down_s: float) -> None:
    log = run(World(visit(3.0).rep(shape, down_s=down_s)))
    assert log.verdicts == ["GOOD"]
    assert code in [entry.code for entry in log.reps[0].faults]
    assert log.told(code)


# -- the same again ---------------------------------------------------------------------------


def test_the_same_ticks_give_the_same_and_a_new_pipeline_knows_nothing() -> None:
    world = World(visit(3.0).rep().rep(squat()), noise=1.0, noise_mm=2.0, seed=5)
    first, second = run(world), run(world)
    assert first == second
    assert first != run(World(world.track, noise=1.0, noise_mm=2.0, seed=6))


def test_the_origin_moves_all_times_and_nothing_else() -> None:
    ticks = World(visit(3.0).rep(), noise=1.0).ticks()
    late = Setting(stature_m=1.70, origin_ns=T0_NS + 1_000_000_000)
    (moved,) = feed(Pipeline(late), ticks).reps
    (rep,) = run(ticks).reps
    assert moved.start_s == pytest.approx(rep.start_s - 1.0, abs=1e-6)
    assert moved.peak_tilt_deg == rep.peak_tilt_deg


def test_an_empty_station_grows_nothing() -> None:
    pipeline = Pipeline(Setting(stature_m=1.70, origin_ns=T0_NS))
    world = World(
        Track().stand(60.0, lying), nobody=((0.0, 99.0),), opens=all_open(0.0, 99.0), noise=3.0
    )
    log = feed(pipeline, world.ticks())
    assert log.states == []
    kept = pipeline._signals
    assert len(kept.samples) < 25 * 208
    assert len(kept.ranges) < 50 * 42
