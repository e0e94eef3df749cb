"""A person over time: order of things, orders, joins without a jump, scripts with truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.sim.body import PATTERNS, Body
from drivers.sim.dowel import GRAVITY
from drivers.sim.person import KEPT, ROUTINE, Person, Script
from drivers.sim.scene import Scene
from drivers.sim.segments import AWAY_M, SAYS, STEPS, Place, SegmentMaker
from drivers.sim.smooth import Array

CALM = Place(sway_mm=0.0)


def ns(t_s: float) -> int:
    return round(t_s * 1e9)


def lived(person: Person, until_s: float, step_s: float = 0.1) -> list[str]:
    """What the person says, each thing once, over a time."""
    said: list[str] = []
    for k in range(int(until_s / step_s)):
        words = person.says(ns(k * step_s))
        if not said or said[-1] != words:
            said.append(words)
    return said


def done(steps: list[str], orders: list[str]) -> bool:
    """Whether the orders stand among the steps, in their order."""
    left = iter(steps)
    return all(order in left for order in orders)


def imu_of(scene: Scene, times_s: Array) -> Array:
    return np.array([scene.imu(ns(t)) for t in times_s])


def test_somebody_comes_takes_the_dowel_stands_and_begins() -> None:
    said = lived(Person(), 40)
    words = [SAYS[s] for s in ("approach", "pick_up", "stand", "hinge", "squat", "hinge")]
    assert said[: len(words)] == words


def test_a_set_is_ten_reps_good_and_bad_and_then_a_rest() -> None:
    person = Person(seed=4)
    steps: list[str] = []
    t_s = 0.0
    while steps.count("rest") < 2:
        person.says(ns(t_s))
        now = next(p for p in reversed(person.played) if p.start_s <= t_s)
        steps.append(now.segment.step)
        t_s = now.end_s + 1e-6
    assert steps == ["approach", "pick_up", "stand", *ROUTINE, "rest", *ROUTINE, "rest"]
    assert len(person.played) <= KEPT
    assert set(ROUTINE) <= set(PATTERNS)


def test_an_order_is_played_next() -> None:
    person = Person()
    person.says(ns(13.0))
    now = person.played[-1]
    person.order("overarch")
    assert person.says(ns(13.0)) == now.segment.says
    assert person.says(ns(now.end_s + 0.1)) == SAYS["overarch"]
    with pytest.raises(ValueError, match="step 'dance', expected one of away, approach"):
        person.order("dance")


def test_to_leave_the_dowel_is_hung_up_first_and_to_go_on_it_is_fetched_again() -> None:
    person = Person()
    person.says(ns(13.0))
    end_s = person.played[-1].end_s
    person.order("away")
    said: list[str] = []
    for k in range(400):
        words = person.says(ns(end_s + 0.05 + 0.1 * k))
        if not said or said[-1] != words:
            said.append(words)
    names = ("hang_up", "leave", "away", "approach", "pick_up", "stand", "hinge")
    assert said[: len(names)] == [SAYS[s] for s in names]


@settings(max_examples=8)
@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=4))
def test_whatever_is_ordered_happens_in_order_and_the_range_never_jumps(orders: list[str]) -> None:
    person = Person(place=CALM)
    for step in orders:
        person.order(step)
    steps: list[str] = []
    t_s, last_mm = 0.0, None
    while not done(steps, orders) and len(steps) < 6 * len(orders) + 4:
        person.says(ns(t_s))
        now = next(p for p in reversed(person.played) if p.start_s <= t_s)
        begins_mm = now.segment.track.reflection_at(0, 0.0).range_mm
        if steps:
            assert begins_mm == pytest.approx(last_mm, abs=8)
        last_mm = now.segment.track.reflection_at(0, now.segment.duration_s).range_mm
        steps.append(now.segment.step)
        t_s = now.end_s + 1e-6
    assert done(steps, orders)


def test_the_imu_feels_no_jolt_where_segments_join() -> None:
    script = Script([("pick_up", {}), ("hinge", {}), ("squat", {}), ("stand", {}), ("hang_up", {})])
    for piece in script.played[1:]:
        around = imu_of(script, piece.start_s + np.arange(-20, 20) / 960)
        assert np.ptp(around[:, :3], axis=0).max() < 0.08
        assert np.ptp(around[:, 3:], axis=0).max() < 0.03


def test_sway_runs_on_from_one_segment_to_the_next() -> None:
    script = Script([("stand", {"for_s": 1.7}), ("stand", {"for_s": 2.3}), ("hinge", {})])
    for piece in script.played[1:]:
        before, after = (
            script.reflection(0, ns(piece.start_s + dt)).range_mm for dt in (-1e-6, 1e-6)
        )
        assert before == pytest.approx(after, abs=0.1)
        rate = imu_of(script, piece.start_s + np.array([-0.01, 0.01]))[:, 4]
        assert rate[0] == pytest.approx(rate[1], abs=1e-3)


def test_carried_dowels_move_from_the_hook_to_the_back() -> None:
    """Strapdown by hand: what the IMU feels, integrated twice, is the way it went."""
    script = Script([("pick_up", {"for_s": 5.0})], Body(1.75), CALM)
    dt = 1 / 960
    felt = imu_of(script, np.arange(0.0, 5.0, dt))
    # Chip axes up the dowel, left, back; columns of ``frame`` are they in the world.
    frame = np.eye(3)
    speed, way = np.zeros(3), np.zeros(3)
    for row in felt:
        half = np.linalg.norm(row[3:]) * dt / 2
        axis = row[3:] / max(float(np.linalg.norm(row[3:])), 1e-12)
        k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
        turn = np.eye(3) + np.sin(2 * half) * k + (1 - np.cos(2 * half)) * k @ k
        middle = frame @ (np.eye(3) + np.sin(half) * k + (1 - np.cos(half)) * k @ k)
        speed = speed + (middle @ row[:3] - np.array([GRAVITY, 0, 0])) * dt
        way = way + speed * dt
        frame = frame @ turn
    hip_fwd, hip_up = Body(1.75).rest_hip()
    th = np.radians(3.0)
    worn_fwd = hip_fwd + 0.10 * np.sin(th) - 0.14 * np.cos(th)
    worn_up = hip_up + 0.10 * np.cos(th) + 0.14 * np.sin(th)
    assert way[0] == pytest.approx(worn_up - 1.25, abs=0.02)
    assert -way[2] == pytest.approx(worn_fwd - (hip_fwd - 0.35), abs=0.02)
    assert speed == pytest.approx([0, 0, 0], abs=0.02)


def test_the_dowel_on_its_hook_hangs_still_with_open_pads() -> None:
    script = Script([("away", {"for_s": 1}), ("approach", {"for_s": 4})])
    for t_s in (0.0, 0.5, 2.0, 4.9, 9.0):
        assert script.imu(ns(t_s)) == pytest.approx((9.80665, 0, 0, 0, 0, 0), abs=1e-9)
        assert script.pad_force_n(ns(t_s)) == (0.0, 0.0, 0.0)
    assert script.reflection(0, ns(0.5)).range_mm is None
    near = script.reflection(0, ns(4.9)).range_mm
    assert near is not None
    assert near == pytest.approx(565, abs=12)


def test_somebody_who_comes_gets_nearer_and_somebody_who_leaves_gets_out_of_sight() -> None:
    script = Script([("approach", {}), ("leave", {})], place=CALM)
    seen = [script.reflection(0, ns(t)).range_mm for t in np.arange(0.0, 4.0, 0.05)]
    first = next(i for i, r in enumerate(seen) if r is not None)
    coming = np.array([r for r in seen[first:] if r is not None])
    assert len(coming) == len(seen) - first
    assert coming[0] > 1800
    assert np.all(np.diff(coming) < 2)
    assert script.reflection(0, ns(script.duration_s)).range_mm is None
    assert AWAY_M > 2.5 + 0.5
    # Coming is travel to the wall.
    came_mm = script.played[0].segment.truth.hip_travel_mm
    assert came_mm[-1] - came_mm[0] == pytest.approx(AWAY_M * 1000)


def test_picking_up_lifts_tilts_and_closes_the_pads_from_the_sacrum_up() -> None:
    script = Script([("pick_up", {"for_s": 5.0})], place=CALM)
    times = np.arange(0.0, 5.0, 0.005)
    forces = np.array([script.pad_force_n(ns(t)) for t in times])
    head, thoracic, sacrum = (times[np.argmax(forces[:, pad] > 1.0)] for pad in range(3))
    assert 3.0 < sacrum < thoracic < head < 4.2
    assert np.all(forces[-1] == pytest.approx(6.0))
    felt = imu_of(script, times)
    # Still on its hook, then turned by some 25 degrees on its way, then leaning as at rest.
    assert np.max(np.abs(felt[times < 0.95, 3:])) == 0.0
    lean = np.degrees(np.cumsum(felt[:, 4]) * 0.005)
    assert 15 < lean.max() < 40
    assert lean[-1] == pytest.approx(3.0, abs=0.2)
    assert np.max(np.abs(felt[:, 3])) > 0.1
    assert felt[-1] == pytest.approx(Script([("stand", {})], place=CALM).imu(0), abs=1e-3)


def test_a_script_says_what_was_done_with_its_truth() -> None:
    steps: list[tuple[str, dict[str, float]]] = [
        ("stand", {"for_s": 2.0}),
        ("hinge", {"peak_tilt_deg": 45.0, "down_s": 2.0, "hold_s": 0.5, "up_s": 1.5, "pause_s": 1}),
        ("rounding", {"lumbar_deg": 30.0}),
    ]
    script = Script(steps, Body(1.8), CALM, seed=2)
    stand, hinge, rounding = script.played
    assert (stand.start_s, stand.end_s) == (0.0, 2.0)
    assert hinge.end_s - hinge.start_s == pytest.approx(5.0)
    assert script.duration_s == rounding.end_s
    assert hinge.segment.truth.tilt_deg.max() == pytest.approx(45.0, abs=0.01)
    assert 160 < hinge.segment.truth.hip_travel_mm.max() < 190
    assert hinge.segment.rep is not None
    assert stand.segment.rep is None
    bottom = rounding.start_s + (rounding.segment.rep.down_s if rounding.segment.rep else 0.0)
    head, thoracic, sacrum = script.pad_force_n(ns(bottom))
    assert head > 0
    assert thoracic > 0
    assert sacrum == 0.0
    # After its end the last pose is held.
    assert script.imu(ns(script.duration_s + 100)) == script.imu(ns(script.duration_s + 1))


def test_the_beam_of_a_script_follows_the_hips() -> None:
    script = Script([("hinge", {"peak_tilt_deg": 45.0})], Body(1.65, girth=1.2), CALM)
    truth = script.played[0].segment.truth
    got = [script.reflection(0, ns(t)).range_mm for t in truth.time_s]
    ranges = np.array([np.nan if r is None else r for r in got])
    assert ranges[0] - ranges == pytest.approx(truth.hip_travel_mm, abs=14)
    rest = script.reflection(0, 0).range_mm
    assert rest == pytest.approx(565, abs=15)


@pytest.mark.parametrize(
    ("step", "args", "words"),
    [
        ("fly", {}, "step 'fly', expected one of"),
        ("stand", {"speed": 2.0}, "argument 'speed', expected for_s"),
        ("stand", {"for_s": 0.0}, "for_s 0.0, expected a time above 0"),
        ("hinge", {"for_s": 2.0}, "argument 'for_s', expected pause_s or one of"),
        ("hinge", {"pattern": 1.0}, "argument 'pattern'"),
        ("hinge", {"down_s": 0.0}, "expected times above 0"),
        ("hinge", {"pause_s": -1.0}, "expected times above 0"),
        ("hinge", {"lag": 1.0}, "lag of 0 to 1"),
    ],
)
def test_a_script_with_a_mistake_is_refused(step: str, args: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Script([(step, args)])


def test_an_empty_script_is_refused() -> None:
    with pytest.raises(ValueError, match="without steps"):
        Script([])


def test_the_same_seed_lives_the_same_life() -> None:
    one, two, other = (Person(seed=s) for s in (1, 1, 2))
    times = np.arange(0.0, 20.0, 0.37)
    assert np.array_equal(imu_of(one, times), imu_of(two, times))
    assert not np.array_equal(imu_of(one, times), imu_of(other, times))


def test_life_begins_at_the_given_time_and_chips_may_look_back_a_little() -> None:
    late, person = Person(t0_ns=ns(5)), Person()
    assert late.says(ns(5.5)) == person.says(ns(0.5))
    assert late.imu(0) == person.imu(0)
    later = person.imu(ns(15.0))
    earlier = person.imu(ns(8.0))
    assert person.imu(ns(15.0)) == later
    assert earlier == Person().imu(ns(8.0))


def test_standing_sways_by_millimetres() -> None:
    script = Script([("stand", {"for_s": 30.0})])
    truth = script.played[0].segment.truth
    assert 3 < np.ptp(truth.hip_travel_mm) < 12
    assert np.ptp(truth.tilt_deg) < 1.0
    speed = np.abs(np.gradient(truth.hip_travel_mm, truth.time_s))
    assert np.max(speed) < 12


def test_several_rangers_see_their_own_height() -> None:
    place = Place(tof_heights_m=(0.75, 0.88, 1.01), sway_mm=0.0)
    maker = SegmentMaker(Body(1.75), place)
    assert maker.tof_heights_m == (0.75, 0.88, 1.01)
    track = maker.make("stand", 0.0).track
    low, middle, high = (track.reflection_at(i, 0.0).range_mm for i in range(3))
    assert low is not None
    assert middle is not None
    assert high is not None
    assert middle < low
    assert middle < high


def test_a_pad_that_never_closes_stays_open_whatever_is_done() -> None:
    script = Script([("pick_up", {}), ("hinge", {})], place=Place(never_closes=("head",)))
    for t_s in np.arange(0.0, script.duration_s, 0.1):
        assert script.pad_force_n(ns(t_s))[0] == 0.0
    assert script.pad_force_n(ns(script.played[1].start_s))[1:] == pytest.approx((6.0, 6.0))
    with pytest.raises(ValueError, match="pad 'knee', expected one of head, thoracic, sacrum"):
        SegmentMaker(Body(), Place(never_closes=("knee",)))


def test_a_hem_hangs_in_the_beam_and_swings_when_the_hips_move() -> None:
    steps: list[tuple[str, dict[str, float]]] = [("hinge", {"peak_tilt_deg": 45.0, "down_s": 1.2})]
    bare, coat = (Script(steps, place=Place(sway_mm=0.0, hem_mm=h)) for h in (0.0, 60.0))
    t = np.arange(0.0, bare.duration_s, 0.02)

    def off_mm(t_s: float) -> float:
        skin, hem = (script.reflection(0, ns(t_s)).range_mm for script in (bare, coat))
        assert skin is not None
        assert hem is not None
        return skin - hem

    off = np.array([off_mm(x) for x in t])
    assert off[0] == pytest.approx(70, abs=15)
    assert np.ptp(off) > 30
