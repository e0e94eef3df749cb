"""What a check is and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from device.doctor.visit import Visit

Status = Literal["ok", "degraded", "broken", "skipped"]
Figure = float | int | str | bool | None
Figures = Mapping[str, Figure]
"""Measured values; the unit is in the name. None: could not be known."""

NO_FIGURES: Final[Figures] = {}


class Found(NamedTuple):
    """What one check found. ``skipped`` says why nothing can be known; it is no complaint."""

    status: Status
    words: str
    figures: Figures = NO_FIGURES


class Check(NamedTuple):
    """One line of the table: a check that measures one thing and complains of one thing."""

    code: str
    measures: str
    means: str
    """What it is for the station when this check complains."""
    do: str
    run: Callable[[Visit], Found]


_RANK: Final[Mapping[Status, int]] = {"skipped": 0, "ok": 1, "degraded": 2, "broken": 3}


def ok(words: str, figures: Figures = NO_FIGURES) -> Found:
    return Found("ok", words, figures)


def degraded(words: str, figures: Figures = NO_FIGURES) -> Found:
    return Found("degraded", words, figures)


def broken(words: str, figures: Figures = NO_FIGURES) -> Found:
    return Found("broken", words, figures)


def skipped(words: str) -> Found:
    return Found("skipped", words)


def worst(founds: Iterable[Found]) -> Found:
    """Several parts of one kind (three rangers) as one: all words, the worst status.

    What is fine is left out beside what is not. Raises ``ValueError`` for none.
    """
    every = list(founds)
    status = max((found.status for found in every), key=_RANK.__getitem__)
    told = [found for found in every if found.status == status]
    figures: dict[str, Figure] = {}
    for found in every:
        figures.update(found.figures)
    return Found(
        status, "; ".join(dict.fromkeys(found.words.rstrip(".") for found in told)), figures
    )
