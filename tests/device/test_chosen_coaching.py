"""What is chosen of the coach, through the whole pipeline: silent reps, cues off, the question."""

from __future__ import annotations

import msgspec
import pytest

from device.coaching import Coaching
from device.drills import DRILLS
from device.feedback import Feedback
from device.journal import Journal
from device.lamps import SILENT_LEVEL
from device.setup import Setting
from device.tick import Answer, Key, RepDone, SessionEvent, TickOutput
from device.voice import Voice
from services.schema import RepMessage
from tests.device.made import view
from tests.device.rig import (
    SACRUM,
    Log,
    Track,
    World,
    hinge,
    run,
    squat,
    visit,
)
from tests.device.test_loop import _body

PADS = ("head", "thoracic", "sacrum")
SILENT = Coaching(silent_reps=1)


def tones(log: Log) -> list[float]:
    return [c.value for _, c in log.changes if c.pin == "buzzer" and c.value > 0.0]


def test_a_silent_rep_tells_nothing_and_logs_everything() -> None:
    track = visit(3.0).rep(squat(), pause_s=2.0).rep(squat(), pause_s=2.0)
    world = World(track, opens=((SACRUM, 4.0, 4.8),))
    log = run(world, coaching=SILENT)
    first, second = log.reps
    assert (first.silent, second.silent) == ("opening", None)
    assert {entry.code for entry in first.faults} >= {"KNEE_DRIVEN", "SACRUM"}
    assert {entry.suppressed_by for entry in first.faults} == {"silent rep"}
    assert all(t > second.start_s for t, _ in log.cues)
    assert log.told("KNEE_DRIVEN")
    # No lamp speaks of it either; that it is silent is said by a dim white bar.
    for pad in PADS:
        assert log.level(f"led_{pad}_ok", 4.3) == log.level(f"led_{pad}_lost", 4.3) == 0.0
    assert log.level("status_white", 4.3) == SILENT_LEVEL
    assert log.level("status_orange", 4.3) == 0.0
    # It was counted: one short neutral tick, the same for good and bad.
    assert [hz for t, hz in buzzes(log) if t < second.start_s] == [660.0]
    # Afterwards everything is as always.
    assert log.level("led_head_ok", second.start_s + 0.5) == 1.0
    frames = {round(frame.t_s, 1): frame for frame in log.frames}
    assert frames[4.3].silent
    assert not frames[round(second.start_s + 0.5, 1)].silent


def buzzes(log: Log) -> list[tuple[float, float]]:
    return [(t, c.value) for t, c in log.changes if c.pin == "buzzer" and c.value > 0.0]


def test_the_promise_holds_in_faded_reps() -> None:
    track = visit(3.0).reps(2, pause_s=2.0)
    world = World(track, opens=((SACRUM, 10.2, 11.0),))
    log = run(world, stage="practice", coaching=Coaching(fade=True))
    assert [rep.faded for rep in log.reps] == [False, True]
    (told_s,) = log.told("SACRUM")
    assert 10.34 < told_s < 10.4
    assert log.level("led_sacrum_lost", 10.3) == 1.0
    # The first is praised, the second only counted.
    assert 1200.0 in tones(log)
    assert tones(log)[-1] == 660.0


def test_a_rep_that_is_not_good_and_not_told_is_counted_aloud() -> None:
    log = run(World(visit(3.0).rep(hinge(ratio=0.70), pause_s=2.0)))
    (rep,) = log.reps
    assert rep.verdict == "HIPS_NOT_BACK"
    assert [entry.suppressed_by for entry in rep.faults] == ["bandwidth"]
    assert tones(log) == [660.0]
    assert tones(run(World(visit(3.0).rep(pause_s=2.0)))) == [1200.0]


def test_retention_compares_the_sets_of_a_visit() -> None:
    good, bad = hinge(), squat()
    first = visit(3.0).rep(good).rep(good).rep(good)
    second = first.stand(3.0).rep(bad).rep(good).rep(good, pause_s=2.0)
    log = run(World(second), reps=3, coaching=SILENT)
    assert [rep.silent for rep in log.reps] == ["opening", None, "closing"] * 2
    assert log.places[3] == (2, 1)
    assert {frame.retention for frame in log.frames if frame.set_index == 1} == {None}
    assert log.frames[-1].retention == -1.0


# -- cues off --------------------------------------------------------------------------------


def test_cues_off_keeps_the_lamps_and_says_so_in_the_log() -> None:
    world = World(visit(3.0).rep(squat(), pause_s=2.0), opens=((SACRUM, 4.0, 4.8),))
    log = run(world, coaching=Coaching(cues=False, vibration=True))
    (rep,) = log.reps
    assert {entry.suppressed_by for entry in rep.faults} == {"cues off"}
    assert tones(log) == []
    assert log.rises("vibration") == []
    assert log.cues == []
    assert log.rises("led_sacrum_lost")[0] < 4.02
    assert log.level("status_orange", 4.6) == 1.0
    assert log.frames[-1].cues_off


def test_the_page_switches_cues_off_and_on_and_the_next_visit_starts_anew() -> None:
    track = visit(3.0).rep(squat(), pause_s=1.0).rep(squat(), pause_s=2.0)
    keys: tuple[tuple[float, Key], ...] = ((1.0, "cues"), (9.0, "cues"))
    log = run(World(track, keys=keys))
    assert {e.suppressed_by for e in log.reps[0].faults} == {"cues off"}
    left = World(track.stand(70.0), keys=((1.0, "cues"),), nobody=((14.0, 99.0),), opens=gone())
    log = run(left)
    assert [event.kind for _, event in log.sessions] == ["open", "close"]
    assert not log.frames[-1].cues_off


