"""What the coach tells when the same is said again and again, over five reps, or not at all."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.coach import Coach, Told, Trigger
from device.faults import FAULTS, RepView
from device.limits import SILENCE_MS, STAGES, StageName
from device.monitor import LiveEvent
from device.verdict import find
from tests.device.made import MS, S, fault, lost, view

BAD: dict[str, Any] = {"hinge_ratio": 0.5}
SHORT: dict[str, Any] = {"peak_tilt_deg": 30.0}
HUSHES = (None, "silent rep", "cues off")


def after_rep(one: Coach, t_s: int, rep: RepView, **how: Any) -> Told | None:
    one.rep_end(t_s * S, find(rep), rep, **how)
    return one.step(t_s * S, frozenset())


def test_after_three_times_other_words_then_the_easier_form_then_none() -> None:
    one = Coach(STAGES["learn"], "Use the wall")
    said = [after_rep(one, 5 * i, view(**BAD)) for i in range(1, 10)]
    first, again = fault("HIPS_NOT_BACK").words, fault("HIPS_NOT_BACK").again
    assert [told and told.words for told in said] == [
        *[first] * 3, *[again] * 3, "Use the wall", None, None,
    ]  # fmt: skip
    assert [told and told.wording for told in said] == [
        *[None] * 3, *["again"] * 3, "regress", None, None,
    ]  # fmt: skip
    # Another cue between, or a rep without anything, and it may be said in its own words again.
    assert after_rep(one, 60, view(**SHORT)) is not None
    told = after_rep(one, 65, view(**BAD))
    assert told is not None
    assert told.words == first


def test_live_cues_go_on_for_ever_in_other_words() -> None:
    one = Coach(STAGES["learn"])
    words = []
    for i in range(1, 10):
        one.live(LiveEvent(fault("SACRUM"), 5 * i * S, 5 * i * S + 80 * MS))
        told = one.step(5 * i * S + 250 * MS, frozenset({"SACRUM"}))
        assert told is not None
        words.append(told.wording)
        one.rep_end((5 * i + 2) * S, (), view(losses=(lost(2, 300),)), live=(fault("SACRUM"),))
    assert words == [None] * 3 + ["again"] * 6


def test_the_wording_is_logged_with_the_trigger() -> None:
    one = Coach(STAGES["learn"])
    entries = []
    for i in range(1, 5):
        (trigger,) = one.rep_end(5 * i * S, find(view(**BAD)), view(**BAD))
        one.step(5 * i * S, frozenset())
        entries.append(trigger.entry(0))
    assert [entry.wording for entry in entries] == [None, None, None, "again"]


def test_each_fault_has_second_words_that_fit_the_page() -> None:
    for one in FAULTS:
        assert one.again != one.words
        assert 0 < len(one.again) <= 24
    assert len({one.again for one in FAULTS}) == len(FAULTS)


# -- the summary after five ------------------------------------------------------------------


def summary(*found: dict[str, Any], last: int = 0) -> list[tuple[str | None, list[Trigger]]]:
    one = Coach(STAGES["consolidate"])
    out = []
    for i, changes in enumerate(found, 1):
        rep = view(**changes)
        triggers = one.rep_end(5 * i * S, find(rep), rep, last=i == last)
        told = one.step(5 * i * S, frozenset())
        out.append((told and told.code, list(triggers)))
    return out


def test_consolidate_tells_the_most_frequent_fault_of_five_and_nothing_in_between() -> None:
    out = summary(BAD, {}, SHORT, BAD, {}, SHORT, SHORT, {}, BAD, SHORT)
    assert [code for code, _ in out] == [None] * 4 + ["HIPS_NOT_BACK"] + [None] * 4 + ["DEPTH_LOW"]
    rep_level = [t for _, triggers in out for t in triggers if t.level == "rep"]
    assert {t.suppressed_by for t in rep_level} == {"summary"}
    (fifth,) = out[4][1]
    assert (fifth.level, fifth.told) == ("set", True)
    assert fifth.entry(0).level == "set"


def test_what_names_goes_before_advice_and_once_in_five_is_not_told() -> None:
    assert summary(BAD, BAD, SHORT, SHORT, SHORT)[-1][0] == "HIPS_NOT_BACK"
    assert summary(BAD, {}, {}, {}, SHORT)[-1][0] is None


def test_five_good_reps_are_a_good_summary() -> None:
    one = Coach(STAGES["consolidate"])
    goods = []
    for i in range(1, 11):
        bad = i in (1, 7, 8)
        rep = view(**(BAD if bad else {}))
        one.rep_end(5 * i * S, find(rep), rep, named=bad)
        goods.append(one.good_summary)
    assert [i for i, good in enumerate(goods, 1) if good] == [5]


def test_the_last_five_are_summed_up_at_the_sets_end() -> None:
    assert summary(BAD, BAD, {}, {}, {}, last=5)[-1][0] == "HIPS_NOT_BACK"


def test_live_faults_count_and_silent_and_unscored_reps_do_not() -> None:
    one = Coach(STAGES["consolidate"])
    for i in range(1, 9):
        hush, valid = ("silent rep" if i < 3 else None), i != 3
        rep = view(valid=valid)
        one.rep_end(5 * i * S, (), rep, live=(fault("HEAD"),), named=True, hush=hush)
        told = one.step(5 * i * S, frozenset())
        assert (told is not None) is (i == 8)
    assert told is not None
    assert told.code == "HEAD"


# -- quiet reps ------------------------------------------------------------------------------


@pytest.mark.parametrize("hush", ["silent rep", "cues off"])
def test_nothing_is_told_of_a_hushed_rep_and_everything_says_why(hush: str) -> None:
    one = Coach(STAGES["learn"])
    live = one.live(LiveEvent(fault("KNEE_DRIVEN"), 4 * S, 4 * S))
    assert one.step(4 * S, frozenset({"KNEE_DRIVEN"}), hush=hush) is None
    waiting = one.live(LiveEvent(fault("SACRUM"), 4 * S, 4 * S + 80 * MS))
    triggers = one.rep_end(5 * S, find(view(**BAD)), view(**BAD), hush=hush)
    assert one.step(5 * S, frozenset()) is None
    assert {t.suppressed_by for t in (live, waiting, *triggers)} == {hush}


def test_a_faded_rep_keeps_the_promise_and_no_more() -> None:
    one = Coach(STAGES["learn"])
    one.live(LiveEvent(fault("SACRUM"), 4 * S, 4 * S + 80 * MS))
    assert one.step(4 * S + 250 * MS, frozenset({"SACRUM"})) is not None
    (trigger,) = one.rep_end(6 * S, find(view(**BAD)), view(**BAD), faded=True)
    assert one.step(7 * S, frozenset()) is None
    assert trigger.suppressed_by == "faded"


def test_a_cue_waits_for_the_answer_to_the_question() -> None:
    one = Coach(STAGES["learn"])
    one.rep_end(5 * S, find(view(**BAD)), view(**BAD))
    assert one.step(5 * S, frozenset(), asking=True) is None
    told = one.step(8 * S, frozenset())
    assert told is not None
    assert told.code == "HIPS_NOT_BACK"


# -- whatever happens ------------------------------------------------------------------------

LIVE = [one for one in FAULTS if one.live is not None]
REPS = [{}, BAD, SHORT, {"peak_rate_dps": 90.0}, {"hinge_ratio": 0.7}, {**BAD, "valid": False}]
rep_plans = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from(LIVE), st.integers(0, 1800), st.integers(0, 900))),
        st.sampled_from(REPS),
        st.sampled_from(HUSHES),
        st.booleans(),
    ),
    max_size=12,
)


@given(st.sampled_from(sorted(STAGES)), rep_plans)
def test_one_thing_at_a_time_and_every_trigger_says_what_became_of_it(
    stage: StageName, plan: list[Any]
) -> None:
    one = Coach(STAGES[stage], "Use the wall")
    told: list[tuple[int, Told]] = []
    triggers: list[Trigger] = []
    for number, (lives, rep, hush, faded) in enumerate(plan):
        base_ms = 1000 + 4000 * number
        in_rep: list[Trigger] = []
        for t_ms in range(base_ms, base_ms + 2000, 5):
            for what, at_ms, _ in lives:
                if t_ms == base_ms + at_ms // 5 * 5:
                    in_rep.append(one.live(LiveEvent(what, t_ms * MS, t_ms * MS)))
            active = frozenset(
                what.code
                for what, at, for_ms in lives
                if at // 5 * 5 <= t_ms - base_ms <= at + for_ms
            )
            said = one.step(t_ms * MS, active, hush=hush)
            if said is not None:
                told.append((t_ms, said))
        end_ms = base_ms + 2000
        made = view(**rep)
        at_end = one.rep_end(
            end_ms * MS, find(made), made,
            live=tuple(t.fault for t in in_rep), hush=hush, faded=faded,
        )  # fmt: skip
        assert sum(t.told for t in at_end) <= 1
        live_told = [t.fault.code for t in in_rep if t.told]
        assert len(live_told) == len(set(live_told))
        if hush is not None:
            assert not any(t.told for t in (*in_rep, *at_end))
        triggers += [*in_rep, *at_end]
        for t_ms in range(end_ms, end_ms + 2000, 5):
            said = one.step(t_ms * MS, frozenset())
            if said is not None:
                told.append((t_ms, said))
    assert all(b - a >= SILENCE_MS for (a, _), (b, _) in pairwise(told))
    assert sorted(said.code for _, said in told) == sorted(t.fault.code for t in triggers if t.told)
    for trigger in triggers:
        entry = trigger.entry(0)
        assert entry.told is (entry.suppressed_by is None)
    rows = [said for _, said in told]
    for four in zip(rows, rows[1:], rows[2:], rows[3:], strict=False):
        if four[0].fault.live is None and len({(said.code, said.words) for said in four}) == 1:
            pytest.fail(f"{four[0].code} four times running in the same words")
