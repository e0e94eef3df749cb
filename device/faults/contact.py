"""A contact lost: each pad for itself, and all three together."""

from __future__ import annotations

from dataclasses import replace

from device.faults.rule import Fault, LiveView, RepView
from device.limits import LOG, Stage
from drivers.samples import PADS


def _pad_fault(pad: int, code: str, on_ms: float, words: str, again: str) -> Fault:
    def live(view: LiveView) -> bool:
        return view.open_pads[pad]

    def rep(view: RepView) -> int | None:
        for loss in view.measured.losses:
            if loss.pad == pad and loss.length_ns >= on_ms * 1e6:
                return loss.t_ns
        return None

    return Fault(
        code=code,
        priority=1,
        words=words,
        again=again,
        names=True,
        live=live,
        on_ms=on_ms,
        off_ms=LOG.contact_close_ms,
        rep=rep,
    )


TAIL = PADS.index("sacrum")
_OPENED = _pad_fault(
    TAIL,
    "SACRUM",
    LOG.contact_ms,
    "Low back left the dowel: keep the tail on it",
    "Tail into the dowel",
)


def _light(view: RepView, share: float) -> int | None:
    """A graded pad shows the low back leaving before it has left."""
    light = view.measured.lightest[TAIL] if view.graded else None
    return light.t_ns if light is not None and light.share < share else None


def _sacrum_rep(view: RepView) -> int | None:
    opened = _OPENED.rep(view) if _OPENED.rep is not None else None
    return opened if opened is not None else _light(view, view.log.light_share)


def _sacrum_beyond(view: RepView, stage: Stage) -> bool:
    opened = _OPENED.rep is not None and _OPENED.rep(view) is not None
    return opened or _light(view, stage.light_share) is not None


SACRUM = replace(_OPENED, rep=_sacrum_rep, beyond=_sacrum_beyond)
THORACIC = _pad_fault(
    PADS.index("thoracic"),
    "THORACIC",
    LOG.contact_ms,
    "Upper back on the dowel, ribs down",
    "Chest long, ribs in",
)
HEAD = _pad_fault(
    PADS.index("head"),
    "HEAD",
    LOG.head_ms,
    "Chin tucked, head on the dowel",
    "Look at the floor ahead",
)


def _all_open(view: LiveView) -> bool:
    return sum(view.judged) >= 2 and view.open_pads == view.judged


def _all_lost(view: RepView) -> int | None:
    measured = view.measured
    return measured.all_open_from_ns if measured.all_open_ns >= view.log.all_lost_ms * 1e6 else None


ALL_LOST = Fault(
    code="ALL_LOST",
    priority=1,
    words="Put the dowel back",
    again="Hold it to your back",
    names=True,
    live=_all_open,
    on_ms=LOG.all_lost_ms,
    off_ms=LOG.contact_close_ms,
    rep=_all_lost,
)
