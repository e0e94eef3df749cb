"""Scenario files: what a wall sees in an hour, as TOML (format: docs of ``hinge replay``).

Everything that is wrong with a file is one line: file, key, got, what is allowed.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_type_hints

import msgspec
import tomlkit
from msgspec import Meta

from drivers.sim.body import PATTERNS

Pad = Literal["head", "thoracic", "sacrum"]
StepName = Literal[
    "approach", "pick_up", "stand", "set", "rest", "hang_up", "drop_dowel", "leave", "away",
    "loiter", "lean", "pass_by", "cover_sensor", "bag", "clean", "hold_loosely", "hand_on_pad",
    "upside_down", "turned", "sunlight",
]  # fmt: skip
ChipName = Literal["tof", "imu", "pads", "bus-1", "bus-3"]
FaultKind = Literal[
    "unplug",
    "nack",
    "stuck",
    "power_cycle",
    "frozen",
    "noise",
    "sunlight",
    "hand",
    "second_body",
]

FOR_S: Final[Mapping[str, float]] = {
    "approach": 4.0, "pick_up": 5.0, "stand": 4.0, "rest": 15.0, "hang_up": 4.0,
    "drop_dowel": 4.0, "leave": 4.0, "away": 10.0, "loiter": 10.0, "lean": 15.0, "pass_by": 3.0,
    "cover_sensor": 8.0, "bag": 20.0, "clean": 15.0, "hold_loosely": 10.0, "hand_on_pad": 10.0,
    "upside_down": 20.0, "turned": 20.0, "sunlight": 15.0,
}  # fmt: skip
"""How long a step without reps lasts when the file does not say."""
MOVES: Final = frozenset(
    {"approach", "pick_up", "hang_up", "drop_dowel", "leave", "pass_by", "upside_down", "turned"}
)
"""Steps that are one movement: they cannot go on for ever."""
MOVE_S: Final = (1.5, 30.0)
BUS_KINDS: Final = frozenset({"unplug", "nack", "stuck", "power_cycle"})
ONLY_TOF: Final = frozenset({"sunlight", "hand", "second_body"})

Height = Annotated[float, Meta(ge=0.3, le=1.6, description="a height in metres, 0.3 to 1.6")]
Seconds = Annotated[float, Meta(ge=0.0, le=86400.0, description="seconds, 0 to 86400")]
Pause = Annotated[float, Meta(ge=0.0, le=120.0, description="seconds, 0 to 120")]
Tempo = Annotated[float, Meta(ge=0.3, le=15.0, description="seconds, 0.3 to 15")]


class ScenarioError(ValueError):
    """A scenario that cannot be played; one line: file, key, got, expected."""


class Station(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The wall. ``gap_m`` is buttock to wall at rest, for everybody."""

    tof_heights_m: Annotated[
        tuple[Height, ...],
        Meta(min_length=1, max_length=3, description="1 to 3 heights in metres, 0.3 to 1.6"),
    ] = (0.88,)
    gap_m: Annotated[float, Meta(ge=0.05, le=1.5, description="metres, 0.05 to 1.5")] = 0.30
    pads: Annotated[
        Literal["fsr", "mpr121", "none"], Meta(description="one of fsr, mpr121, none")
    ] = "fsr"


