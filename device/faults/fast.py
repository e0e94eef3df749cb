"""Too fast to control: advice, the rep may be GOOD."""

from __future__ import annotations

from device.faults.rule import Fault, RepView


def _rep(view: RepView) -> int | None:
    m, log = view.measured, view.log
    fast = m.peak_rate_dps > log.fast_dps or m.t_down_s < log.fast_down_s
    return m.end_ns if fast else None


FAST = Fault(
    code="FAST",
    priority=6,
    words="Slower: two seconds down",
    names=False,
    rep=_rep,
)
