"""One voice: what is told, when, and why the rest is not."""

from __future__ import annotations

from typing import Any

import pytest

from device.coach import Coach, Trigger
from device.faults import RepView
from device.limits import STAGES, StageName
from device.monitor import LiveEvent
from device.verdict import find
from tests.device.made import MS, S, fault, lost, view

ACTIVE = frozenset({"SACRUM", "THORACIC", "HEAD", "ALL_LOST", "KNEE_DRIVEN"})


def coach(stage: StageName = "learn") -> Coach:
    return Coach(STAGES[stage])


def begin(one: Coach, code: str, onset_ms: int) -> Trigger:
    rule = fault(code)
    t_ns = onset_ms * MS + round(rule.on_ms * MS)
    return one.live(LiveEvent(rule, onset_ms * MS, t_ns))


def told(
    one: Coach, from_ms: int, to_ms: int, active: frozenset[str] = ACTIVE
) -> list[tuple[int, str]]:
    """(ms, code) of what is told, ticking every 5 ms."""
    said = [(t, one.step(t * MS, active)) for t in range(from_ms, to_ms, 5)]
    return [(t, what.code) for t, what in said if what is not None]


@pytest.mark.parametrize(
    ("stage", "delay_ms"), [("learn", 250), ("practice", 150), ("consolidate", 100), ("probe", 250)]
)
def test_a_contact_sounds_after_its_stages_delay_in_every_stage(
    stage: StageName, delay_ms: int
) -> None:
    one = coach(stage)
    trigger = begin(one, "SACRUM", 1000)
    assert told(one, 1080, 2000) == [(1000 + delay_ms, "SACRUM")]
    assert trigger.told
    head = coach(stage)
    begin(head, "HEAD", 1000)
    assert told(head, 1120, 2000) == [(1500, "HEAD")]
    squat = coach(stage)
    begin(squat, "KNEE_DRIVEN", 1000)
    assert told(squat, 1000, 1200) == [(1000, "KNEE_DRIVEN")]


def test_what_is_over_before_its_sound_is_not_told() -> None:
    one = coach()
    trigger = begin(one, "SACRUM", 1000)
    assert told(one, 1080, 1240) == []
    assert told(one, 1240, 2000, frozenset()) == []
    assert (trigger.told, trigger.suppressed_by) == (False, "brief")


def test_one_at_a_time_the_more_important_first_and_400_ms_of_silence() -> None:
    one = coach()
    sacrum, knee = begin(one, "SACRUM", 1000), begin(one, "KNEE_DRIVEN", 1250)
    thoracic = begin(one, "THORACIC", 990)
    # Contacts speak before the squat, the earlier before the later.
    assert told(one, 1250, 3000) == [(1250, "THORACIC"), (1650, "SACRUM"), (2050, "KNEE_DRIVEN")]
    assert sacrum.told
    assert knee.told
    assert thoracic.told


def test_the_same_code_once_a_rep() -> None:
    one = coach()
    begin(one, "SACRUM", 1000)
    assert len(told(one, 1080, 1500)) == 1
    again = begin(one, "SACRUM", 1600)
    assert told(one, 1680, 3000) == []
    assert again.suppressed_by == "repeat"
    one.rep_end(3 * S, (), view())
    begin(one, "SACRUM", 3100)
    assert len(told(one, 3180, 4000)) == 1


def test_what_waits_behind_another_and_is_over_by_then_lost_to_priority() -> None:
    one = coach()
    begin(one, "SACRUM", 1000)
    squat = begin(one, "KNEE_DRIVEN", 1250)
    assert told(one, 1250, 1500) == [(1250, "SACRUM")]
    assert told(one, 1500, 3000, ACTIVE - {"KNEE_DRIVEN"}) == []
    assert squat.suppressed_by == "priority"


def test_a_lost_sensor_silences_what_waits() -> None:
    one = coach()
    trigger = begin(one, "SACRUM", 1000)
    one.hold()
    assert told(one, 1200, 2000) == []
    assert trigger.suppressed_by == "sensor"


# -- at the rep's end ------------------------------------------------------------------------


def end(one: Coach, t_ms: int, rep: RepView, **how: Any) -> dict[str, str | None]:
    triggers = one.rep_end(t_ms * MS, find(rep), rep, **how)
    return {t.fault.code: "told" if t.told else t.suppressed_by for t in triggers}


