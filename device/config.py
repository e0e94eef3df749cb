"""The configuration of the station: one TOML file; its keys and defaults: ``config_model``.

``load`` says all that is wrong with a file at once, one line a finding: file, key, what was
got, what is allowed. Sections and keys: ``config_model``. ``[log]`` belongs to the log
service and is passed on as it is.
"""

from __future__ import annotations

import datetime
import difflib
import json
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

import msgspec
import tomlkit

from device.config_checks import findings
from device.config_model import Config
from device.drills import DRILLS
from device.errors import ConfigError
from device.limits import StageName


def load(
    path: Path | None = None, *, drill: str | None = None, stage: StageName | None = None
) -> Config:
    """Read and check a file; ``None`` gives the defaults.

    ``drill``, ``stage``: chosen in place of the file's, which is checked as if it said so.

    Raises:
        ConfigError: with one line for each finding, or for a file that cannot be read.
    """
    if path is None:
        return _with(Config(), drill, stage)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError([f"{path}: cannot be read: {reason}. Check the path."]) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            [f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8 text."]
        ) from None
    return parse(text, str(path), drill=drill, stage=stage)


def parse(
    text: str,
    where: str = "configuration",
    *,
    drill: str | None = None,
    stage: StageName | None = None,
) -> Config:
    """The configuration in ``text``; ``where`` names it in errors. Raises ``ConfigError``.

    ``drill``, ``stage``: as for ``load``.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax(str(error), where)]) from None
    problems: list[str] = []
    config = _with(_section(table, Config, "", problems), drill, stage)
    if not problems:
        problems = findings(config)
    if problems:
        raise ConfigError([f"{where}: {problem}" for problem in problems])
    return config


def _with(config: Config, drill: str | None, stage: StageName | None) -> Config:
    """``config`` with another drill, without what only its own drill has, and another stage."""
    practice = config.practice
    if drill is not None and drill != practice.drill:
        new = DRILLS.get(drill)
        practice = msgspec.structs.replace(
            practice,
            drill=drill,
            load_kg=practice.load_kg if new is not None and new.loaded else None,
            side=practice.side if new is not None and new.sided else None,
        )
    if stage is not None:
        practice = msgspec.structs.replace(practice, stage=stage)
    return msgspec.structs.replace(config, practice=practice)


def effective(config: Config) -> str:
    """Every setting as TOML text; ``parse(effective(c)) == c``."""
    return _toml(_plain(config))


def changed(config: Config) -> str:
    """Only what differs from the defaults, as TOML text; empty when nothing does."""
    return _toml(_difference(_plain(config), _plain(Config())))


_S = TypeVar("_S", bound=msgspec.Struct)


def _section(table: dict[str, Any], kind: type[_S], path: str, problems: list[str]) -> _S:
    """``table`` as a ``kind``, key by key, so that every wrong key is said, not the first."""
    fields = {f.name: f for f in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        if key not in fields:
            problems.append(_unknown(here, key, list(fields)))
            continue
        wanted = fields[key].type
        if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct):
            if isinstance(value, dict):
                values[key] = _section(value, wanted, here, problems)
            else:
                problems.append(f"{here}: got {_show(value)}, expected a section [{here}]")
            continue
        try:
            if not _finite(value):
                raise msgspec.ValidationError("not finite")
            values[key] = msgspec.convert(value, wanted)
        except msgspec.ValidationError:
            problems.append(f"{here}: got {_show(value)}, expected {_allowed(wanted)}")
    return kind(**values)


def _syntax(message: str, where: str) -> str:
    """tomllib's message with its place moved to the front, as compilers do."""
    found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", message, re.DOTALL)
    if found is None:
        return f"{where}: not TOML: {message}"
    return f"{where}:{found[2]}:{found[3]}: not TOML: {found[1]}"


def _unknown(here: str, key: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(key, allowed, n=1)
    meant = f" Did you mean {near[0]!r}?" if near else ""
    return f"{here}: unknown key, expected one of {', '.join(allowed)}.{meant}"


def _show(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _finite(value: object) -> bool:
    if isinstance(value, list):
        return all(_finite(item) for item in value)
    return not isinstance(value, float) or math.isfinite(value)


_TOML_TYPES: Final = (datetime.datetime, datetime.date, datetime.time)

_WORDS: Final[Mapping[object, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
}


def _allowed(kind: Any) -> str:
    """A type in the user's words."""
    if kind in _WORDS:
        return _WORDS[kind]
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return next((m.description for m in args[1:] if m.description), _allowed(args[0]))
    if origin is Literal:
        return "one of " + ", ".join(json.dumps(arg) for arg in args)
    if origin in (Union, UnionType):
        return " or ".join(_allowed(arg) for arg in args if arg is not type(None))
    if origin is tuple and args[-1] is Ellipsis:
        return f"a list, each {_allowed(args[0])}"
    if origin is tuple:
        return f"a list of {len(args)}, each {_allowed(args[0])}"
    return "a section"


def _plain(config: Config) -> dict[str, Any]:
    """Sections as dicts, without what is None (TOML has no null)."""

    def without_none(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: without_none(v) for k, v in value.items() if v is not None}
        return list(map(without_none, value)) if isinstance(value, list | tuple) else value

    plain: dict[str, Any] = without_none(msgspec.to_builtins(config, builtin_types=_TOML_TYPES))
    return plain


def _difference(table: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            if inner := _difference(value, base[key]):
                found[key] = inner
        elif key not in base or value != base[key]:
            found[key] = value
    return found


def _toml(table: dict[str, Any]) -> str:
    """TOML text; addresses in hexadecimal, as datasheets and i2cdetect write them."""
    return tomlkit.dumps(_hex_addresses(table))


def _hex_addresses(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: _hex_addresses(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_hex_addresses(v, key) for v in value]
    if key.endswith(("address", "addresses")) and type(value) is int:
        return tomlkit.value(f"0x{value:02X}")
    return value
