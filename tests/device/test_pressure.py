"""Graded pads: pressed more lightly than in standing before they open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from device.limits import LOG, STAGES
from device.pad_track import LIGHT_READS, REST_READS, PadTrack
from device.pressure import Light
from device.verdict import find, name
from drivers.samples import PadSample
from tests.device.made import ALL, GOOD, S, fault, lost, view

MS = 1_000_000
EVERY_NS = 15 * MS
SACRUM = 2


def pressed(track: PadTrack, start_ns: int, levels: list[float]) -> int:
    """Feed one reading every 15 ms; when the next is due."""
    for i, level in enumerate(levels):
        track.update(PadSample(start_ns + i * EVERY_NS, SACRUM, level, level > 0.1))
    return start_ns + len(levels) * EVERY_NS


def standing(level: float = 0.8) -> tuple[PadTrack, int]:
    track = PadTrack()
    t_ns = pressed(track, S, [level] * REST_READS)
    track.take_zero()
    return track, t_ns


def told(track: PadTrack, start_ns: int, end_ns: int) -> tuple[int, float] | None:
    found = track.lightest(start_ns, end_ns)
    return None if found is None else (found[0], round(found[1], 6))


def test_the_lightest_is_a_share_of_standing() -> None:
    track, start_ns = standing(0.8)
    end_ns = pressed(track, start_ns, [0.8] * 10 + [0.4] * 8 + [0.8] * 10)
    assert told(track, start_ns, end_ns) == (start_ns + 10 * EVERY_NS, 0.5)


def test_one_low_reading_does_not_count() -> None:
    track, start_ns = standing()
    end_ns = pressed(track, start_ns, [0.8] * 10 + [0.2] * (LIGHT_READS - 1) + [0.8] * 10)
    assert told(track, start_ns, end_ns) == (start_ns, 1.0)


def test_only_what_lies_between_the_two_times_counts() -> None:
    track, start_ns = standing()
    middle_ns = pressed(track, start_ns, [0.3] * 10)
    end_ns = pressed(track, middle_ns, [0.6] * 10)
    assert told(track, middle_ns, end_ns) == (middle_ns, 0.75)


def test_nothing_is_known_without_standing_or_with_few_readings() -> None:
    track = PadTrack()
    end_ns = pressed(track, S, [0.8] * 20)
    assert track.lightest(S, end_ns) is None
    track, start_ns = standing()
    end_ns = pressed(track, start_ns, [0.3] * (LIGHT_READS - 1))
    assert track.lightest(start_ns, end_ns) is None


def test_a_pad_hardly_pressed_in_standing_has_nothing_to_lose() -> None:
    track, start_ns = standing(0.2)
    end_ns = pressed(track, start_ns, [0.12] * 20)
    assert track.lightest(start_ns, end_ns) is None


def test_the_pressure_of_standing_follows_the_person_but_not_every_reading() -> None:
    track, t_ns = standing(0.8)
    t_ns = pressed(track, t_ns, [0.4] * 2)
    track.take_zero()
    assert track.rest_level == pytest.approx(0.8)
    t_ns = pressed(track, t_ns, [0.4] * REST_READS)
    track.take_zero()
    assert track.rest_level == pytest.approx(0.4)


def light(share: float) -> tuple[None, None, Light]:
    return (None, None, Light(11 * S, share))


def test_a_light_sacrum_names_the_rep_where_pads_are_graded() -> None:
    lightly = view(lightest=light(LOG.light_share - 0.01), graded=True)
    assert name(lightly, find(lightly)) == "SACRUM"
    assert [found.t_ns for found in find(lightly)] == [11 * S]
    firm = view(lightest=light(LOG.light_share + 0.01), graded=True)
    assert name(firm, find(firm)) == "GOOD"
    touch = view(lightest=light(0.1), graded=False)
    assert name(touch, find(touch)) == "GOOD"


def test_an_opening_comes_before_the_pressure() -> None:
    both = view(losses=(lost(SACRUM, 200.0),), lightest=light(0.0), graded=True)
    rep = fault("SACRUM").rep
    assert rep is not None
    assert rep(both) == both.measured.losses[0].t_ns


@pytest.mark.parametrize(("stage", "told_below"), [("learn", 0.40), ("practice", 0.50)])
def test_a_stage_tells_what_is_clearly_light(stage: str, told_below: float) -> None:
    beyond = fault("SACRUM").beyond
    assert beyond is not None
    band = next(value for key, value in STAGES.items() if key == stage)
    assert beyond(view(lightest=light(told_below - 0.01), graded=True), band)
    assert not beyond(view(lightest=light(told_below + 0.01), graded=True), band)
    opened = replace(GOOD, losses=(lost(SACRUM, 200.0),), lightest=light(0.9))
    assert beyond(view(opened, graded=True), band)


def test_head_and_thoracic_pads_are_not_judged_by_pressure() -> None:
    lightly = view(lightest=(Light(S, 0.1), Light(S, 0.1), None), graded=True)
    assert name(lightly, find(lightly)) == "GOOD"
    assert lightly.judged == ALL
