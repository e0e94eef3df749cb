"""What is kept of a person: whole files under checked names, and bad ones that stop nothing."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.config_model import Paths
from device.errors import DiskError, InputFileError, UsageError, exit_code
from device.keepsake import MOST_BYTES, VERSION, Keepsakes, check_symbol, pseudonym_of

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
codes = st.text(DIGITS, min_size=6, max_size=6)


class Own(msgspec.Struct, frozen=True):
    excess: tuple[float, ...] = ()
    visits: int = 0


def name(code: str = "7QX0ZM") -> str:
    return f"P-{code}-{check_symbol(code)}"


OWN = Own((0.001, 0.0025), 3)


# -- pseudonyms -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "symbol"),
    # By hand: the number modulo 37 into 0-9 A-Z without I, L, O, U, then * ~ $ = U.
    [
        ("000000", "0"), ("00000Z", "Z"), ("000010", "*"), ("000011", "~"), ("000012", "$"),
        ("000013", "="), ("000014", "U"), ("000015", "0"), ("ZZZZZZ", "A"),
    ],
)  # fmt: skip
def test_the_check_symbol_is_crockfords(code: str, symbol: str) -> None:
    assert check_symbol(code) == symbol
    assert pseudonym_of(f"P-{code}-{symbol}") == f"P-{code}-{symbol}"


@given(codes, st.integers(0, 5), st.sampled_from(DIGITS))
def test_one_wrong_character_is_found(code: str, at: int, other: str) -> None:
    wrong = code[:at] + other + code[at + 1 :]
    if wrong != code:
        with pytest.raises(UsageError, match="does not fit"):
            pseudonym_of(f"P-{wrong}-{check_symbol(code)}")


@given(codes, st.integers(0, 4))
def test_two_swapped_characters_are_found(code: str, at: int) -> None:
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    if swapped != code:
        with pytest.raises(UsageError, match="does not fit"):
            pseudonym_of(f"P-{swapped}-{check_symbol(code)}")


@given(codes)
def test_misread_and_small_letters_name_the_same_person(code: str) -> None:
    typed = code.lower().replace("0", "o").replace("1", "l")
    assert pseudonym_of(f" p-{typed}-{check_symbol(code).lower()}\n") == name(code)


@pytest.mark.parametrize(
    "text",
    [
        "", "P-", "P-12345-6", "P-1234567-8", "7QX0ZM-B", "P-7QX0ZU-0", "P-../../-0", "P-7QX0ZM",
        "P-7QX0ZM-", "P-7QX0ZM-BB", "Anna", "P-7QX0Z\x00-B", "P-7QX0ZM-B\n/etc",
    ],
)  # fmt: skip
def test_what_is_no_pseudonym_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pseudonym") as caught:
        Keepsakes(tmp_path).path(text)
    assert exit_code(caught.value) == 2
    assert "\n" not in str(caught.value)


# -- files ------------------------------------------------------------------------------------


def test_what_was_written_is_read_again_and_replaced(tmp_path: Path) -> None:
    kept = Keepsakes(tmp_path / "deep" / "people")
    assert kept.read(name(), Own) is None
    kept.write(name(), OWN)
    assert kept.read(name(), Own) == OWN
    kept.write(name(), Own())
    assert Keepsakes(tmp_path / "deep" / "people").read(name().lower(), Own) == Own()
    (file,) = (tmp_path / "deep" / "people").iterdir()
    assert file.name == "P-7QX0ZM.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    fields = json.loads(file.read_text())
    assert set(fields) == {"format", "version", "pseudonym", "saved_at", "state"}


def test_people_lie_under_the_data_folder() -> None:
    assert Paths(data_dir="/data").people == Path("/data/people")


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Keepsakes(tmp_path)
    kept.write(name(), OWN)

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match="No space left") as caught:
        kept.write(name(), Own())
    assert exit_code(caught.value) == 74
    monkeypatch.undo()
    assert kept.read(name(), Own) == OWN
    assert [file.name for file in tmp_path.iterdir()] == ["P-7QX0ZM.json"]


KILLED = """
import os, sys, signal
from pathlib import Path
from device.keepsake import Keepsakes
from tests.device.test_keepsake import Own, name
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
Path.replace = die
Keepsakes(Path(sys.argv[1])).write(name(), Own(visits=99))
"""


@pytest.mark.slow
def test_killed_before_the_rename_the_old_one_is_there_and_the_next_write_works(
    tmp_path: Path,
) -> None:
    kept = Keepsakes(tmp_path)
    kept.write(name(), OWN)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], timeout=60, check=False)
    assert done.returncode == -9
    assert kept.read(name(), Own) == OWN
    kept.write(name(), Own(visits=4))
    assert kept.read(name(), Own) == Own(visits=4)
    assert len(list(tmp_path.iterdir())) == 1


def fields(**other: Any) -> bytes:
    values = {
        "format": "hinge-keepsake", "version": 1, "pseudonym": name(), "saved_at": "2026",
        "state": {"visits": 1},
    }  # fmt: skip
    return json.dumps({**values, **other}).encode()


BAD = {
    "empty": (b"", "damaged"),
    "cut": (fields()[:40], "damaged"),
    "bytes": (b"\xff\xfe\x00", "damaged"),
    "deep": (b"[" * 5000, "damaged"),
    "list": (b"[]", "damaged"),
    "foreign": (b'{"name": "x"}', "something else"),
    "without state": (fields().replace(b'"state"', b'"stale"'), "damaged"),
    "other state": (fields(state={"visits": "many"}), "state"),
    "huge": (b" " * (MOST_BYTES + 1), "too large"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_said_ignored_and_put_aside_by_the_next_write(
    tmp_path: Path, kind: str
) -> None:
    said: list[str] = []
    kept = Keepsakes(tmp_path, said.append)
    data, why = BAD[kind]
    path = kept.path(name())
    path.write_bytes(data)
    with pytest.raises(InputFileError, match=why) as caught:
        kept.read(name(), Own)
    assert exit_code(caught.value) == 65
    assert kept.load(name(), Own) is None
    (line,) = said
    assert str(path) in line
    assert why in line
    assert "\n" not in line
    assert path.read_bytes() == data, "reading changes nothing"
    kept.write(name(), OWN)
    assert kept.load(name(), Own) == OWN
    aside = [file.read_bytes() for file in tmp_path.glob("*.damaged-*")]
    assert aside == ([] if kind == "other state" else [data])


def test_somebody_elses_file_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    said: list[str] = []
    kept = Keepsakes(tmp_path, said.append)
    kept.path(name()).write_bytes(fields(pseudonym=name("000000")))
    assert kept.load(name(), Own) is None
    assert "somebody else's" in said[0]


def test_a_newer_file_is_neither_used_nor_replaced(tmp_path: Path) -> None:
    said: list[str] = []
    kept = Keepsakes(tmp_path, said.append)
    data = fields(version=VERSION + 1, state=["quite", "different"])
    kept.path(name()).write_bytes(data)
    assert kept.load(name(), Own) is None
    assert "newer program" in said[0]
    with pytest.raises(InputFileError, match="newer"):
        kept.write(name(), OWN)
    assert kept.path(name()).read_bytes() == data


def test_links_folders_and_pipes_are_not_followed(tmp_path: Path) -> None:
    kept = Keepsakes(tmp_path / "people", lambda line: None)
    secret = tmp_path / "secret"
    secret.write_bytes(fields())
    (tmp_path / "people").mkdir()
    kept.path(name()).symlink_to(secret)
    assert kept.load(name(), Own) is None
    kept.write(name(), OWN)
    assert secret.read_bytes() == fields()
    assert kept.read(name(), Own) == OWN
    kept.path(name("000000")).mkdir()
    assert kept.load(name("000000"), Own) is None
    os.mkfifo(kept.path(name("00000Z")))
    assert kept.load(name("00000Z"), Own) is None


def test_erase_removes_everything_of_one_person_and_nothing_else(tmp_path: Path) -> None:
    kept = Keepsakes(tmp_path, lambda line: None)
    kept.path(name()).write_bytes(b"damaged")
    kept.write(name(), OWN)
    kept.path(name()).with_suffix(".part").write_bytes(b"left by a kill")
    kept.write(name("000000"), OWN)
    assert kept.erase(name()) is True
    assert kept.read(name(), Own) is None
    assert kept.erase(name()) is False
    assert [file.name for file in tmp_path.iterdir()] == ["P-000000.json"]
    assert Keepsakes(tmp_path / "none").erase(name()) is False
    with pytest.raises(UsageError):
        kept.erase("P-*-0")


def test_too_much_to_keep_is_refused_before_it_is_written(tmp_path: Path) -> None:
    kept = Keepsakes(tmp_path)
    kept.write(name(), OWN)
    with pytest.raises(UsageError, match="at most"):
        kept.write(name(), Own(tuple(0.123456789 for _ in range(40_000))))
    assert kept.read(name(), Own) == OWN