def gone() -> tuple[tuple[int, float, float], ...]:
    return tuple((pad, 14.0, 99.0) for pad in range(3))


# -- "How was that rep?" ---------------------------------------------------------------------


def three() -> Track:
    return visit(3.0).reps(2).rep(squat(), pause_s=7.0).rep(pause_s=2.0)


def asked(keys: tuple[tuple[float, Key], ...] = ()) -> tuple[Log, float]:
    log = run(World(three(), keys=keys), coaching=Coaching(self_estimate=True))
    return log, log.reps[2].end_s


def test_the_third_rep_is_asked_about_and_its_cue_waits_for_the_answer() -> None:
    log, end_s = asked()
    (begun, over) = edges(log)
    assert end_s < begun < end_s + 0.6
    assert 3.8 < over - begun < 4.2
    # A live cue is not held back; what comes after the rep is.
    assert all(not begun < t < over for t, _ in log.cues)
    during = [frame for frame in log.frames if frame.asking]
    assert {frame.last_verdict for frame in during} == {"GOOD"}
    assert {len(frame.set_verdicts) for frame in during} == {2}
    assert log.frames[-1].set_verdicts[2] == "KNEE_DRIVEN"
    assert {990.0, 660.0} <= {hz for t, hz in buzzes(log) if begun - 0.1 < t < begun + 1}


def edges(log: Log) -> tuple[float, float]:
    times = [frame.t_s for frame in log.frames if frame.asking]
    return times[0], times[-1]


def test_next_answers_and_is_no_command_then() -> None:
    log, _ = asked()
    begun, _ = edges(log)
    answer_s = round(begun + 1.0, 2) // 0.005 * 0.005
    log, _ = asked(((answer_s, "next"),))
    _, over = edges(log)
    assert abs(over - answer_s) < 0.1


@pytest.mark.parametrize(("drill", "asked"), [("dowel", True), ("log_only", False)])
def test_where_next_counts_the_reps_nobody_is_asked(drill: str, *, asked: bool) -> None:
    setting = Setting(drill=DRILLS[drill], coaching=Coaching(self_estimate=True))
    voice = Voice(setting, Feedback())
    for number in range(1, 4):
        voice.rep_end(number * 10**9, (), view(), verdict="GOOD", last=False)
    assert voice.asking is asked


def test_stop_ends_the_set_and_the_question() -> None:
    log, _ = asked()
    begun, _ = edges(log)
    log, _ = asked(((round(begun + 0.5, 2), "stop"),))
    assert log.told("STOP")
    assert edges(log)[1] - begun < 0.6


def _played(*outputs: TickOutput) -> list[RepMessage]:
    journal = Journal("s", "dowel", "learn")
    open_ = TickOutput(sessions=(SessionEvent("open"),))
    found = [m for output in (open_, *outputs) for m in journal.messages(output)]
    found += journal.close("end")
    return [m for m in found if isinstance(m, RepMessage)]


def test_the_log_gets_the_answer_with_its_rep_exactly_once() -> None:
    rep = RepDone(1, 3, _body(9.0), asked=True)
    other = RepDone(1, 4, _body(14.0))
    answered = TickOutput(answers=(Answer(1, 3, "not"),))
    (message,) = _played(TickOutput(reps=(rep,)), TickOutput(), answered)
    assert message.rep == msgspec.structs.replace(rep.body, self_estimate="not")
    # Order is kept, and what is never answered is not lost: not by a new rep, not at the end.
    messages = _played(TickOutput(reps=(rep,)), TickOutput(reps=(other,)), answered)
    assert [(m.rep_index, m.rep.self_estimate) for m in messages] == [(3, None), (4, None)]
    (message,) = _played(TickOutput(reps=(rep,)))
    assert message.rep.self_estimate is None
    closed = TickOutput(sessions=(SessionEvent("close", "left"),))
    assert len(_played(TickOutput(reps=(rep,)), closed)) == 1


# -- stages that move on ---------------------------------------------------------------------


def test_a_good_set_moves_the_stage_on_within_the_visit() -> None:
    track = visit(3.0).reps(5).stand(4.0).rep(pause_s=2.0)
    log = run(World(track), reps=5, coaching=Coaching(advance=True))
    assert log.verdicts == ["GOOD"] * 6
    by_set = {frame.set_index: frame.stage for frame in log.frames}
    assert by_set == {0: "learn", 1: "learn", 2: "practice"}
    stays = run(World(track), reps=5)
    assert {frame.stage for frame in stays.frames} == {"learn"}


def test_the_last_summary_comes_by_light_without_a_buzz() -> None:
    short = hinge(30)
    log = run(World(visit(3.0).reps(5, short, pause_s=1.5)), reps=5, stage="consolidate")
    (cue,) = [cue for _, cue in log.cues if cue.code == "DEPTH_LOW"]
    assert cue.channels == ("led",)
    assert log.state_at((cue.t_ns - 100 * 10**9) * 1e-9) == "RESTING"
    sets = [entry for entry in log.reps[-1].faults if entry.level == "set"]
    assert [(entry.code, entry.told) for entry in sets] == [("DEPTH_LOW", True)]