BAD: dict[str, Any] = {"hinge_ratio": 0.5}


def test_a_fault_is_told_at_the_end_and_advice_waits_for_a_good_rep() -> None:
    one = coach()
    assert end(one, 5000, view(**BAD, peak_rate_dps=90.0)) == {
        "HIPS_NOT_BACK": "told",
        "FAST": "priority",
    }
    assert told(one, 5000, 6000) == [(5000, "HIPS_NOT_BACK")]
    other = coach()
    assert end(other, 5000, view(peak_tilt_deg=30.0, peak_rate_dps=90.0)) == {
        "DEPTH_LOW": "told",
        "FAST": "priority",
    }


def test_advice_also_waits_when_the_fault_was_told_live() -> None:
    assert end(coach(), 5000, view(peak_rate_dps=90.0), named=True) == {"FAST": "priority"}


def test_an_end_cue_waits_for_the_silence_after_a_live_one() -> None:
    one = coach()
    begin(one, "SACRUM", 4650)
    assert told(one, 4730, 5000) == [(4900, "SACRUM")]
    assert end(one, 5000, view(**BAD))["HIPS_NOT_BACK"] == "told"
    assert told(one, 5000, 6000) == [(5300, "HIPS_NOT_BACK")]


def test_told_live_is_not_told_again() -> None:
    one = coach()
    begin(one, "KNEE_DRIVEN", 1000)
    told(one, 1000, 1100)
    squat = view(drop_at_bottom_mm=150.0, drop_angle_deg=40.0, shin_angle_deg=25.0)
    assert end(one, 3000, squat)["KNEE_DRIVEN"] == "told live"


def test_why_a_rep_end_is_not_told() -> None:
    assert end(coach("probe"), 5000, view(**BAD)) == {"HIPS_NOT_BACK": "stage"}
    assert end(coach("consolidate"), 5000, view(**BAD)) == {"HIPS_NOT_BACK": "summary"}
    assert end(coach(), 5000, view(hinge_ratio=0.7)) == {"HIPS_NOT_BACK": "bandwidth"}
    assert end(coach(), 5000, view(**BAD, valid=False)) == {"HIPS_NOT_BACK": "unscored"}
    assert end(coach(), 5000, view(**BAD), last=True) == {"HIPS_NOT_BACK": "set end"}


def test_practice_tells_what_holds_in_two_of_three() -> None:
    one = coach("practice")
    outcomes = [
        end(one, 5000 * i, view(**(BAD if bad else {}))).get("HIPS_NOT_BACK")
        for i, bad in enumerate((True, False, True, False, False, True, True), 1)
    ]
    assert outcomes == ["two of three", None, "told", None, None, "two of three", "told"]


def test_the_same_words_at_most_three_times_in_a_row_then_others_then_none() -> None:
    one = coach()
    outcomes = [end(one, 5000 * i, view(**BAD))["HIPS_NOT_BACK"] for i in range(1, 9)]
    assert outcomes == ["told"] * 6 + ["three in a row", "three in a row"]
    end(one, 60_000, view())
    assert end(one, 65_000, view(**BAD))["HIPS_NOT_BACK"] == "told"


def test_a_cue_after_one_rep_does_not_silence_the_next_rep() -> None:
    one = coach()
    for i in (1, 2, 3):
        assert end(one, 5000 * i, view(**BAD))["HIPS_NOT_BACK"] == "told"
        assert told(one, 5000 * i, 5000 * i + 500) == [(5000 * i, "HIPS_NOT_BACK")]


def test_waiting_live_cues_end_with_the_rep() -> None:
    one = coach()
    trigger = begin(one, "SACRUM", 4900)
    end(one, 5000, view(losses=(lost(2, 90),)))
    assert trigger.suppressed_by == "rep ended"
    assert told(one, 5000, 5800) == [(5000, "SACRUM")]


def test_an_entry_says_when_and_why() -> None:
    one = coach()
    trigger = begin(one, "SACRUM", 1000)
    entry = trigger.entry(500 * MS)
    assert (entry.code, entry.level, entry.time_s) == ("SACRUM", "live", 0.58)
    assert (entry.told, entry.suppressed_by) == (False, "priority")
    told(one, 1080, 1500)
    entry = trigger.entry(0)
    assert (entry.told, entry.suppressed_by) == (True, None)
