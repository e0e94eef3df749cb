"""Takes one step after the other on the station's chips, with somebody who does what is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec

from device.calibration.apply import judge_all, load_records, utc_now
from device.calibration.records import Record, place_name, rig_values
from device.calibration.session import Session
from device.calibration.step import Ask, Complaint, Found, Ground, Phase, Step
from device.calibration.steps import STEPS
from device.calibration.store import Store
from device.config_model import Config
from device.ids import clock_synced
from device.sensors import Sensors
from device.tick import Sensor, SensorFault, TickInput
from drivers.clock import Clock
from drivers.errors import ChipError, MissingChips

TICK_NS: Final = 5_000_000
SETTLE_NS: Final = 300_000_000
"""Ticks that are read and forgotten before each phase: what waited in the chips is old."""


class Hands(Protocol):
    """Whoever sits at the station. None of it may block: the chips are read meanwhile."""

    def tell(self, step: Step, phase: Phase) -> None:
        """What to do now."""
        ...

    def prompt(self, ask: Ask | None, wrong: str) -> None:
        """A number is asked for (None: only that it is done); ``wrong`` about the last answer."""
        ...

    def line(self, tick: TickInput) -> str | None:
        """What was typed, "" for the default or "done"; None: nothing yet. ``tick`` to show."""
        ...

    def progress(self, share: float) -> None:
        """Of the phase under way."""
        ...


class Done(msgspec.Struct, frozen=True):
    """How a step ended. ``text`` is the refusal, "" when it was stored."""

    step: str
    state: Literal["stored", "refused", "missing"]
    text: str = ""
    values: dict[str, list[float]] = {}
    residuals: dict[str, list[float]] = {}
    chips: dict[str, str] = {}
    temperature_c: float | None = None


class Runner:
    """One station. ``build`` brings up the sensors named, with a configuration."""

    def __init__(
        self,
        config: Config,
        build: Callable[[Config, Collection[Sensor]], Sensors],
        clock: Clock,
        store: Store,
        hands: Hands,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._config = config
        self._build = build
        self._clock = clock
        self._store = store
        self._hands = hands
        self._now = now
        self._lost: dict[tuple[Sensor, int], SensorFault] = {}

    def run(self, step: Step) -> Done:
        """Take one step; store its result, or say why not. Raises ``DiskError``."""
        try:
            return self._run(step)
        except MissingChips as error:
            return Done(step.name, "missing", str(error))
        except ChipError as error:
            return Done(step.name, "refused", str(error))

    def _run(self, step: Step) -> Done:
        records = load_records(self._store, self._config)
        config = self._config
        for name in needed(step):
            if name in records:
                config = STEPS[name].put(config, records[name].values)
        config = step.prepare(config)
        sensors = self._up(step, config)
        chips = sensors.identities()
        judged = {one.step: one for one in judge_all(records, self._config, self._now(), chips)}
        for name in step.needs:
            if not judged[name].used:
                why = Complaint(
                    name, f"{judged[name].state} ({judged[name].why})",
                    "a calibration that holds", f"First run: hinge calibrate {name}",
                )  # fmt: skip
                return Done(step.name, "refused", str(why), chips=chips)
        session = Session(step, Ground(config, {}, records))
        verifying: Found | None = None
        anew = step.anew
        while (phase := session.phase) is not None:
            if session.verifying is not None and verifying is None:
                verifying = session.verifying
                sensors = self._up(step, step.put(config, verifying.values))
            answers = self._wait(step, phase, sensors)
            if anew:
                sensors, anew = self._up(step, config), False
            self._settle(sensors)
            session.begin(answers, tuple(self._lost.values()))
            while session.tick(self._tick(sensors)):
                self._hands.progress(session.progress)
            self._hands.progress(1.0)
        outcome = session.outcome
        if not isinstance(outcome, Found):
            return Done(step.name, "refused", str(outcome), chips=chips)
        temperature_c = sensors.temperature_c()
        record = Record(
            step=step.name,
            made_at=self._now().isoformat(timespec="milliseconds"),
            clock_synced=clock_synced(),
            values=outcome.values,
            residuals=outcome.residuals,
            chips=chips,
            rig=rig_values(self._config, step.depends),
            stands_on={name: records[name].made_at for name in step.needs},
            temperature_c=temperature_c,
        )
        self._store.put(place_name(step.place, self._config), record)
        return Done(
            step.name, "stored", "", outcome.values, outcome.residuals, chips, temperature_c
        )

    def _up(self, step: Step, config: Config) -> Sensors:
        self._lost.clear()
        return self._build(config, (step.sensor, *step.beside))

    def _tick(self, sensors: Sensors) -> TickInput:
        t_ns = self._clock.now_ns()
        tick = sensors.read(t_ns)
        for fault in tick.faults:
            if fault.kind == "lost":
                self._lost[fault.sensor, fault.which] = fault
            else:
                self._lost.pop((fault.sensor, fault.which), None)
        self._clock.sleep_until_ns(t_ns + TICK_NS)
        return tick

    def _settle(self, sensors: Sensors) -> None:
        until_ns = self._clock.now_ns() + SETTLE_NS
        while self._clock.now_ns() < until_ns:
            self._tick(sensors)

    def _wait(self, step: Step, phase: Phase, sensors: Sensors) -> dict[str, float]:
        """Until the person has done what the phase asks for; the chips are read meanwhile."""
        self._hands.tell(step, phase)
        answers: dict[str, float] = {}
        asks: list[Ask | None] = [*phase.asks, None] if phase.waits else [*phase.asks]
        for ask in asks:
            wrong = ""
            while True:
                self._hands.prompt(ask, wrong)
                while (text := self._hands.line(self._tick(sensors))) is None:
                    pass
                if ask is None:
                    break
                value, wrong = answer(ask, text)
                if value is not None:
                    answers[ask.name] = value
                    break
        return answers


def answer(ask: Ask, text: str) -> tuple[float | None, str]:
    """A typed number, or what is wrong with it; nothing typed means the default."""
    if not text.strip():
        return ask.default, ""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None, f"got {text.strip()[:20]!r}, expected a number of {ask.unit}"
    if not ask.low <= value <= ask.high:  # also not a number
        return None, f"got {value:g}, expected {ask.low:g} to {ask.high:g} {ask.unit}"
    return value, ""


def needed(step: Step) -> list[str]:
    """The steps it stands on, those that they stand on included, in their order."""
    found = set(step.needs)
    while more := {name for each in found for name in STEPS[each].needs} - found:
        found |= more
    return [name for name in STEPS if name in found]
