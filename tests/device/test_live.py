"""Datagrams: frames out, keys in; nobody is waited for."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import pytest

from device.control import Control
from device.errors import AlreadyRunning, DiskError, exit_code
from device.live import Live
from device.notify import Notify
from services.schema import KeyPress, LiveFrame, PadState, PersonOrder, decode_live, encode


def frame(seq: int = 1, drill: str = "dowel", stage: str = "learn") -> LiveFrame:
    return LiveFrame(
        seq=seq,
        t_s=1.5,
        state="SET",
        measuring=True,
        tilt_deg=12.5,
        range_mm=None,
        hip_travel_mm=None,
        hip_drop_mm=None,
        pads=PadState(head="closed", thoracic="open", sacrum="stale"),
        drill=drill,
        stage=stage,
        target_low_deg=45.0,
        target_high_deg=50.0,
        reps_in_set=0,
        reps_per_set=10,
        good_in_set=0,
        set_index=1,
    )


def _listener(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(path))
    listener.settimeout(5)
    return listener


def test_a_frame_arrives_as_it_was_sent(tmp_path: Path) -> None:
    with _listener(tmp_path / "live.sock") as listener:
        live = Live(tmp_path / "live.sock")
        live.send(frame())
        assert decode_live(listener.recv(65536)) == frame()
        assert (live.sent, live.dropped) == (1, 0)
        live.close()


def test_frames_are_dropped_while_nobody_listens_and_arrive_again_after(tmp_path: Path) -> None:
    live = Live(tmp_path / "live.sock")
    live.send(frame(1))
    with _listener(tmp_path / "live.sock") as listener:
        live.send(frame(2))
        assert decode_live(listener.recv(65536)).seq == 2
    live.send(frame(3))
    assert (live.sent, live.dropped) == (1, 2)
    live.close()


def test_a_listener_that_is_behind_never_blocks_the_loop(tmp_path: Path) -> None:
    with _listener(tmp_path / "live.sock"):
        live = Live(tmp_path / "live.sock")
        for seq in range(5000):
            live.send(frame(seq))
        assert live.dropped > 0
        assert live.sent + live.dropped == 5000
        live.close()


def _send(path: Path, *datagrams: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        for data in datagrams:
            sender.sendto(data, str(path))


def test_keys_of_the_page_come_in_order_and_once(tmp_path: Path) -> None:
    control = Control(tmp_path / "run" / "device.sock")
    assert control.read() == ()
    _send(
        tmp_path / "run" / "device.sock",
        encode(KeyPress(key="next")),
        encode(KeyPress(key="mute")),
        encode(KeyPress(key="stop")),
    )
    assert control.read() == ("next", "mute", "stop")
    assert control.read() == ()
    assert control.bad == 0
    control.close()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"{}",
        b'{"type":"key"}',
        b'{"type":"key","key":"reboot"}',
        b'{"type":"key","key":7}',
        b"[" * 4000,
        encode(PersonOrder(do="set")),
        encode(KeyPress(key="stop")) + b" " * 5000 + b"x",
    ],
)
def test_what_is_no_key_is_counted_and_the_next_key_still_counts(
    tmp_path: Path, data: bytes
) -> None:
    control = Control(tmp_path / "device.sock")
    _send(tmp_path / "device.sock", data, encode(KeyPress(key="stop")))
    keys = control.read()
    assert keys[-1:] == ("stop",)
    assert control.bad + len(keys) == 2
    control.close()


def test_a_flood_is_read_a_few_at_a_time(tmp_path: Path) -> None:
    control = Control(tmp_path / "device.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        sent = 0
        try:
            while sent < 100:
                sender.sendto(encode(KeyPress(key="next")), str(tmp_path / "device.sock"))
                sent += 1
        except BlockingIOError:
            pass
    first = len(control.read())
    assert 0 < first <= 16
    total = first
    while keys := control.read():
        total += len(keys)
    assert total == sent
    control.close()


def test_a_socket_left_behind_by_a_killed_program_is_taken_over(tmp_path: Path) -> None:
    with _listener(tmp_path / "device.sock"):
        pass
    control = Control(tmp_path / "device.sock")
    _send(tmp_path / "device.sock", encode(KeyPress(key="stop")))
    assert control.read() == ("stop",)
    control.close()
    assert not (tmp_path / "device.sock").exists()


def test_the_socket_of_a_living_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    first = Control(tmp_path / "device.sock")
    for _ in range(2):
        with pytest.raises(
            AlreadyRunning, match=r"device\.sock: another .* stop that one"
        ) as caught:
            Control(tmp_path / "device.sock")
        assert exit_code(caught.value) == 74
    _send(tmp_path / "device.sock", encode(KeyPress(key="stop")))
    assert first.read() == ("stop",)
    first.close()
    Control(tmp_path / "device.sock").close()


def test_one_that_is_alive_but_too_busy_to_read_is_alive(tmp_path: Path) -> None:
    busy = Control(tmp_path / "device.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
        with contextlib.suppress(BlockingIOError):
            for _ in range(10_000):
                sender.sendto(b"x", str(tmp_path / "device.sock"))
        with pytest.raises(AlreadyRunning):
            Control(tmp_path / "device.sock")
    busy.close()


def test_a_file_that_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "device.sock").write_text("notes")
    with pytest.raises(DiskError, match="in use"):
        Control(tmp_path / "device.sock")
    assert (tmp_path / "device.sock").read_text() == "notes"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="Check the folder"):
        Control(tmp_path / "file" / "device.sock")


def test_systemd_hears_ready_alive_and_stopping(tmp_path: Path) -> None:
    with _listener(tmp_path / "notify") as listener:
        notify = Notify({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        notify.ready()
        notify.alive("all sensors")
        notify.stopping()
        heard = [listener.recv(4096) for _ in range(3)]
    assert heard == [b"READY=1", b"WATCHDOG=1\nSTATUS=all sensors", b"STOPPING=1"]
    notify.alive("nobody there now")
    assert notify.failed == 1
    notify.close()


def test_an_abstract_notify_socket_is_found() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")  # Linux picks an abstract name
        name = listener.getsockname()
        notify = Notify({"NOTIFY_SOCKET": "@" + name[1:].decode()})
        notify.ready()
        listener.settimeout(5)
        assert listener.recv(100) == b"READY=1"
        notify.close()


def test_without_systemd_nothing_is_sent() -> None:
    notify = Notify({})
    notify.ready()
    notify.alive("fine")
    assert notify.failed == 0
    notify.close()
