"""A device that cannot go on, and the page that says why: both programs as they are typed."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

REPO = Path(__file__).parents[2]
GOOD = "[bus.wall]\nnumber = 28\n[bus.dowel]\nnumber = 29\n"
"""Buses that no machine has."""


def write(folder: Path, wrong: str = "") -> Path:
    file = folder / "config.toml"
    file.write_text(
        f'{GOOD}[paths]\ndata_dir = "{folder}/data"\nsocket_dir = "{folder}/run"\n'
        f"[log]\nport = 0\n{wrong}"
    )
    return file


def hinge(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hinge", *words],
        cwd=REPO,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def serving(file: Path) -> Iterator[httpx.Client]:
    process = hinge("serve", "--config", str(file))
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], 20)
        said = process.stdout.readline() if ready else ""
        assert "http://" in said, process.communicate(timeout=5)
        with httpx.Client(base_url=said.split()[-1], timeout=10, trust_env=False) as client:
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)


def stale(client: httpx.Client) -> Any:
    """What the page is told first."""
    with client.stream("GET", "/api/v1/live") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
    return None


def run(file: Path) -> tuple[int, str]:
    process = hinge("run", "--config", str(file))
    return process.wait(30), process.communicate()[1]


WRONG = {
    "a value": ("[imu]\nodr_hz = 7\n", "imu.odr_hz: got 7, expected one of 104, 208, 417"),
    "a key": ("[imu]\nodr = 7\n", "imu.odr: unknown key"),
    "no TOML": ("[imu\n", "not TOML"),
    "twice": ("[bus.wall]\nnumber = 1\n", "not TOML"),
}


@pytest.mark.slow
@pytest.mark.parametrize("which", WRONG)
def test_a_bad_device_configuration_leaves_the_page_up_and_is_shown_there(
    tmp_path: Path, which: str
) -> None:
    wrong, expected = WRONG[which]
    file = write(tmp_path, wrong)
    with serving(file) as client:
        assert stale(client)["ended"] is None
        code, printed = run(file)
        assert code == 78
        told = stale(client)["ended"]
        assert told["code"] == 78
        assert expected in told["text"]
        assert told["text"] in printed.replace("hinge: ", "")
        assert client.get("/").status_code == 200
        assert client.get("/api/v1/health").json()["ended"] == told
        assert "hinge_device_ended_code 78" in client.get("/metrics").text
        if which != "a value":
            return
        # Mended: now it is the buses that this machine does not have.
        write(tmp_path)
        assert run(file)[0] == 69
        assert "/dev/i2c-28" in stale(client)["ended"]["text"]


@pytest.mark.slow
def test_a_log_that_starts_later_shows_it_too(tmp_path: Path) -> None:
    file = write(tmp_path, "[imu\n")
    (tmp_path / "run").mkdir()
    assert run(file)[0] == 78
    with serving(file) as client:
        assert "not TOML" in stale(client)["ended"]["text"]


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["prt = 1\n", "host = 5\n", "host = [\n"])
def test_what_is_wrong_in_the_logs_own_table_ends_it_with_78(tmp_path: Path, wrong: str) -> None:
    process = hinge("serve", "--config", str(write(tmp_path, wrong)))
    _, printed = process.communicate(timeout=30)
    assert process.returncode == 78
    assert len(printed.splitlines()) == 1
