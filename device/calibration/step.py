"""What a calibration step is: phases in which somebody does something and samples are gathered,
and pure functions that make a result, or a complaint, of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from device.calibration.records import Place, Record
from device.config_model import Config
from device.tick import Sensor
from drivers.samples import ImuSample, PadSample, TofSample


class Complaint(NamedTuple):
    """Why a step refuses: what, got, expected, and what to do."""

    what: str
    got: str
    expected: str
    do: str

    def __str__(self) -> str:
        return f"{self.what}: got {self.got}, expected {self.expected}. {self.do}"


class Ask(NamedTuple):
    """A number to type in; what is outside ``low`` .. ``high`` is asked again."""

    name: str
    unit: str
    default: float
    low: float
    high: float


@dataclass(frozen=True)
class Phase:
    """Something to do, then ``seconds`` of samples."""

    key: str
    tell: str
    seconds: float
    asks: tuple[Ask, ...] = ()
    waits: bool = True
    """Wait until the person says that it is done; False: go on at once."""


class Ground(NamedTuple):
    """What a step stands on."""

    config: Config
    """As the step's chips are set up."""
    typed: Mapping[str, float]
    """Answers so far, by name."""
    records: Mapping[str, Record]
    """What is known from other steps."""

    @property
    def rangers(self) -> int:
        return len(self.config.tof.addresses)


@dataclass
class Gathered:
    """The samples of one phase, oldest first; rangers by number, pads in their order."""

    tof: dict[int, list[TofSample]] = field(default_factory=dict)
    imu: list[ImuSample] = field(default_factory=list)
    pads: tuple[list[PadSample], list[PadSample], list[PadSample]] = field(
        default_factory=lambda: ([], [], [])
    )


Samples = Mapping[str, Gathered]
"""By phase."""


class Found(NamedTuple):
    """A result: one number a ranger, pad or axis under each name."""

    values: dict[str, list[float]]
    residuals: dict[str, list[float]]


@dataclass(frozen=True)
class Step:
    """One step. All its functions are pure."""

    name: str
    title: str
    place: Place
    sensor: Sensor
    phases: Callable[[Ground], tuple[Phase, ...]]
    result: Callable[[Ground, Samples], Found | Complaint]
    depends: tuple[str, ...]
    """Keys of the configuration: with other values the result means nothing."""
    put: Callable[[Config, Mapping[str, list[float]]], Config]
    """The configuration with the values in force."""
    best_days: int
    """Older than this it is said to be stale (and used all the same)."""
    needs: tuple[str, ...] = ()
    """Steps whose results must be there, and are in force while this one is taken."""
    check: Callable[[Ground, str, Gathered], Complaint | None] = lambda ground, key, got: None
    """Refuse at once after a phase."""
    enough: Callable[[Ground, Samples], bool] = lambda ground, samples: False
    """The phases so far say all: leave out the rest."""
    verify: Callable[[Ground, Samples, Gathered], Complaint | dict[str, list[float]]] | None = None
    """Given the samples of another ``VERIFY_S`` with the result in force: residuals."""
    prepare: Callable[[Config], Config] = lambda config: config
    """The chips set up for it, on top of the results that it needs."""
    anew: bool = False
    """Bring the chips up again once the first phase is ready: what they find then is their zero."""
    beside: tuple[Sensor, ...] = ()
    """Other sensors that are brought up with its own where they are fitted, to know them."""


VERIFY_S = 3.0


def with_calibrated(config: Config, **values: object) -> Config:
    """``config`` with other values in its section ``[calibrated]``."""
    return msgspec.structs.replace(
        config, calibrated=msgspec.structs.replace(config.calibrated, **values)
    )
