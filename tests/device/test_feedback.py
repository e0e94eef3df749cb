"""Lamps and sounds as functions of time: names, limits, rhythm."""

from __future__ import annotations

from itertools import pairwise
from math import sin
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from device.faults import FAULTS
from device.feedback import Feedback, Show
from device.lamps import LIT_NS, PadShow
from device.patterns import SHAKES, SOUND_OF_LIVE, SOUNDS
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
    silent=st.booleans(),
    cues_off=st.booleans(),
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
        known = show.person and show.measuring and not show.silent
        assert (seen[f"led_{pad}_ok"] == 1.0) is (known and show.pads[i] == "closed")
        if not (known and show.pads[i] == "open"):
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
def test_a_sound_plays_its_tones_and_its_shake_for_their_time(name: str) -> None:
    feedback = Feedback(vibration=True)
    feedback.play(100 * MS, name)
    seen = levels(feedback, CALM, 2500, 100)
    for hz in {hz for hz, _ in SOUNDS[name] if hz}:
        planned = sum(ms for tone, ms in SOUNDS[name] if tone == hz)
        assert sum(5 for level in seen if level["buzzer"] == hz) == pytest.approx(planned, abs=10)
    shaken = sum(ms for on, ms in SHAKES.get(name, ()) if on)
    assert sum(5 for level in seen if level["vibration"]) == pytest.approx(shaken, abs=10)
    assert seen[0]["buzzer"] > 0
    assert seen[-1]["buzzer"] == seen[-1]["vibration"] == 0


def test_shakes_are_told_apart_by_count_and_length() -> None:
    pulses = {name: [ms for on, ms in shake if on] for name, shake in SHAKES.items()}
    assert set(SHAKES) <= set(SOUNDS)
    assert len(pulses["contact"]) == 2
    assert pulses["stop"] == [1000]
    (squat,) = pulses["squat"]
    (good,) = pulses["good"]
    long, short = pulses["rep_cue"]
    assert squat >= 5 * good
    assert long >= 3 * short
    # A motor takes some 30 ms to be felt.
    assert all(ms >= 60 for shake in pulses.values() for ms in shake)


def test_without_a_motor_nothing_shakes_and_a_new_sound_ends_the_old_shake() -> None:
    feedback = Feedback()
    feedback.play(0, "stop")
    assert {level["vibration"] for level in levels(feedback, CALM, 1000)} == {0.0}
    shaking = Feedback(vibration=True)
    shaking.play(0, "stop")
    assert levels(shaking, CALM, 100)[-1]["vibration"] == 1.0
    shaking.play(100 * MS, "set_end")
    after = [shaking.step(t * MS, CALM) for t in range(100, 1000, 5)]
    shakes = [change.value for row in after for change in row if change.pin == "vibration"]
    assert shakes == [0.0]


def test_muted_is_no_buzzer_but_the_motor_stays_and_cues_off_is_neither() -> None:
    feedback = Feedback(vibration=True)
    feedback.play(0, "squat")
    seen = levels(feedback, replace(CALM, muted=True), 400)
    assert {level["buzzer"] for level in seen} == {0.0}
    assert seen[0]["vibration"] == 1.0
    off = Feedback(vibration=True)
    off.play(0, "squat")
    seen = levels(off, replace(CALM, cues_off=True), 400)
    assert {(level["buzzer"], level["vibration"]) for level in seen} == {(0.0, 0.0)}
    assert seen[0]["led_head_ok"] == 1.0


def test_a_lost_pad_blinks_at_2_hz_from_its_very_moment() -> None:
    for since in (0, 123, 490):
        show = replace(CALM, pads=("closed", "open", "closed"), lost_since_ns=(0, since * MS, 0))
        seen = levels(Feedback(), show, since + 2000, since)
        values = [0.0, *(level["led_thoracic_lost"] for level in seen)]
        assert values[1] == 1.0
        assert flashes(values) == 4
        assert seen[0]["led_thoracic_ok"] == 0.0
        assert seen[0]["led_head_ok"] == 1.0


def test_a_pad_stamped_after_its_tick_lights_at_once() -> None:
    show = replace(CALM, pads=("open", "closed", "closed"), lost_since_ns=(2 * MS, 0, 0))
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
    stopped = replace(CALM, stopped=True, measuring=False, **busy)
    assert bar(stopped) == {"white": 0, "blue": 0, "orange": 1}
    gone = replace(CALM, measuring=False, **busy)
    assert bar(gone) == {"white": 1, "blue": 0, "orange": 0}
    whites = [x["status_white"] for x in levels(Feedback(), gone, 2000)]
    assert [whites[0], whites[110], whites[210], whites[310]] == [1, 0, 1, 0]
    assert bar(replace(CALM, **busy)) == {"white": 0, "blue": 0, "orange": 1}
    assert bar(CALM, cue_light=0)["orange"] == 1
    assert bar(CALM, 1600, cue_light=0)["orange"] == 0
    assert bar(CALM, 300, good_light=0)["blue"] == 1
    assert bar(CALM, 500, good_light=0)["blue"] == 0
    assert bar(replace(CALM, gauge=0.52))["blue"] == 0.5
    assert bar(replace(CALM, gauge=-3.0))["blue"] == 0
    assert bar(replace(CALM, gauge=3.0))["blue"] == 1


