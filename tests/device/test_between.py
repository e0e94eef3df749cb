"""Between two sets: beside the last one, what is real, the rest, and where to stand."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from device.between import Between, changes, mark_m
from device.coaching import Coaching
from device.drills import DRILLS
from device.pipeline import Pipeline, Setting
from device.progress import advise
from device.score import Score
from device.wall import FIRST_TAP_DEG, REST_DEG, heels_for_tap_m, stand_off_m
from services.schema import RepBody, SetBody, Spread
from tests.device.rig import World, hinge, run, visit
from tests.device.test_sets import rep
from tests.services.helpers import set_body

TAPS = replace(Setting(stature_m=1.75), drill=DRILLS["butt_taps"])


def with_mean(measure: str, mean: float | None) -> SetBody:
    return msgspec.structs.replace(set_body(), **{measure: Spread(mean)})


@pytest.mark.parametrize(
    ("measure", "before", "least"),
    [
        ("peak_tilt_deg", 45.0, 5.0),
        ("hip_travel_mm", 180.0, 25.0),
        ("hinge_ratio", 1.0, 0.12),
        ("t_down_s", 2.0, 0.2),
    ],
)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_change_is_real_from_its_least_detectable_size_on(
    measure: str, before: float, least: float, sign: float
) -> None:
    def real(change: float) -> bool | None:
        now = with_mean(measure, before + sign * change)
        (row,) = (r for r in changes(now, with_mean(measure, before)) if r.measure == measure)
        assert (row.now, row.before) == (before + sign * change, before)
        return row.real

    assert real(1.01 * least) is True
    assert real(0.99 * least) is False


def test_what_is_unknown_is_neither_real_nor_not() -> None:
    rows = changes(with_mean("hinge_ratio", None), set_body())
    assert {row.measure: row.real for row in rows}["hinge_ratio"] is None
    assert changes(set_body(), None) == ()


def ended(
    between: Between, score: Score, reps: list[RepBody], setting: Setting | None = None
) -> None:
    score.new_set()
    for one in reps:
        score.add(one, 1.75)
    score.end_set("count", 1.75)
    between.set_ended(score, advise((setting or Setting()).drill, score.reps, 1.75))


def test_the_rest_counts_down_from_the_last_rep_and_stays_at_0() -> None:
    between, score = Between(replace(Setting(), rest_s=30), 1.75), Score()
    assert between.view("RESTING", 0.0) is None
    ended(between, score, [rep(0.0), rep(5.0)])  # the last one ends at 9 s
    left = []
    for t_s in (9.0, 10.0, 38.6, 39.0, 500.0):
        view = between.view("RESTING", t_s)
        assert view is not None
        left.append(view.left_s)
    assert left == [30, 29, 0, 0, 0]
    for state in ("SET", "READY", "SET_UP"):
        assert between.view(state, 10.0) is None
    assert between.view("LEFT", 10.0) is not None


def test_the_second_set_stands_beside_the_first() -> None:
    between, score = Between(Setting(), 1.75), Score()
    ended(between, score, [rep(0.0, tilt_deg=40)] * 2)
    first = between.view("RESTING", 10.0)
    ended(between, score, [rep(60.0, tilt_deg=50)] * 2)
    second = between.view("RESTING", 70.0)
    assert first is not None
    assert second is not None
    assert (first.before, first.changes) == (None, ())
    assert second.before == first.now
    assert {row.measure for row in second.changes if row.real} == {"peak_tilt_deg"}
    assert second.tilts_deg == (50, 50)


def taps(count: int, tapped: bool, gap_mm: float) -> list[RepBody]:
    one = msgspec.structs.replace(
        rep(), tapped=tapped, tap_gap_mm=0.0 if tapped else 30.0, hip_travel_mm=gap_mm
    )
    return [one] * count


def test_the_mark_starts_at_the_first_tap_and_follows_the_advice() -> None:
    between, score = Between(TAPS, 1.75), Score()
    start = between.heels_cm
    assert start == round(100 * heels_for_tap_m(1.75, FIRST_TAP_DEG, REST_DEG))
    ended(between, score, taps(10, True, 150.0), TAPS)
    view = between.view("RESTING", 5.0)
    assert view is not None
    assert view.advice is not None
    assert view.advice.code == "further"
    assert between.heels_cm is not None
    assert f"{between.heels_cm} cm" in view.advice.text


@pytest.mark.parametrize(
    ("drill", "distance", "cm"),
    [
        ("dowel", None, None),
        ("dowel", "one foot", 30),
        ("reach", None, 75),
        ("butt_taps", "a foot or two", 45),
    ],
)
def test_the_mark_is_the_chosen_distance_or_the_drills_own(
    drill: str, distance: str | None, cm: int | None
) -> None:
    setting = replace(Setting(), drill=DRILLS[drill], distance=distance)
    mark = mark_m(setting, 1.75)
    assert (None if mark is None else round(100 * mark)) == cm


def test_the_page_gets_it_at_rest_and_not_in_the_next_set() -> None:
    world = World(visit(3.0).reps(2).stand(6.0, hinge()).rep().stand(1.0))
    log = run(world, Setting(stature_m=1.70, reps=2, rest_s=5))
    (ended_s,) = [t for t, state in log.states if state == "RESTING"]
    resting = [f for f in log.frames if f.state == "RESTING"]
    assert all(f.rest is not None for f in resting)
    assert [f.rest for f in log.frames if f.state != "RESTING"] == [None] * (
        len(log.frames) - len(resting)
    )
    views = [f.rest for f in resting if f.rest is not None]
    assert views[0].now.reps == 2
    assert len(views[0].tilts_deg) == 2
    assert [v.left_s for v in views] == sorted((v.left_s for v in views), reverse=True)
    assert views[-1].left_s < views[0].left_s <= 5
    assert ended_s > views[0].now.end_s


def test_somebody_new_sees_nothing_of_the_visit_before() -> None:
    track = visit(3.0).reps(2).stand(90.0, hinge())
    world = World(track, nobody=((14.0, 99.0),), opens=tuple((p, 14.0, 99.0) for p in range(3)))
    log = run(world, Setting(stature_m=1.70, reps=2))
    (closed_s,) = [t for t, event in log.sessions if event.kind == "close"]
    by_visit = {f.t_s < closed_s for f in log.frames if f.rest is not None}
    assert by_visit == {True}
    assert any(f.state == "LEFT" and f.rest is not None for f in log.frames)


def test_who_is_still_asked_about_the_last_rep_reads_no_summary() -> None:
    world = World(visit(3.0).reps(3).stand(8.0), keys=((18.0, "stop"),))
    log = run(world, Setting(stature_m=1.70, coaching=Coaching(self_estimate=True)))
    frames = [f for f in log.frames if f.state == "RESTING"]
    assert frames
    assert all((f.rest is None) == f.asking for f in frames)
    assert frames[-1].rest is not None


def test_what_was_retained_is_kept_with_the_set() -> None:
    setting = Setting(stature_m=1.70, reps=3, coaching=Coaching(silent_reps=1))
    track = visit(3.0).reps(3).stand(4.0, hinge()).reps(3).stand(2.0, hinge())
    pipeline, sets = Pipeline(setting), list[SetBody]()
    for tick in World(track).ticks():
        sets += [done.summary for done in pipeline.step(tick).sets]
    assert [each.retention for each in sets] == [None, 0.0]


def test_seen_taps_move_the_personal_mark_by_the_person_s_own_reach() -> None:
    setting = Setting(stature_m=1.70, drill=DRILLS["butt_taps"])
    gap_m = 0.9 * (heels_for_tap_m(1.70, 43.0 + REST_DEG, REST_DEG) - stand_off_m(1.70))
    seen = [
        msgspec.structs.replace(
            rep(4.0 * n), tapped=True, tap_tilt_deg=43.0, tap_gap_mm=2.0,
            hip_travel_mm=1e3 * gap_m - 2.0,
        )
        for n in range(3)
    ]  # fmt: skip
    between, score = Between(setting, 1.70), Score()
    before_cm = between.heels_cm
    score.new_set()
    for each in seen:
        score.add(each, 1.70)
    score.end_set("count", 1.70)
    between.set_ended(score, advise(setting.drill, score.reps, 1.70))
    own_m = heels_for_tap_m(1.70, FIRST_TAP_DEG, REST_DEG, 0.9)
    assert between.heels_cm == round(100 * own_m)
    assert before_cm is not None
    assert between.heels_cm < before_cm
