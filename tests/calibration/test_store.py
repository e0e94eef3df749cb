"""The files of calibrations: whole or not at all, versions kept, nothing foreign taken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.calibration.store import VERSIONS_KEPT, Store
from device.errors import EX_IO, DiskError, InputFileError, exit_code
from tests.calibration.bench import made


def test_what_is_put_is_read_again_beside_what_was_there(tmp_path: Path) -> None:
    store = Store(tmp_path / "calibration")
    assert store.read("wall") == {}
    offset = made()
    store.put("wall", offset)
    plane = made("plane", values={"recess_mm": [55.25]})
    store.put("wall", plane)
    assert store.read("wall") == {"offset": offset, "plane": plane}
    assert store.read("dowel-D1") == {}


def test_the_versions_before_are_kept_and_the_oldest_goes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(VERSIONS_KEPT + 3):
        store.put("wall", made(values={"offset_mm": [float(number)]}))
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == sorted(["wall.json", *(f"wall.{n}.json" for n in range(1, VERSIONS_KEPT + 1))])
    assert b"11.0" in store.path("wall").read_bytes()
    assert b"10.0" in store.path("wall", 1).read_bytes()
    assert b"2.0" in store.path("wall", VERSIONS_KEPT).read_bytes()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"[]", "damaged"),
        (b'{"format": "hinge-keepsake", "version": 1}', "something else"),
        (b'{"format": "hinge-calibration", "version": 2}', "something else"),
        (b'{"format": "hinge-calibration", "version": 1, "place": "wall"}', "damaged"),
        (b'{"format":"hinge-calibration","version":1,"place":"dowel-D1","records":{}}', "another"),
        (b" " * 300_000, "too large"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_ignored_and_kept(
    tmp_path: Path, data: bytes, said: str
) -> None:
    lines: list[str] = []
    store = Store(tmp_path, lines.append)
    store.path("wall").write_bytes(data)
    with pytest.raises(InputFileError, match=said):
        store.read("wall")
    assert store.load("wall") == {}
    assert len(lines) == 1
    assert said in lines[0]
    store.put("wall", made())
    assert store.read("wall") == {"offset": made()}
    assert store.path("wall", 1).read_bytes() == data


@given(data=st.binary(max_size=200))
def test_no_bytes_break_reading(tmp_path_factory: Any, data: bytes) -> None:
    store = Store(tmp_path_factory.mktemp("calibration"), lambda line: None)
    store.path("wall").write_bytes(data)
    assert store.load("wall") == {}


@pytest.mark.parametrize("call", ["fsync", "link", "write"])
def test_a_disk_that_fails_leaves_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    store = Store(tmp_path)
    store.put("wall", made())

    def full(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen" if call == "write" else call, full)
    with pytest.raises(DiskError, match=r"wall\.json.*Nothing was stored") as caught:
        store.put("wall", made(values={"offset_mm": [99.0]}))
    monkeypatch.undo()
    assert exit_code(caught.value) == EX_IO
    assert store.read("wall") == {"offset": made()}
    assert not list(tmp_path.glob("*.part"))


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    store = Store(tmp_path)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    store.path("wall").with_suffix(".part").symlink_to(victim)
    with pytest.raises(DiskError):
        store.put("wall", made())
    assert victim.read_text() == "mine"
