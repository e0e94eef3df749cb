"""``hinge demo`` as a user meets it: real processes, real sockets, time eight times as fast."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from device.errors import EX_BAD_INPUT, EX_CONFIG, EX_IO, EX_USAGE
from device.workbench.demo import DemoOptions
from device.workbench.demo import demo as run_demo

T = TypeVar("T")
HINGE = (sys.executable, "-P", "-m", "hinge")
BOUND_S = 40.0
ROOT = Path(__file__).parents[2]
SQUATS = ROOT / "tests" / "data" / "motions" / "CMU_13__13_30_Squat_11s.csv"
NAMED = {"KNEE_DRIVEN", "KNEES_FIRST", "SACRUM", "HEAD", "HIPS_NOT_BACK"}


def until(what: str, look: Callable[[], T | None], bound_s: float = BOUND_S) -> T:
    """What ``look`` gives once it is neither None, False nor empty."""
    end_s = time.monotonic() + bound_s
    while time.monotonic() < end_s:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {bound_s:g} s for {what}")


def is_alive(pid: int) -> bool:
    """Running, not a zombie that somebody has yet to wait for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Demo:
    """One demo in its own process."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._errors = (folder / "stderr").open("w+")
        self._shown = (folder / "stdout").open("w+")
        self.process = subprocess.Popen(
            [*HINGE, "demo", "--port", "0", "--speed", "8", *arguments],
            stdout=self._shown,
            stderr=self._errors,
        )
        self.pids: set[int] = set()
        self.port = 0
        self.data = Path()

    def shown(self) -> str:
        self._shown.flush()
        return Path(self._shown.name).read_text()

    def errors(self) -> str:
        return Path(self._errors.name).read_text()

    def ready(self) -> Demo:
        def look() -> re.Match[str] | None:
            assert self.process.poll() is None, self.errors()
            return re.search(r"Page +http://127\.0\.0\.1:(\d+)\n +Data +(\S+) .*\n", self.shown())

        found = until("the block with the address", look)
        self.port, self.data = int(found[1]), Path(found[2])
        self.child("serve")
        self.child("demo-device")
        return self

    def children(self) -> dict[str, int]:
        """Process ids by command."""
        found: dict[str, int] = {}
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError, IndexError, ValueError):
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.process.pid:
                    name = words[words.index("hinge") + 1]
                    found[name] = int(folder.name)
        self.pids.update(found.values())
        return found

    def child(self, name: str) -> int:
        return self.children()[name]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's JSON; None while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            if body is None:
                connection.request("GET", path)
            else:
                kind = {"Content-Type": "application/json"}
                connection.request("POST", path, json.dumps(body), kind)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status in (200, 202), text
            return json.loads(text)
        except (ConnectionError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def reps(self) -> list[dict[str, Any]]:
        page = self.ask("/api/v1/reps?limit=200")
        return [] if page is None else list(page["items"])

    def frames(self) -> Iterator[dict[str, Any]]:
        """Live frames, for at most ``BOUND_S``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/api/v1/live")
            answer = connection.getresponse()
            end_s = time.monotonic() + BOUND_S
            event = ""
            while time.monotonic() < end_s:
                line = answer.readline().decode().rstrip("\n")
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event == "frame":
                    yield json.loads(value)
        finally:
            connection.close()

    def frame(self, what: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for frame in self.frames():
            if wanted(frame):
                return frame
        raise AssertionError(f"no live frame with {what}")

    def end(self, number: signal.Signals) -> float:
        """Send a signal; returns how long the demo took to end in s."""
        self.children()
        began_s = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(15)
        return time.monotonic() - began_s

    def gone(self) -> bool:
        return not any(is_alive(pid) for pid in self.pids)

    def clean_up(self) -> None:
        if self.process.poll() is None:
            self.children()
            self.process.kill()
            self.process.wait()
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._errors.close()
        self._shown.close()


Start = Callable[..., Demo]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    demos: list[Demo] = []

    def begin(*arguments: str) -> Demo:
        demos.append(Demo(tmp_path, *arguments))
        return demos[-1].ready()

    yield begin
    for demo in demos:
        demo.clean_up()


def rows(file: Path, question: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as base:
        return base.execute(question).fetchall()


def test_the_person_is_judged_says_what_it_does_and_takes_orders(start: Start) -> None:
    demo = start("--speed", "4")
    assert demo.data.is_dir()
    assert f"curl http://127.0.0.1:{demo.port}/api/v1/reps" in demo.shown()

    def judged() -> bool:
        verdicts = {r["rep"]["verdict"] for r in demo.reps()}
        return "GOOD" in verdicts and len(verdicts & NAMED) >= 2

    # Good and bad reps in turn. A machine that cannot keep the pace makes holes, UNSCORED.
    until("good and bad reps", judged, bound_s=120.0)
    assert all(rep["rep"]["faults"] for rep in demo.reps() if rep["rep"]["verdict"] in NAMED)

    # What nobody does unasked.
    assert demo.ask("/api/v1/demo/person", {"do": "overarch"}) == {"sent": True}
    told = demo.frame("the order", lambda f: "overarch" in f["person_says"])
    assert "Next, as told: overarch." in told["person_says"]
    demo.frame("an overarch", lambda f: "leaning back too far" in f["person_says"])

    for sensor in ("imu", "tof", "pads"):
        demo.ask("/api/v1/demo/person", {"lose": sensor, "for_s": 6})
        lost = demo.frame("a lost sensor", lambda f: not f["measuring"])
        assert lost["sensor_lost"] == [sensor]
        assert "Unplugged: " in lost["person_says"]
        back = demo.frame("the sensor again", lambda f: f["measuring"])
        assert back["sensor_lost"] == []
    demo.frame("nothing unplugged", lambda f: "Unplugged" not in f["person_says"])

    assert demo.end(signal.SIGINT) < 3.0
    assert demo.process.returncode == 0
    assert demo.gone()
    assert not demo.data.exists()
    assert "Traceback" not in demo.errors()
    assert "imu lost" in demo.errors()


def test_kill_9_of_either_program_loses_and_doubles_no_rep(start: Start, tmp_path: Path) -> None:
    data = tmp_path / "data"
    demo = start("--data", str(data))
    spool = data / "spool.db"
    until("two reps", lambda: len(demo.reps()) >= 2)

    # The service hangs, so reps wait in the spool; then both die at once.
    device, service = demo.child("demo-device"), demo.child("serve")
    os.kill(service, signal.SIGSTOP)
    waiting = "SELECT id FROM message"
    until("reps that wait", lambda: len(rows(spool, waiting)) >= 2)
    os.kill(device, signal.SIGKILL)
    caught = {key for (key,) in rows(spool, waiting)}
    os.kill(service, signal.SIGKILL)
    until("both again", lambda: {device, service}.isdisjoint(demo.children().values())
          and len(demo.children()) == 2)  # fmt: skip
    until("what waited", lambda: caught <= {rep["id"] for rep in demo.reps()})

    # The new device's visit; it dies in the instant in which a rep has come in.
    before = {rep["session_id"] for rep in demo.reps()}
    until("a rep of a new visit", lambda: {r["session_id"] for r in demo.reps()} - before)
    os.kill(demo.child("demo-device"), signal.SIGKILL)
    visits = {rep["session_id"] for rep in demo.reps()}
    until("a rep of one more visit", lambda: {r["session_id"] for r in demo.reps()} - visits)

    assert demo.end(signal.SIGTERM) < 3.0
    assert demo.process.returncode == 0
    assert demo.gone()
    assert demo.errors().count("was ended by SIGKILL: started again") == 3

    # AUTOINCREMENT counts every message that was ever spooled: all are stored, none waits.
    ((spooled,),) = rows(spool, "SELECT seq FROM sqlite_sequence WHERE name = 'message'")
    assert rows(spool, "SELECT id FROM message UNION ALL SELECT id FROM rejected") == []
    log = data / "log.db"
    tables = ("rep", "set_done", "session_event")
    stored = rows(log, " UNION ALL ".join(f"SELECT id FROM {table}" for table in tables))
    assert len(stored) == len(set(stored)) == spooled
    assert rows(log, "SELECT id FROM quarantine UNION ALL SELECT digest FROM poison") == []
    reps = rows(log, "SELECT session_id, set_index, rep_index FROM rep ORDER BY session_id, id")
    sets = [list(of) for _, of in itertools.groupby(reps, key=lambda rep: rep[:2])]
    assert len({rep[0] for rep in reps}) == 3
    for of in sets:
        assert [rep[2] for rep in of] == list(range(1, len(of) + 1))


def test_a_motion_plays_over_and_over_and_no_orphan_outlives_the_demo(
    start: Start, tmp_path: Path
) -> None:
    # Its own folder: a killed demo cannot remove a temporary one.
    demo = start("--motion", str(SQUATS), "--data", str(tmp_path / "data"))
    until("squats", lambda: len(demo.reps()) >= 3)
    assert {rep["rep"]["verdict"] for rep in demo.reps()} <= {
        "KNEE_DRIVEN", "KNEES_FIRST", "UNSCORED",
    }  # fmt: skip
    says = demo.frame("words", lambda f: f["person_says"] is not None)["person_says"]
    assert SQUATS.stem in says
    demo.ask("/api/v1/demo/person", {"do": "squat"})
    demo.frame("a refusal", lambda f: "I cannot: 'squat'" in f["person_says"])
    demo.end(signal.SIGKILL)
    until("the end of both programs", demo.gone, 10)


def test_a_program_that_cannot_start_ends_the_demo_with_its_exit_code(tmp_path: Path) -> None:
    said: list[str] = []
    shown: list[str] = []
    broken = ("/bin/sh", "-c", f"exit {EX_CONFIG}")
    options = DemoOptions(port=0, data=tmp_path, front_door=broken)
    assert run_demo(options, show=shown.append, say=said.append) == EX_CONFIG
    assert shown == []
    assert re.fullmatch("the (log service|device) ended with exit code 78 before .*", said[0])


def refused(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [*HINGE, "demo", *arguments], capture_output=True, text=True, timeout=BOUND_S, check=False
    )
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = refused("--port", str(port), "--data", str(tmp_path))
    assert code == EX_IO
    assert f"127.0.0.1:{port}: cannot listen (Address already in use)" in said
    assert "--port" in said


def test_a_data_folder_in_use_is_one_line(start: Start, tmp_path: Path) -> None:
    data = tmp_path / ("a" * 60) / ("b" * 60)  # too long for sockets in it
    demo = start("--data", str(data))
    assert not (data / "sockets").exists()
    code, said = refused("--port", "0", "--data", str(data))
    assert code == EX_IO
    assert "another demo is running on this folder" in said
    config = (data / "demo.toml").read_text()
    sockets = re.search(r'^socket_dir = "(/tmp/hinge-[^"]+)"$', config, re.MULTILINE)
    assert sockets is not None
    demo.end(signal.SIGTERM)
    assert not Path(sockets[1]).exists()
    assert (data / "log.db").exists()


def test_a_motion_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("time,hip_fwd\n0,0\n")
    code, said = refused("--port", "0", "--motion", str(bad))
    assert code == EX_BAD_INPUT
    assert "missing column" in said


def test_a_scenario_with_a_typo_and_one_beside_a_motion_are_one_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('[[person]]\nid = "a"\n[[step]]\nwho = "a"\ndo = "sett"\n')
    code, said = refused(str(bad), "--port", "0")
    assert code == EX_BAD_INPUT
    assert "step[0].do: got 'sett'" in said
    assert "did you mean 'set'?" in said
    bad.write_text('[[person]]\nid = "a"\n[[step]]\nwho = "a"\ndo = "set"\n')
    code, said = refused(str(bad), "--port", "0", "--motion", "x.csv")
    assert code == EX_USAGE
    assert "expected one of them" in said


@pytest.mark.parametrize("speed", ["0", "21", "nan"])
def test_a_speed_that_no_machine_keeps_is_refused(speed: str) -> None:
    code, said = refused("--port", "0", "--speed", speed)
    assert code == EX_USAGE
    assert "--speed" in said
