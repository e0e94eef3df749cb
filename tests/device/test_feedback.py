"""Lamps and sounds as functions of time: names, limits, rhythm."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.faults import FAULTS
from device.feedback import SOUND_OF_LIVE, SOUNDS, Feedback, Show
from drivers.outputs import BUZZER_MAX_HZ, BUZZER_MIN_HZ, OUTPUTS
from tests.device.made import MS

CALM = Show(
    pads=("closed", "closed", "closed"),
    lost_since_ns=(0, 0, 0),
    person=True,
    measuring=True,
    stopped=False,
    waiting=False,
    squat=False,
    gauge=0.0,
    muted=False,
)


def levels(feedback: Feedback, show: Show, to_ms: int, from_ms: int = 0) -> list[dict[str, float]]:
    """The level of every output at each 5 ms."""
    now: dict[str, float] = dict.fromkeys(OUTPUTS, 0.0)
    seen = []
    for t in range(from_ms, to_ms, 5):
        for change in feedback.step(t * MS, show):
            assert change.pin in OUTPUTS
            assert now[change.pin] != change.value
            now[change.pin] = change.value
        seen.append(dict(now))
    return seen


def flashes(values: list[float]) -> int:
    return sum(a == 0.0 and b > 0.0 for a, b in pairwise(values))


shows = st.builds(
    Show,
    pads=st.tuples(*[st.sampled_from(["closed", "open", "not_judged", "stale"])] * 3),
    lost_since_ns=st.tuples(*[st.integers(0, 500 * MS)] * 3),
    person=st.booleans(),
    measuring=st.booleans(),
    stopped=st.booleans(),
    waiting=st.booleans(),
    squat=st.booleans(),
    gauge=st.floats(-1, 3),
    muted=st.booleans(),
)


@given(shows)
def test_nothing_flashes_faster_than_3_hz_and_levels_are_levels(show: Show) -> None:
    seen = levels(Feedback(), show, 2000)
    for pin in OUTPUTS:
        values = [level[pin] for level in seen]
        assert flashes(values) <= 6
        if pin != "buzzer":
            assert all(0.0 <= value <= 1.0 for value in values)


@given(shows)
def test_an_ok_lamp_says_closed_and_measured_and_nothing_else(show: Show) -> None:
    (seen,) = levels(Feedback(), show, 5)
    for i, pad in enumerate(("head", "thoracic", "sacrum")):
        sure = show.person and show.measuring and show.pads[i] == "closed"
        assert (seen[f"led_{pad}_ok"] == 1.0) is sure
        if not (show.person and show.measuring and show.pads[i] == "open"):
            assert seen[f"led_{pad}_lost"] == 0.0


@pytest.mark.parametrize("name", SOUNDS)
def test_sounds_lie_between_500_and_2000_hz_and_the_buzzer_has_them(name: str) -> None:
    tones = [hz for hz, _ in SOUNDS[name] if hz]
    assert tones
    for hz in tones:
        assert 500 <= hz <= 2000
        assert BUZZER_MIN_HZ <= hz <= BUZZER_MAX_HZ
    assert len({SOUNDS[n] for n in SOUNDS}) == len(SOUNDS)


def test_every_live_fault_has_its_sound() -> None:
    assert set(SOUND_OF_LIVE) == {f.code for f in FAULTS if f.live is not None}
    assert set(SOUND_OF_LIVE.values()) <= set(SOUNDS)


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_plays_its_tones_for_their_time_on_buzzer_and_motor(name: str) -> None:
    feedback = Feedback()
    feedback.play(100 * MS, name)
    seen = levels(feedback, CALM, 2500, 100)
    for hz in {hz for hz, _ in SOUNDS[name] if hz}:
        planned = sum(ms for tone, ms in SOUNDS[name] if tone == hz)
        assert sum(5 for level in seen if level["buzzer"] == hz) == pytest.approx(planned, abs=10)
    assert all((level["buzzer"] > 0) == (level["vibration"] == 1.0) for level in seen)
    assert seen[0]["buzzer"] > 0
    assert seen[-1]["buzzer"] == 0


def test_muted_is_no_buzzer_but_the_motor_stays() -> None:
    feedback = Feedback()
    feedback.play(0, "squat")
    seen = levels(feedback, CALM._replace(muted=True), 400)
    assert {level["buzzer"] for level in seen} == {0.0}
    assert seen[0]["vibration"] == 1.0


def test_a_lost_pad_blinks_at_2_hz_from_its_very_moment() -> None:
    for since in (0, 123, 490):
        show = CALM._replace(pads=("closed", "open", "closed"), lost_since_ns=(0, since * MS, 0))
        seen = levels(Feedback(), show, since + 2000, since)
        values = [0.0, *(level["led_thoracic_lost"] for level in seen)]
        assert values[1] == 1.0
        assert flashes(values) == 4
        assert seen[0]["led_thoracic_ok"] == 0.0
        assert seen[0]["led_head_ok"] == 1.0


def test_a_pad_stamped_after_its_tick_lights_at_once() -> None:
    show = CALM._replace(pads=("open", "closed", "closed"), lost_since_ns=(2 * MS, 0, 0))
    (seen,) = levels(Feedback(), show, 5)
    assert seen["led_head_lost"] == 1.0


def bar(show: Show, at_ms: int = 1000, **calls: int) -> dict[str, float]:
    feedback = Feedback()
    for call, t in calls.items():
        getattr(feedback, call)(t * MS)
    seen = levels(feedback, show, at_ms + 5, at_ms)[0]
    return {name: seen[f"status_{name}"] for name in ("white", "blue", "orange")}


def test_what_the_bar_says_first() -> None:
    busy: dict[str, Any] = {"squat": True, "waiting": True, "gauge": 0.5}
    stopped = CALM._replace(stopped=True, measuring=False, **busy)
    assert bar(stopped) == {"white": 0, "blue": 0, "orange": 1}
    gone = CALM._replace(measuring=False, **busy)
    assert bar(gone, 1000) == {"white": 1, "blue": 0, "orange": 0}
    assert bar(gone, 1500) == {"white": 0, "blue": 0, "orange": 0}
    assert bar(CALM._replace(**busy)) == {"white": 0, "blue": 0, "orange": 1}
    assert bar(CALM, cue_light=0)["orange"] == 1
    assert bar(CALM, 1600, cue_light=0)["orange"] == 0
    assert bar(CALM, 300, good_light=0)["blue"] == 1
    assert bar(CALM, 500, good_light=0)["blue"] == 0
    assert bar(CALM._replace(gauge=0.52))["blue"] == 0.5
    assert bar(CALM._replace(gauge=-3.0))["blue"] == 0
    assert bar(CALM._replace(gauge=3.0))["blue"] == 1


def test_waiting_breathes_at_half_a_hertz() -> None:
    whites = [x["status_white"] for x in levels(Feedback(), CALM._replace(waiting=True), 4000)]
    assert max(whites) == 1.0
    assert flashes(whites) <= 2


def test_only_changes_are_given() -> None:
    feedback = Feedback()
    assert feedback.step(0, CALM)
    assert feedback.step(5 * MS, CALM) == ()
