"""The table of reps that ``hinge replay`` prints."""

from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console

from device.workbench.result import Collected, StateRow
from device.workbench.show import bar, points, reps_table
from services.schema import FaultEntry, ScoreParts
from tests.services.helpers import rep_body


@pytest.mark.parametrize(
    ("score", "parts", "said"),
    [
        (66.7, ScoreParts(40.0, 25.0, 0.0, 1.6), "67 = 40 25 0 2"),
        (100.0, ScoreParts(None, 25.0, 25.0, None), "100 = - 25 25 -"),
        (None, ScoreParts(), "-"),
    ],
)
def test_points_are_never_the_sum_alone(score: float | None, parts: ScoreParts, said: str) -> None:
    rep = msgspec.structs.replace(rep_body(), score=score, score_parts=parts)
    assert points(rep) == said


def test_all_of_a_rep_is_readable_at_80_columns() -> None:
    codes = ("KNEE_DRIVEN", "SACRUM", "DEPTH_LOW", "FAST")
    rep = msgspec.structs.replace(
        rep_body(),
        start_s=3598.123,
        end_s=3601.456,
        verdict="KNEE_DRIVEN",
        score=100.0,
        score_parts=ScoreParts(40.0, 25.0, 25.0, 10.0),
        faults=tuple(FaultEntry(code, "rep", 3600.0, told=False) for code in codes),
    )
    empty = Collected(0).result(
        source="s", drill="dowel", duration_s=3602.0, samples={}, bus_errors=0
    )
    shown = io.StringIO()
    Console(file=shown, width=80).print(
        reps_table(msgspec.structs.replace(empty, reps=[rep] * 100))
    )
    text = shown.getvalue()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    last = " ".join(text.splitlines()[-4:])
    assert {"100", "3598.1", "3601.5", *codes} <= set(last.replace(",", "").split())
    assert "100 = 40 25 25 10" in last


def test_a_table_without_reps_says_how_far_it_came() -> None:
    empty = Collected(0).result(source="s", drill="dowel", duration_s=5.0, samples={}, bus_errors=0)
    set_up = msgspec.structs.replace(empty, state=[StateRow(1.0, "NEAR"), StateRow(2.0, "SET_UP")])
    assert reps_table(empty).caption == "no reps; the last state was IDLE"
    assert reps_table(set_up).caption == "no reps; the last state was SET_UP"


def test_progress_writes_nothing_into_a_file() -> None:
    out = io.StringIO()
    with bar(Console(file=out), "x.csv") as step:
        step(0.5, "half")
    assert out.getvalue() == ""
