""" "How was that rep?", asked before the answer is told: own judgement first teaches more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, NamedTuple

OPEN_NS: Final = 4_000_000_000

Estimate = Literal["good", "not"]


class Closed(NamedTuple):
    """The question is over; None: nobody answered."""

    estimate: Estimate | None


class Question:
    """Open from ``ask`` until an answer, the next movement, STOP, or four seconds have gone."""

    def __init__(self) -> None:
        self._since_ns: int | None = None

    @property
    def is_open(self) -> bool:
        return self._since_ns is not None

    def ask(self, t_ns: int) -> None:
        self._since_ns = t_ns

    def step(self, t_ns: int, keys: Collection[str], *, over: bool) -> Closed | None:
        """What became of it at this tick. ``over``: the next movement has begun, or the set ended.

        NEXT, the big key at the wall, says "good"; "not" has a key on the page only.
        """
        if self._since_ns is None:
            return None
        estimate: Estimate | None = None
        if "not_good" in keys:
            estimate = "not"
        elif "next" in keys or "good" in keys:
            estimate = "good"
        late = t_ns - self._since_ns >= OPEN_NS
        if estimate is None and not (over or late or "stop" in keys):
            return None
        self._since_ns = None
        return Closed(estimate)