class Person(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Somebody who comes to the wall. ``girth`` is a factor on the buttock's radius."""

    id: Annotated[str, Meta(min_length=1, max_length=40, description="a name, 1 to 40 letters")]
    stature_m: Annotated[
        float, Meta(ge=1.0, le=2.3, description="a stature in metres, 1.0 to 2.3")
    ] = 1.75
    girth: Annotated[float, Meta(ge=0.6, le=1.6, description="a factor, 0.6 to 1.6")] = 1.0
    reflectance: Annotated[float, Meta(ge=0.02, le=1.0, description="a share, 0.02 to 1")] = 0.4
    hem_mm: Annotated[float, Meta(ge=0.0, le=300.0, description="mm, 0 to 300")] = 0.0
    dowel_low_m: Annotated[float, Meta(ge=0.0, le=0.5, description="metres, 0 to 0.5")] = 0.0
    """How far the dowel's lower end hangs below the hip joint."""
    never_closes: Annotated[
        tuple[Pad, ...], Meta(description="a list of head, thoracic, sacrum")
    ] = ()
    always_closes: Annotated[
        tuple[Pad, ...], Meta(description="a list of head, thoracic, sacrum")
    ] = ()
    """Pads that a hand holds closed as long as this person has the dowel."""


class Step(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What somebody does. Times in s; pairs are least and most."""

    who: Annotated[str, Meta(description="the id of a [[person]]")]
    do: Annotated[StepName, Meta(description="one of " + ", ".join(get_args(StepName)))]
    pattern: Annotated[str | tuple[str, ...], Meta(description="a pattern or a list of them")] = (
        "hinge"
    )
    reps: Annotated[int, Meta(ge=1, le=100, description="a whole number, 1 to 100")] = 10
    pause_s: Annotated[
        tuple[Pause, Pause], Meta(description="two times in s, 0 to 120, the lesser first")
    ] = (0.8, 1.4)
    tempo_s: Annotated[
        tuple[Tempo, Tempo], Meta(description="two times in s, 0.3 to 15, the lesser first")
    ] = (1.7, 2.6)
    for_s: Annotated[float, Meta(gt=0.0, le=86400.0, description="seconds, over 0 to 86400")] | (
        None
    ) = None
    distance_m: (
        Annotated[float, Meta(ge=0.005, le=3.0, description="metres, 0.005 to 3")] | None
    ) = None
    """From the wall, for pass_by, bag and cover_sensor; drawn when absent."""
    pad: Annotated[Pad, Meta(description="one of head, thoracic, sacrum")] = "sacrum"

    @property
    def length_s(self) -> float:
        """Of a step without reps."""
        return FOR_S[self.do] if self.for_s is None else self.for_s

    @property
    def patterns(self) -> tuple[str, ...]:
        return (self.pattern,) if isinstance(self.pattern, str) else self.pattern


class Fault(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that goes wrong with a chip or a bus, from ``at_s`` for ``for_s``."""

    at_s: Seconds
    chip: Annotated[ChipName, Meta(description="one of " + ", ".join(get_args(ChipName)))]
    kind: Annotated[FaultKind, Meta(description="one of " + ", ".join(get_args(FaultKind)))]
    for_s: Seconds = 1.0

    @property
    def end_s(self) -> float:
        return self.at_s + self.for_s


class Scenario(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A whole scenario; steps follow one another."""

    station: Station = Station()
    person: tuple[Person, ...] = ()
    step: tuple[Step, ...] = ()
    fault: tuple[Fault, ...] = ()


def read_scenario(path: Path) -> Scenario:
    """Raises ``ScenarioError``; ``OSError`` when the file cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path}: byte {error.start}: got no UTF-8, expected UTF-8 text"
        ) from None
    return parse_scenario(text, str(path))


def parse_scenario(text: str, where: str = "scenario") -> Scenario:
    """The scenario in ``text``; ``where`` names it in errors. Raises ``ScenarioError``."""
    try:
        table = tomllib.loads(text)
        scenario: Scenario = _struct(table, Scenario, "")
        _check(scenario)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{where}: not TOML: {error}") from None
    except ScenarioError as error:
        raise ScenarioError(f"{where}: {error}") from None
    return scenario


def scenario_toml(scenario: Scenario) -> str:
    """As a file; ``parse_scenario(scenario_toml(s)) == s``."""
    return tomlkit.dumps(msgspec.to_builtins(scenario))


_LISTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "person": Person,
    "step": Step,
    "fault": Fault,
}


def _struct(table: Mapping[str, Any], kind: type[Any], path: str) -> Any:
    """``table`` as ``kind``, its first mistake told with its key."""
    types = get_type_hints(kind, include_extras=True)
    values = {}
    for key, value in table.items():
        at = f"{path}.{key}" if path else key
        if key not in types:
            raise ScenarioError(
                f"{at}: got an unknown key, expected one of {', '.join(types)}"
                + _meant(key, tuple(types))
            )
        if kind is Scenario:
            values[key] = _part(key, value)
        else:
            values[key] = _value(value, types[key], at)
    required = [field.name for field in msgspec.structs.fields(kind) if field.required]
    for key in required:
        if key not in values:
            at = f"{path}.{key}" if path else key
            raise ScenarioError(f"{at}: got nothing, expected {_described(types[key])}")
    return kind(**values)


def _part(key: str, value: Any) -> Any:
    """A section of the file: one table, or a list of them."""
    if key == "station":
        if not isinstance(value, dict):
            raise ScenarioError(f"station: got {value!r}, expected a table [station]")
        return _struct(value, Station, key)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ScenarioError(f"{key}: got {value!r}, expected tables [[{key}]]")
    return tuple(_struct(item, _LISTS[key], f"{key}[{i}]") for i, item in enumerate(value))


