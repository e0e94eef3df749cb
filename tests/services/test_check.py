"""What the doctor is told of the log and of the running station."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from services import schema
from services.check import WAL_BIG_BYTES, Checked, LogCheck
from services.config import LogConfig
from services.database import migrations, open_writer, prepare
from services.store import write_batch
from tests.services.helpers import Service, frame, line, rep, wait_for


@pytest.fixture
def config(tmp_path: Path) -> LogConfig:
    found = LogConfig(data_dir=str(tmp_path), port=1)
    prepare(found.database)
    return found


def test_a_sound_database(config: LogConfig) -> None:
    writer = open_writer(config.database)
    write_batch(writer, [line(rep()) for _ in range(3)], 0)
    found = LogCheck(config).database()
    writer.close()
    assert found.status == "ok"
    assert found.figures["reps"] == 3
    assert found.figures["schema_version"] == len(migrations())
    assert "3 reps" in found.words


def test_a_log_that_was_never_started(tmp_path: Path) -> None:
    found = LogCheck(LogConfig(data_dir=str(tmp_path / "nowhere"))).database()
    assert (found.status, found.figures) == ("ok", {"exists": False})
    assert not (tmp_path / "nowhere").exists()


def test_nothing_is_written(config: LogConfig) -> None:
    before = {path: path.read_bytes() for path in config.database.parent.iterdir()}
    LogCheck(config).database()
    after = {path: path.read_bytes() for path in config.database.parent.iterdir()}
    assert {p: data for p, data in after.items() if not p.name.endswith(("-shm", "-wal"))} == before


def test_a_file_that_is_no_database(config: LogConfig) -> None:
    config.database.write_bytes(b"something else entirely" * 100)
    found = LogCheck(config).database()
    assert found.status == "broken"
    assert str(config.database) in found.words


def test_a_damaged_page(config: LogConfig) -> None:
    with sqlite3.connect(config.database) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'rep'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    db.close()
    with config.database.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * 200)
    found = LogCheck(config).database()
    assert found.status == "broken"


def test_a_schema_of_a_newer_program(config: LogConfig) -> None:
    with sqlite3.connect(config.database) as db:
        db.execute(f"PRAGMA user_version = {len(migrations()) + 1}")
    db.close()
    found = LogCheck(config).database()
    assert found.status == "broken"
    assert "newer program" in found.words


def test_a_log_that_is_not_written_back(config: LogConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = open_writer(config.database)
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    write_batch(writer, [line(rep())], 0)
    assert LogCheck(config).database().status == "ok"
    monkeypatch.setattr("services.check.WAL_BIG_BYTES", 1000)
    found = LogCheck(config).database()
    writer.close()
    assert found.status == "degraded"
    assert "not written back" in found.words
    assert WAL_BIG_BYTES > 16 << 20  # what the writer itself lets stand


def test_an_old_sqlite_and_a_full_disk_are_said(
    config: LogConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.check.FREE_FACTOR", 1e12)
    found = LogCheck(config).database()
    assert (found.status, "too little space" in found.words) == ("degraded", True)
    monkeypatch.setattr("services.check.sqlite_version", lambda: (3, 40, 1))
    found = LogCheck(config).database()
    assert (found.status, "3.40.1" in found.words) == ("degraded", True)


def at(service: Service) -> LogCheck:
    port = int(service.url.strip("/").rpartition(":")[2])
    return LogCheck(LogConfig(host="127.0.0.1", port=port))


def told(service: Service, newest: schema.LiveFrame) -> Checked:
    """What is said of a station that sends ``newest`` again and again."""
    found: list[Checked] = []

    def heard() -> bool:
        service.send_frame(newest)
        found.append(at(service).station())
        return newest.state in found[-1].words

    wait_for(heard)
    return found[-1]


def test_the_running_station(service: Service) -> None:
    device = schema.DeviceState(waiting=2, oldest_s=1.5, ticks_missed=7)
    found = told(service, frame(1, device=device))
    assert found.status == "ok"
    assert found.words == "running, SET; 7 ticks missed, 2 messages wait"
    assert found.figures["ticks_missed"] == 7


def test_a_running_station_that_has_lost_a_sensor(service: Service) -> None:
    device = schema.DeviceState(disk_error="disk full")
    lost = {"state": "READY", "sensor_lost": ("imu",), "conditions": ("SENSOR_IMU",)}
    found = told(service, frame(1, device=device, **lost))
    assert found.status == "degraded"
    assert "lost: imu" in found.words
    assert "its disk: disk full" in found.words
    assert "at the wall: SENSOR_IMU" in found.words


def test_a_log_service_that_hears_nothing(service: Service) -> None:
    quiet = at(service)
    wait_for(lambda: "nothing of it is heard" in quiet.station().words)
    assert quiet.station().status == "degraded"


def test_no_log_service(config: LogConfig) -> None:
    found = LogCheck(config).station()
    assert found.status == "degraded"
    assert "127.0.0.1:1" in found.words
