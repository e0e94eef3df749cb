"""Messages and frames for the tests of the log service, and the service as a process."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uuid6

from services import schema

REPO = Path(__file__).parents[2]
SCRIPT = (
    "import sys; from pathlib import Path; from services.config import load_config;"
    "from services.serve import serve; sys.exit(serve(load_config(Path(sys.argv[1]))))"
)


def new_id() -> str:
    return str(uuid6.uuid7())


def rep_body(verdict: str = "GOOD", **other: Any) -> schema.RepBody:
    values: dict[str, Any] = {
        "start_s": 1.0, "bottom_s": 2.9, "end_s": 5.1, "peak_tilt_deg": 47.1,
        "hip_travel_mm": 193.0, "hip_drop_mm": 24.0, "hip_return_mm": 3.0, "hinge_ratio": 1.01,
        "shin_angle_deg": 3.0, "knee_flexion_deg": 20.1, "drop_angle_deg": 7.0,
        "excess_drop_mm": 0.5, "early_drop_mm": 2.0, "onset_lag_s": 0.1, "peak_rate_dps": 41.0,
        "t_down_s": 1.9, "t_hold_s": 0.3, "t_up_s": 1.9, "valid": verdict != "UNSCORED",
        "contact_loss_ms": schema.ContactLoss(head=0, thoracic=0, sacrum=120),
        "contacts": "judged",
        "faults": (schema.FaultEntry(code="FAST", level="rep", time_s=5.1),),
    }  # fmt: skip
    return schema.RepBody(verdict=verdict, **{**values, **other})


def rep(session_id: str = "s-1", verdict: str = "GOOD", **other: Any) -> schema.RepMessage:
    values: dict[str, Any] = {
        "id": new_id(), "station": "wall-1", "set_index": 1, "rep_index": 1, "drill": "dowel",
        "stage": "learn", "wall_time": "2026-02-03T10:00:00.000Z", "clock_synced": True,
        "rep": rep_body(verdict),
    }  # fmt: skip
    return schema.RepMessage(session_id=session_id, **{**values, **other})


def set_body(**other: Any) -> schema.SetBody:
    values: dict[str, Any] = {
        "start_s": 1.0, "end_s": 60.0, "time_s": 59.0, "rest_before_s": None, "ended": "count",
        "reps": 10, "good": 8, "unscored": 0, "good_share": 0.8, "main_fault": "SACRUM",
        "main_fault_reps": 2, "peak_tilt_deg": schema.Spread(47.0, 2.0, 0.0426),
        "hip_travel_mm": schema.Spread(190.0, 5.0, 0.0263), "hinge_ratio": schema.Spread(1.0),
        "t_down_s": schema.Spread(2.0), "t_hold_s": schema.Spread(0.4),
        "t_up_s": schema.Spread(1.6), "drift_loss_ms": 0.1, "drift_tilt_deg": -0.2,
        "drift_ratio": None, "drift_drop_mm": 0.5, "drift_down_s": 0.01, "tired": False,
        "stop_advised": False,
    }  # fmt: skip
    return schema.SetBody(**{**values, **other})


def set_done(session_id: str = "s-1", **other: Any) -> schema.SetMessage:
    values: dict[str, Any] = {
        "id": new_id(), "station": "wall-1", "set_index": 1, "drill": "dowel", "stage": "learn",
        "wall_time": "2026-02-03T10:01:00.000Z", "clock_synced": True, "summary": set_body(),
    }  # fmt: skip
    return schema.SetMessage(session_id=session_id, **{**values, **other})


def opened(session_id: str = "s-1", **other: Any) -> schema.SessionOpen:
    values: dict[str, Any] = {
        "id": new_id(), "station": "wall-1", "drill": "dowel", "stage": "learn",
        "wall_time": "2026-02-03T09:59:00.000Z", "clock_synced": True,
    }  # fmt: skip
    return schema.SessionOpen(session_id=session_id, **{**values, **other})


def closed(session_id: str = "s-1", **other: Any) -> schema.SessionClose:
    values: dict[str, Any] = {
        "id": new_id(), "station": "wall-1", "wall_time": "2026-02-03T10:05:00.000Z",
        "clock_synced": True, "reason": "left",
    }  # fmt: skip
    return schema.SessionClose(session_id=session_id, **{**values, **other})


def line(message: schema.Message) -> bytes:
    return schema.encode(message).rstrip(b"\n")


def frame(seq: int = 1, **other: Any) -> schema.LiveFrame:
    values: dict[str, Any] = {
        "t_s": seq / 25, "state": "SET", "measuring": True, "tilt_deg": 40.0, "range_mm": 250.0,
        "hip_travel_mm": 150.0, "hip_drop_mm": 10.0,
        "pads": schema.PadState(head="closed", thoracic="closed", sacrum="open"),
        "drill": "dowel", "stage": "learn", "target_low_deg": 45.0, "target_high_deg": 50.0,
        "reps_in_set": 1, "reps_per_set": 10, "good_in_set": 1, "set_index": 1,
    }  # fmt: skip
    return schema.LiveFrame(seq=seq, **{**values, **other})


def wait_for(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Until the condition holds; fails the test when it does not in time."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {timeout_s} s"
        select.select([], [], [], 0.005)


@dataclasses.dataclass
class Service:
    """The log service, running as a program of its own."""

    process: subprocess.Popen[str]
    url: str
    folder: Path

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def connect(self) -> socket.socket:
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sender.settimeout(10)
        sender.connect(str(self.folder / "ingest.sock"))
        hello = b""
        while not hello.endswith(b"\n"):
            hello += sender.recv(1)
        assert schema.decode_ack(hello) == schema.Ack(schema=schema.SCHEMA_VERSION)
        return sender

    def send_frame(self, live: schema.LiveFrame) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(schema.encode(live), str(self.folder / "live.sock"))


def write_config(folder: Path, **other: Any) -> Path:
    values: dict[str, Any] = {"data_dir": str(folder), "socket_dir": str(folder), "port": 0}
    file = folder / "station.toml"
    rows = [
        f"{key} = {value!r}".replace("True", "true") for key, value in {**values, **other}.items()
    ]
    file.write_text("[log]\n" + "\n".join(rows) + "\n")
    return file


def start(folder: Path, **other: Any) -> subprocess.Popen[str]:
    with (folder / "stderr.txt").open("a") as errors:
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(write_config(folder, **other))],
            cwd=REPO,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )


def start_ready(folder: Path, **other: Any) -> Service:
    process = start(folder, **other)
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 20)
    said = process.stdout.readline() if ready else ""
    assert "http://" in said, f"not ready: {said!r} {process.poll()}"
    return Service(process, said.split()[-1], folder)


@contextlib.contextmanager
def running(folder: Path, **other: Any) -> Iterator[Service]:
    service = start_ready(folder, **other)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.send_signal(signal.SIGTERM)
            try:
                service.process.wait(10)
            except subprocess.TimeoutExpired:
                service.kill()
        if service.process.stdout is not None:
            service.process.stdout.close()