def _value(value: Any, kind: Any, at: str) -> Any:
    if not _finite(value):
        raise ScenarioError(f"{at}: got {value!r}, expected {_described(kind)}")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        words = _described(kind)
        near = ""
        if isinstance(value, str):
            near = _meant(value, tuple(words.removeprefix("one of ").split(", ")))
        raise ScenarioError(f"{at}: got {value!r}, expected {words}{near}") from None


def _finite(value: Any) -> bool:
    """TOML knows nan and inf, which pass every bound."""
    if isinstance(value, list):
        return all(_finite(item) for item in value)
    return not isinstance(value, float) or math.isfinite(value)


def _described(kind: Any) -> str:
    for part in (kind, *get_args(kind)):
        for note in getattr(part, "__metadata__", ()):
            if note.description:
                return str(note.description)
    return str(kind)


def _meant(got: str, allowed: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(got, allowed, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


# -- values that belong together -------------------------------------------------------------


def _check(scenario: Scenario) -> None:
    heights = scenario.station.tof_heights_m
    if any(b <= a for a, b in pairwise(heights)):
        raise ScenarioError(
            f"station.tof_heights_m: got {list(heights)}, expected the lowest first, no two alike"
        )
    ids = [person.id for person in scenario.person]
    for i, name in enumerate(ids):
        if name in ids[:i]:
            raise ScenarioError(f"person[{i}].id: got {name!r} again, expected each id once")
    for i, person in enumerate(scenario.person):
        both = set(person.never_closes) & set(person.always_closes)
        if both:
            raise ScenarioError(
                f"person[{i}].always_closes: got {min(both)!r}, which never_closes has too, "
                "expected it in one of them"
            )
    if not scenario.step:
        raise ScenarioError("step: got nothing, expected at least one [[step]]")
    for i, step in enumerate(scenario.step):
        _check_step(step, f"step[{i}]", ids)
    for i, fault in enumerate(scenario.fault):
        _check_fault(fault, f"fault[{i}]")
    _check_overlaps(scenario.fault)


def _check_step(step: Step, at: str, ids: list[str]) -> None:
    if step.who not in ids:
        known = ", ".join(ids) or "a [[person]] of that id"
        raise ScenarioError(
            f"{at}.who: got {step.who!r}, expected one of {known}{_meant(step.who, tuple(ids))}"
        )
    if not step.patterns:
        raise ScenarioError(f"{at}.pattern: got an empty list, expected at least one pattern")
    for name in step.patterns:
        if name not in PATTERNS:
            raise ScenarioError(
                f"{at}.pattern: got {name!r}, expected one of {', '.join(PATTERNS)}"
                + _meant(name, PATTERNS)
            )
    for key in ("pause_s", "tempo_s"):
        low, high = getattr(step, key)
        if low > high:
            raise ScenarioError(f"{at}.{key}: got {[low, high]}, expected the lesser time first")
    if step.do == "set":
        if step.for_s is not None:
            raise ScenarioError(f"{at}.for_s: got {step.for_s}, expected none: a set has reps")
    elif step.do in MOVES and not MOVE_S[0] <= step.length_s <= MOVE_S[1]:
        raise ScenarioError(
            f"{at}.for_s: got {step.for_s}, expected {MOVE_S[0]} to {MOVE_S[1]} s for {step.do}"
        )
    elif step.length_s < 1.0:
        raise ScenarioError(f"{at}.for_s: got {step.for_s}, expected at least 1 s for {step.do}")


def _check_fault(fault: Fault, at: str) -> None:
    if fault.chip.startswith("bus-") and fault.kind not in BUS_KINDS:
        raise ScenarioError(
            f"{at}.kind: got {fault.kind!r} for {fault.chip}, expected one of "
            + ", ".join(sorted(BUS_KINDS))
        )
    if fault.kind in ONLY_TOF and fault.chip != "tof":
        raise ScenarioError(
            f"{at}.kind: got {fault.kind!r} for {fault.chip}, expected it for tof only"
        )


def _check_overlaps(faults: tuple[Fault, ...]) -> None:
    """Of one chip or bus, a fault must have ended before the next begins."""
    last: dict[str, tuple[int, Fault]] = {}
    for i, fault in sorted(enumerate(faults), key=lambda entry: entry[1].at_s):
        before = last.get(fault.chip)
        if before is not None and fault.at_s < before[1].end_s:
            raise ScenarioError(
                f"fault[{i}].at_s: got {fault.at_s}, within fault[{before[0]}] of {fault.chip}, "
                f"expected at least {before[1].end_s}"
            )
        last[fault.chip] = (i, fault)
