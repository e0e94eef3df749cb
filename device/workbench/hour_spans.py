"""Which conditions were said when, against those that really held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from device.workbench.result import Result
from drivers.sim.scenario_truth import Named, ScenarioTruth

NAMED_S: Final = 2.0
"""A state must be named within so long."""
RECOVERY_S: Final = 1.5
"""After a fault scoring is back within this."""
BLINK_S: Final = 0.1
"""Two looks apart: shorter than anything that is shown."""


class Unnamed(msgspec.Struct, frozen=True):
    """A time in which something else was shown than what holds."""

    start_s: float
    end_s: float
    wrong_s: float
    expected: tuple[str, ...]
    shown: tuple[str, ...]
    why: str


def without(span: tuple[float, float], cut: tuple[float, float]) -> list[tuple[float, float]]:
    """``span`` less ``cut``: up to two spans."""
    pieces = ((span[0], min(span[1], cut[0])), (max(span[0], cut[1]), span[1]))
    return [(a, b) for a, b in pieces if a < b]


def misnamed(result: Result, truth: ScenarioTruth) -> list[Unnamed]:
    """Conditions that were not said in time, or said where (or after) they did not hold."""
    found = []
    for row in truth.named:
        spans = _asked(row, truth)
        shown = [(b - a, codes) for span in spans for a, b, codes in _said(result, *span)]
        for code in row.must:
            missing_s = sum(length for length, codes in shown if code not in codes)
            if missing_s > BLINK_S:
                said = tuple(dict.fromkeys(one for _, codes in shown for one in codes))
                found.append(_unnamed(row, missing_s, (code,), said))
        if row.fault:
            continue
        allowed = {*row.must, *row.may}
        extra = tuple(
            dict.fromkeys(one for _, codes in shown for one in codes if one not in allowed)
        )
        if extra and not _asked_elsewhere(row, extra, truth):
            wrong_s = sum(length for length, codes in shown if set(codes) - allowed)
            found.append(_unnamed(row, wrong_s, (), extra))
    return found


def _asked_elsewhere(row: Named, extra: tuple[str, ...], truth: ScenarioTruth) -> bool:
    """Whether something in front of a ranger, played beside the piece, explains them all."""
    beside = {
        code
        for other in truth.named
        if other.fault and other.start_s < row.end_s and row.start_s < other.end_s + NAMED_S
        for code in other.must
    }
    return set(extra) <= beside


def _asked(row: Named, truth: ScenarioTruth) -> list[tuple[float, float]]:
    spans = [(row.start_s + NAMED_S, row.end_s)]
    if row.fault:
        return [span for span in spans if span[0] < span[1]]
    for trouble in truth.troubles:
        cut = (trouble.start_s, trouble.end_s + RECOVERY_S + NAMED_S)
        spans = [piece for span in spans for piece in without(span, cut)]
    return [span for span in spans if span[0] < span[1]]


def _said(result: Result, start_s: float, end_s: float) -> Iterator[tuple[float, float, list[str]]]:
    """(from, to, codes) of what was said between two times."""
    before: tuple[float, list[str]] = (float("-inf"), [])
    rows = [(row.time_s, row.codes) for row in result.conditions]
    for from_s, codes in [*rows, (float("inf"), list[str]())]:
        a, b = max(before[0], start_s), min(from_s, end_s)
        if a < b:
            yield a, b, before[1]
        before = (from_s, codes)


def _unnamed(
    row: Named, wrong_s: float, expected: tuple[str, ...], shown: tuple[str, ...]
) -> Unnamed:
    return Unnamed(
        round(row.start_s, 2), round(row.end_s, 2), round(wrong_s, 2), expected, shown, row.why
    )
