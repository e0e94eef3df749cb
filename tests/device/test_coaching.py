"""Which reps are quiet, when the stage moves on, what was retained, and the person's own answer."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.coaching import (
    AS_PROMISED,
    Coaching,
    advanced,
    asks,
    good_share,
    hush,
    retention,
    silent_end,
    silent_share,
)
from device.limits import STAGES, StageName
from device.question import OPEN_NS, Closed, Question
from services.schema import RepBody
from tests.device.test_loop import _body

S = 1_000_000_000
stages = st.sampled_from(sorted(STAGES))
FADED = Coaching(fade=True)


def quiet(stage: StageName, coaching: Coaching, of: int = 10) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"told": [], "faded": [], "silent": []}
    for rep in range(1, of + 1):
        found[hush(rep, of, stage, coaching)].append(rep)
    return found


@given(st.integers(1, 100), st.integers(1, 100), stages)
def test_by_default_no_rep_is_quiet(rep: int, of: int, stage: StageName) -> None:
    assert hush(rep, of, stage, AS_PROMISED) == "told"
    assert silent_end(rep, of, AS_PROMISED) is None
    assert not asks(rep, AS_PROMISED)


def test_fading_thins_out_by_the_stage() -> None:
    assert quiet("learn", FADED)["faded"] == [9, 10]
    assert quiet("practice", FADED)["faded"] == [2, 4, 6, 8, 10]
    # Consolidate is told in summaries after five, whether fading or not.
    assert quiet("consolidate", FADED)["faded"] == []
    assert quiet("learn", FADED, of=5)["faded"] == [5]
    assert all(not quiet(stage, FADED)["silent"] for stage in STAGES)


def test_silent_reps_open_and_close_each_set_and_go_before_fading() -> None:
    found = quiet("practice", Coaching(fade=True, silent_reps=3))
    assert found == {"silent": [1, 2, 3, 8, 9, 10], "faded": [4, 6], "told": [5, 7]}
    ends = [silent_end(rep, 10, Coaching(silent_reps=2)) for rep in range(1, 11)]
    assert ends == ["opening"] * 2 + [None] * 6 + ["closing"] * 2
    # More reps than the set has are none of its ends.
    assert silent_end(11, 10, Coaching(silent_reps=2)) is None


def test_every_fifth_rep_is_asked_about_and_never_the_last_of_ten() -> None:
    asking = Coaching(self_estimate=True)
    assert [rep for rep in range(1, 21) if asks(rep, asking)] == [3, 8, 13, 18]


def reps(verdicts: str, silent: str = "") -> list[RepBody]:
    """G good, B bad, U unscored; o opening, c closing, . told."""
    codes = {"G": "GOOD", "B": "SACRUM", "U": "UNSCORED"}
    ends = {"o": "opening", "c": "closing"}
    return [
        msgspec.structs.replace(
            _body(10.0 * i),
            verdict=codes[verdict],
            valid=verdict != "U",
            silent=ends.get(silent[i : i + 1]),
        )
        for i, verdict in enumerate(verdicts)
    ]


def test_a_good_set_opens_the_next_stage_where_that_is_chosen() -> None:
    moving = Coaching(advance=True)
    assert advanced("learn", reps("GGGGGGGGBB"), moving) == "practice"
    assert advanced("practice", reps("GGGGB"), moving) == "consolidate"
    assert advanced("consolidate", reps("GGGGG"), moving) == "consolidate"
    assert advanced("probe", reps("GGGGG"), moving) == "probe"
    assert advanced("learn", reps("GGGGGGGBBB"), moving) == "learn"
    # Four scored reps are no set, and what was not scored is neither good nor bad.
    assert advanced("learn", reps("GGGGUUUUUU"), moving) == "learn"
    assert advanced("learn", reps("GGGGGUUUUU"), moving) == "practice"
    assert advanced("learn", [], moving) == "learn"
    assert advanced("learn", reps("GGGGGGGGGG"), AS_PROMISED) == "learn"


def test_retention_compares_the_silent_opening_with_the_silent_end_before() -> None:
    before = reps("GBGGGGGGGB", "oo......cc")
    after = reps("GGBBGGGGGG", "oooo....cc")
    assert silent_share(before, "closing") == 0.5
    assert silent_share(after, "opening") == 0.5
    assert retention(0.5, silent_share(before, "closing")) == 0.0
    assert retention(1.0, 0.25) == 0.75
    assert retention(0.0, 1.0) == -1.0


def test_retention_is_unknown_without_both_ends() -> None:
    assert retention(None, 1.0) is None
    assert retention(1.0, None) is None
    assert silent_share(reps("GGGG"), "opening") is None
    assert silent_share(reps("UUGG", "oo.."), "opening") is None
    assert good_share([]) is None


# -- "How was that rep?" ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "estimate"),
    [
        (("next",), "good"),
        (("good",), "good"),
        (("not_good",), "not"),
        (("next", "not_good"), "not"),
    ],
)
def test_an_answer_closes_the_question(keys: tuple[str, ...], estimate: str) -> None:
    question = Question()
    assert question.step(0, keys, over=False) is None
    question.ask(S)
    assert (question.is_open, question.step(2 * S, (), over=False)) == (True, None)
    assert question.step(3 * S, keys, over=False) == Closed(estimate)  # type: ignore[arg-type]  # a parameter is a str
    assert not question.is_open
    assert question.step(4 * S, keys, over=False) is None


def test_no_answer_within_four_seconds_or_by_the_next_rep_or_stop_is_none() -> None:
    question = Question()
    question.ask(S)
    assert question.step(S + OPEN_NS - 1, (), over=False) is None
    assert question.step(S + OPEN_NS, (), over=False) == Closed(None)
    question.ask(S)
    assert question.step(S, (), over=True) == Closed(None)
    question.ask(S)
    assert question.step(S, ("stop",), over=False) == Closed(None)
    question.ask(S)
    # An answer on the very tick of the next movement still counts.
    assert question.step(S, ("next",), over=True) == Closed("good")
