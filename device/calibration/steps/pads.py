"""Levels of the pads: hands off, then each pressed by itself; each gets its own close and open.

A pad closes at a quarter of what a firm press gives it above its idle level (a back presses with
5 to 6 N, and with 1.5 N just before it leaves), and never later than a good pad does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median, pstdev

from device.calibration.step import (
    Complaint,
    Found,
    Gathered,
    Ground,
    Phase,
    Samples,
    Step,
    with_calibrated,
)
from device.config_model import Config
from drivers.samples import PADS, PadSample

SECONDS = 3.0
LEAST_SAMPLES = 30
CLOSE_SHARE = 0.25
OPEN_SHARE = 0.55
"""Of the way from idle to ``close``: hysteresis as of the chips' own defaults."""
MOST_CLOSE = 0.15
LEAST_SPAN = 0.04
NOISES = 6.0
"""A pad opens so many standard deviations of its idle noise above the highest idle level."""
MOST_IDLE = 0.3
OTHER_SHARE = 0.5


def _phases(ground: Ground) -> tuple[Phase, ...]:
    press = [
        Phase(
            name,
            f"Press the {name} pad firmly with a flat hand and keep on; no other.",
            SECONDS,
        )
        for name in PADS
    ]
    return (Phase("off", "Lay the dowel down, nothing on the pads.", SECONDS), *press)


def _check(ground: Ground, key: str, got: Gathered) -> Complaint | None:
    fewest = min(map(len, got.pads))
    if fewest < LEAST_SAMPLES:
        name = PADS[[len(samples) for samples in got.pads].index(fewest)]
        return Complaint(
            f"pad {name}", f"{fewest} samples", f"at least {LEAST_SAMPLES}", "Check its cable."
        )
    return None


def _levels(samples: Sequence[PadSample]) -> list[float]:
    return [sample.level for sample in samples]


def _result(ground: Ground, samples: Samples) -> Found | Complaint:
    closes, opens, idles, presses = [], [], [], []
    for pad, name in enumerate(PADS):
        idle = _levels(samples["off"].pads[pad])
        press = sorted(_levels(samples[name].pads[pad]))
        low, high = press[len(press) // 5], max(idle)
        if high > MOST_IDLE:
            return Complaint(
                f"pad {name}", f"a level of {high:.2f} with hands off", f"at most {MOST_IDLE}",
                "Take everything off it; if nothing is, it is stuck: check its wire and its tape.",
            )  # fmt: skip
        span = low - high
        others = {
            other: median(_levels(samples[name].pads[i])) - max(_levels(samples["off"].pads[i]))
            for i, other in enumerate(PADS)
            if i != pad
        }
        most = max(others, key=lambda other: others[other])
        noise = pstdev(idle)
        if span < max(LEAST_SPAN, 2.0 * NOISES * noise / CLOSE_SHARE):
            instead = f" (pad {most} was pressed)" if others[most] > LEAST_SPAN else ""
            return Complaint(
                f"pad {name}", f"{low:.3f} pressed and {high:.3f} with hands off{instead}",
                f"a difference of {LEAST_SPAN} or more",
                "Press it firmly; if it was, check its wire and its electrode.",
            )  # fmt: skip
        if others[most] > OTHER_SHARE * span:
            return Complaint(
                f"pad {name}", f"pad {most} pressed too", "no other",
                "Press one at a time; if it was so, look for a short between the pads.",
            )  # fmt: skip
        closes.append(high + min(CLOSE_SHARE * span, MOST_CLOSE))
        opens.append(high + OPEN_SHARE * (closes[-1] - high))
        idles.append(high)
        presses.append(low)
    return Found(
        {"close_level": closes, "open_level": opens}, {"idle_level": idles, "press_level": presses}
    )


def _put(config: Config, values: Mapping[str, list[float]]) -> Config:
    return with_calibrated(
        config, pad_close=tuple(values["close_level"]), pad_open=tuple(values["open_level"])
    )


PAD_LEVELS = Step(
    "pads",
    "Levels of the pads, hands off and pressed",
    place="dowel",
    sensor="pads",
    phases=_phases,
    result=_result,
    depends=("pads.chip", "pads.close_level", "pads.open_level"),
    put=_put,
    best_days=90,
    check=_check,
    anew=True,
    beside=("imu",),
)
