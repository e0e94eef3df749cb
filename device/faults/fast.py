"""Too fast to control: advice, the rep may be GOOD."""

from __future__ import annotations

from device.faults.rule import Fault, RepView


def _rep(view: RepView) -> int | None:
    m, log = view.measured, view.log
    return m.end_ns if m.peak_rate_dps > log.fast_dps else None


FAST = Fault(
    code="FAST",
    priority=6,
    words="Slower: two seconds down",
    again="Count: one, two",
    names=False,
    rep=_rep,
)
