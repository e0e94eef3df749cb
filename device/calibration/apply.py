"""Putting a stored calibration to use: what is good goes into the configuration, what is not is
said.

``absent`` nothing stored; ``foreign`` made with another chip; ``mismatched`` the configuration,
or a result it stands on, has changed since; ``stale`` older than is good (used all the same).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple

from device.calibration.records import Record, place_name, rig_values
from device.calibration.step import Step
from device.calibration.steps import STEPS
from device.calibration.store import Store
from device.config_checks import findings
from device.config_model import Config
from device.tick import Sensor

State = Literal["good", "stale", "absent", "mismatched", "foreign"]
Records = Mapping[str, Record]
FUTURE: Final = timedelta(days=1)
MEASURED: Final[Mapping[str, int]] = {"calibration": 3}
"""Parts of an identity that are measured at each start, and how far they may move: the VL53's
slow oscillator against its fast one (0x00DE) goes with the warmth."""


class Judged(NamedTuple):
    """What a step's record is worth now. ``why`` is "" when it is good."""

    step: str
    state: State
    why: str

    @property
    def used(self) -> bool:
        return self.state in ("good", "stale")

    def __str__(self) -> str:
        left = "" if self.used else " It is not used."
        return f"calibration {self.step}: {self.state}: {self.why}{left}"


def load_records(store: Store, config: Config) -> dict[str, Record]:
    """Of the wall and of the dowel that the configuration names, by step."""
    records: dict[str, Record] = {}
    for place in ("wall", "dowel"):
        found = store.load(place_name(place, config))
        records.update((name, r) for name, r in found.items() if _belongs(name, place))
    return records


def _belongs(name: str, place: str) -> bool:
    return name in STEPS and STEPS[name].place == place


def judge(
    step: Step,
    records: Records,
    config: Config,
    now: datetime,
    chips: Mapping[str, str] | None = None,
) -> Judged:
    """What is stored of ``step``; ``chips``: identities as they are now, None when unknown."""
    command = f"Run: hinge calibrate {step.name}"
    record = records.get(step.name)
    if record is None:
        return Judged(step.name, "absent", f"never done. {command}")
    for key, was in record.chips.items():
        is_now = was if chips is None else chips.get(key)
        if is_now is None or not same_chip(was, is_now):
            other = "" if step.place == "wall" else " Is it the dowel whose id is configured?"
            return Judged(
                step.name, "foreign", f"{key} was {was!r}, is {is_now!r}.{other} {command}"
            )
    rig = rig_values(config, step.depends)
    for key, value in rig.items():
        if record.rig.get(key) != value:
            return Judged(
                step.name, "mismatched", f"{key} was {record.rig.get(key)}, is {value}. {command}"
            )
    for name, made_at in record.stands_on.items():
        base = records.get(name)
        if base is None or base.made_at != made_at:
            return Judged(step.name, "mismatched", f"made before {name} was done anew. {command}")
    wrong = unusable(step, record, config)
    if wrong is not None:
        return Judged(step.name, "mismatched", f"its record cannot be used: {wrong}. {command}")
    age = now - datetime.fromisoformat(record.made_at).astimezone(UTC)
    if age < -FUTURE:
        return Judged(
            step.name, "stale", f"made on {record.made_at[:10]}, which is to come. Check the clock."
        )
    if age.days > step.best_days:
        return Judged(
            step.name, "stale", f"{age.days} days old, best within {step.best_days}. {command}"
        )
    return Judged(step.name, "good", "")


def unusable(step: Step, record: Record, config: Config) -> str | None:
    """What is wrong with a record that somebody has edited, or another program made."""
    try:
        datetime.fromisoformat(record.made_at).astimezone(UTC)
        before = findings(config)
        problems = [p for p in findings(step.put(config, record.values)) if p not in before]
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return f"{type(error).__name__} {error}"
    return problems[0] if problems else None


def same_chip(was: str, now: str) -> bool:
    """Whether two identities are of one chip: what a part measures of itself at each start may
    differ a little."""
    before, after = was.split(", "), now.split(", ")
    return len(before) == len(after) and all(
        a == b or _near(a, b) for a, b in zip(before, after, strict=True)
    )


def _near(was: str, now: str) -> bool:
    name, _, before = was.rpartition(" ")
    other, _, after = now.rpartition(" ")
    if name != other or name not in MEASURED or not (before.isdigit() and after.isdigit()):
        return False
    return abs(int(before) - int(after)) <= MEASURED[name]


def fitted(config: Config) -> tuple[Step, ...]:
    """The steps for what the station has."""
    sensors: set[Sensor] = {"tof"}
    if config.imu.fitted:
        sensors.add("imu")
    if config.pads.fitted:
        sensors.add("pads")
    return tuple(step for step in STEPS.values() if step.sensor in sensors)


def judge_all(
    records: Records, config: Config, now: datetime, chips: Mapping[str, str] | None = None
) -> list[Judged]:
    """Every step for what is fitted; one that stands on a useless one is useless too."""
    found: dict[str, Judged] = {}
    for step in fitted(config):
        judged = judge(step, records, config, now, chips)
        bad = next((n for n in step.needs if n in found and not found[n].used), None)
        if judged.used and bad is not None:
            judged = Judged(
                step.name, "mismatched", f"it stands on {bad}, which is {found[bad].state}."
            )
        found[step.name] = judged
    return list(found.values())


def with_records(config: Config, records: Records) -> Config:
    """``config`` with what ``records`` found in force."""
    changed = config
    for name, record in records.items():
        changed = STEPS[name].put(changed, record.values)
    return changed


def applied(
    config: Config, records: Records, now: datetime, chips: Mapping[str, str] | None = None
) -> tuple[Config, list[Judged]]:
    """The configuration with all that is good in force, and what is worth saying.

    The judging is against ``config`` as it was written, so apply to that and never twice.
    """
    judged = judge_all(records, config, now, chips)
    used = {one.step: records[one.step] for one in judged if one.used}
    order = {name: used[name] for name in STEPS if name in used}
    return with_records(config, order), [one for one in judged if one.state != "good"]


def lines(judged: Iterable[Judged]) -> list[str]:
    """For the technician: what was never done in one line, the rest one each."""
    judged = list(judged)
    absent = [one.step for one in judged if one.state == "absent"]
    said = [str(one) for one in judged if one.state != "absent"]
    if absent:
        said.append(
            f"calibration absent: {', '.join(absent)}: factory values are used. "
            "Run: hinge calibrate"
        )
    return said


def utc_now() -> datetime:
    return datetime.now(UTC)