def test_the_gauge_fills_in_small_steps_and_white_joins_at_the_target() -> None:
    feedback = Feedback()
    blues: list[float] = []
    whites: list[float] = []
    for i in range(101):
        seen = levels(feedback, replace(CALM, gauge=i / 100), 1005 + 5 * i, 1000 + 5 * i)
        for level in seen:
            blues.append(level["status_blue"] or (blues[-1] if blues else 0.0))
            whites.append(level["status_white"])
    assert blues == sorted(blues)
    assert blues[-1] == 1.0
    assert max(b - a for a, b in pairwise(blues)) <= 0.11
    assert whites[-1] == 1.0
    assert whites.count(1.0) == 1


def test_a_swaying_person_does_not_make_the_gauge_flicker() -> None:
    feedback = Feedback()
    changes = 0
    for i in range(400):
        changes += len(feedback.step(i * 5 * MS, replace(CALM, gauge=0.5 + 0.03 * (i % 2)))) > 0
    assert changes == 1


def test_a_silent_rep_shows_nothing_of_itself_but_that_it_is_one() -> None:
    show = replace(CALM, pads=("open", "closed", "closed"), gauge=1.0, silent=True, squat=False)
    seen = levels(Feedback(), show, 2000)
    for level in seen:
        lit = {pin for pin, value in level.items() if value}
        assert lit == {"status_white"}
        assert level["status_white"] == 0.3


moments = st.tuples(
    st.sampled_from(["closed", "open", "open", "stale"]),
    st.booleans(),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([False, False, True]),
    st.booleans(),
    st.integers(1, 60),
)


def chatter(drawn: list[tuple[PadShow, bool, bool, bool, bool, int]]) -> list[Show]:
    """What a bad pad, a judgement at its limit, a bad plug and a lost beam make of the ticks."""
    shows: list[Show] = []
    last: PadShow | None = None
    since = 0
    for pad, squat, measuring, waiting, seen, ticks in drawn:
        if pad != last:
            last, since = pad, len(shows) * 5 * MS
        for _ in range(ticks):
            gauge = 0.6 + 0.5 * sin(len(shows) / 40.0) if seen else None
            shows.append(
                replace(
                    CALM,
                    pads=(pad, "closed", "closed"),
                    lost_since_ns=(since, 0, 0),
                    squat=squat,
                    measuring=measuring,
                    waiting=waiting,
                    gauge=gauge,
                )
            )
    return shows


@given(st.lists(moments, min_size=1, max_size=40).map(chatter))
def test_whatever_chatters_no_lamp_lights_up_four_times_in_a_second(shows: list[Show]) -> None:
    feedback = Feedback()
    now = dict.fromkeys(OUTPUTS, 0.0)
    rises: dict[str, list[int]] = {pin: [] for pin in OUTPUTS}
    for i, show in enumerate(shows):
        t_ns = i * 5 * MS
        was_lit = now["led_head_lost"]
        for change in feedback.step(t_ns, show):
            if now[change.pin] == 0.0 and change.value > 0.0:
                rises[change.pin].append(t_ns)
            now[change.pin] = change.value
        known = show.measuring and show.pads[0] in ("open", "closed")
        if not known:
            assert now["led_head_lost"] == now["led_head_ok"] == 0.0
        if show.pads[0] == "open":
            assert now["led_head_ok"] == 0.0
        fresh = show.lost_since_ns[0] == t_ns and known and show.pads[0] == "open"
        before = [t for t in rises["led_head_lost"] if t < t_ns]
        if fresh and (not before or t_ns - before[-1] >= LIT_NS):
            # Nothing keeps a lamp from lighting on the tick of the loss.
            assert now["led_head_lost"] == 1.0 or was_lit
    for pin in OUTPUTS:
        assert all(b - a >= LIT_NS for a, b in pairwise(rises[pin])), pin


def test_a_chattering_pad_keeps_its_lamp_lit() -> None:
    feedback = Feedback()
    lit = []
    for i in range(200):
        bounce: PadShow = "open" if i // 4 % 2 == 0 else "closed"
        show = replace(
            CALM, pads=(bounce, "closed", "closed"), lost_since_ns=(i // 4 * 20 * MS, 0, 0)
        )
        lit.append([c for c in feedback.step(i * 5 * MS, show) if c.pin == "led_head_lost"])
    changes = [c.value for row in lit for c in row]
    assert changes[0] == 1.0
    assert changes.count(1.0) <= 3


def test_waiting_breathes_at_half_a_hertz_without_visible_steps() -> None:
    whites = [x["status_white"] for x in levels(Feedback(), replace(CALM, waiting=True), 4000)]
    assert max(whites) == 1.0
    assert min(whites) > 0.0
    peaks = [i for i, (a, b) in enumerate(pairwise(whites)) if a < 1.0 <= b]
    assert len(peaks) == 2
    # Seen brightness goes with about the 1/2.2 power of the light.
    seen = [value ** (1 / 2.2) for value in whites]
    assert max(abs(b - a) for a, b in pairwise(seen)) < 0.05


def test_only_changes_are_given() -> None:
    feedback = Feedback()
    assert feedback.step(0, CALM)
    assert feedback.step(5 * MS, CALM) == ()
