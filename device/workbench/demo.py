"""``hinge demo``: the whole station with no hardware, in two programs and one that watches."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from device.config import effective
from device.config_model import Config, Paths
from device.ending import Ending
from device.errors import DeviceError, DiskError, UsageError
from device.workbench.demo_device import PERSON_SOCKET
from device.workbench.motion_run import load_motion
from device.workbench.scenario_run import load_scenario, station_of
from device.workbench.supervisor import ChildFailed, Supervisor
from drivers.sim.body import Body

SPEEDS: Final = (0.1, 20.0)
READY_S: Final = 60.0
"""A Pi Zero 2 with a cold card takes tens of seconds to load both programs."""
LOOK_S: Final = 0.05
STATURE_M: Final = Body().stature_m
_LONGEST_SOCKET: Final = 107
"""sockaddr_un.sun_path has 108 bytes, the last one 0 (unix(7))."""
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}

SERVICE: Final = "the log service"
DEVICE: Final = "the device"


class DemoOptions(NamedTuple):
    """Interface: ``hinge demo``. ``port`` 0: any free one. ``data`` None: a temporary folder."""

    config: Config = Config()
    motion: Path | None = None
    scenario: Path | None = None
    speed: float = 1.0
    port: int = 8080
    data: Path | None = None
    front_door: tuple[str, ...] = (sys.executable, "-P", "-m", "hinge")
    """How the two programs are called: with ``serve`` and ``demo-device``."""


class PortTaken(DeviceError, OSError):
    """The page's address cannot be listened on."""


class DemoRuns(DeviceError, OSError):
    """Another demo has this data folder."""


def demo(
    options: DemoOptions,
    *,
    show: Callable[[str], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> int:
    """Run until Ctrl-C or SIGTERM; returns the exit code.

    Args:
        show: Gets the one block about what there is to see (default: stdout).
        say: Gets a line when a program has died (default: stderr).

    Raises:
        UsageError, InputFileError, PortTaken, DemoRuns, DiskError: before anything is started.
    """
    say = say or _stderr
    _check(options)
    if options.scenario is not None:
        scenario = load_scenario(options.scenario)  # its faults are told here, once
        options = options._replace(config=station_of(options.config, scenario))
    host = str(options.config.log.get("host", "127.0.0.1"))
    with Ending() as ending, _folders(options.data) as (data, sockets):
        port = _free_port(host, options.port)
        config_file = _write_config(options, data, sockets, host, port)
        supervisor = Supervisor(say)
        try:
            common = ("--config", str(config_file))
            supervisor.start(SERVICE, (*options.front_door, "serve", *common))
            supervisor.start(
                DEVICE, (*options.front_door, "demo-device", *common, *_device_arguments(options))
            )
            page_host = _ANY_ADDRESS.get(host, host)
            if _wait_ready(supervisor, ending, page_host, port, sockets):
                (show or _stdout)(_block(options, page_host, port, data))
            while not ending():
                supervisor.watch()
                time.sleep(LOOK_S)
        except ChildFailed as error:
            say(str(error))
            return error.code
        finally:
            supervisor.stop()
    return 0


def _check(options: DemoOptions) -> None:
    low, high = SPEEDS
    if not low <= options.speed <= high:
        raise UsageError(f"--speed: got {options.speed:g}, expected {low:g} to {high:g}")
    if not 0 <= options.port <= 65535:
        raise UsageError(f"--port: got {options.port}, expected 0 to 65535")
    if options.scenario is not None and options.scenario.suffix == ".csv":
        raise UsageError(f"demo: got {options.scenario}, a motion: use --motion FILE")
    if options.motion is not None and options.scenario is not None:
        raise UsageError("demo: got a scenario and --motion, expected one of them")
    if options.motion is not None:
        load_motion(options.motion)  # its faults are told here, once, by one program


@contextlib.contextmanager
def _folders(data: Path | None) -> Iterator[tuple[Path, Path]]:
    """The data folder, held for this demo alone, and a folder for sockets.

    What was made for this run only is removed at the end.
    """
    with contextlib.ExitStack() as made:
        if data is None:
            data = Path(tempfile.mkdtemp(prefix="hinge-demo-"))
            made.callback(shutil.rmtree, data, ignore_errors=True)
        data = data.absolute()
        made.enter_context(_lock(data))
        sockets = data / "sockets"
        if len(os.fsencode(sockets / PERSON_SOCKET)) > _LONGEST_SOCKET:
            sockets = Path(tempfile.mkdtemp(prefix="hinge-", dir="/tmp"))
            made.callback(shutil.rmtree, sockets, ignore_errors=True)
        yield data, sockets


def _lock(data: Path) -> BinaryIO:
    """Raises ``DemoRuns`` or ``DiskError``. The lock ends with the process."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        held = (data / "demo.lock").open("ab")
    except OSError as error:
        raise DiskError(data, error, check="Check --data.") from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        if isinstance(error, BlockingIOError):
            raise DemoRuns(
                f"{data}: another demo is running on this folder. End it, or choose another --data."
            ) from None
        raise DiskError(data, error, check="Check --data.") from None
    return held


def _free_port(host: str, port: int) -> int:
    """The port, or a free one for 0: fixed now, so that it stays over restarts.

    Raises ``PortTaken``.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family) as probe:
            return int(probe.getsockname()[1])
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise PortTaken(
            f"http://{host}:{port}: cannot listen ({why}). Check for another program on the port, "
            "or choose another one (--port)."
        ) from None


def _write_config(options: DemoOptions, data: Path, sockets: Path, host: str, port: int) -> Path:
    """What both programs read: the user's settings, in the demo's folders."""
    config = options.config
    station = config.station
    # The person's body is known here, as it is for a person who has told theirs.
    if options.motion is None and options.scenario is None and station.stature_m is None:
        station = msgspec.structs.replace(station, stature_m=STATURE_M)
    log = {
        **config.log,
        "data_dir": str(data),
        "socket_dir": str(sockets),
        "host": host,
        "port": port,
        "person_socket": str(sockets / PERSON_SOCKET),
    }
    written = msgspec.structs.replace(
        config,
        station=station,
        paths=Paths(data_dir=str(data), socket_dir=str(sockets)),
        log=log,
    )
    file = data / "demo.toml"
    try:
        file.write_text(effective(written), encoding="utf-8")
    except OSError as error:
        raise DiskError(file, error, check="Check --data and free space.") from None
    return file


def _device_arguments(options: DemoOptions) -> tuple[str, ...]:
    arguments: tuple[str, ...] = ("--speed", f"{options.speed:g}")
    if options.motion is not None:
        arguments += ("--motion", str(options.motion))
    if options.scenario is not None:
        arguments += ("--scenario", str(options.scenario))
    return arguments


def _wait_ready(
    supervisor: Supervisor, ending: Callable[[], bool], host: str, port: int, sockets: Path
) -> bool:
    """True once the page answers and the device listens; False when told to end before.

    Raises ``ChildFailed``.
    """
    until_s = time.monotonic() + READY_S
    while not ending():
        supervisor.expect_alive()
        if (sockets / PERSON_SOCKET).is_socket() and _answers(host, port):
            return True
        if time.monotonic() > until_s:
            raise ChildFailed(f"the page did not answer within {READY_S:g} s", 0)
        time.sleep(LOOK_S)
    return False


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=1.0)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _block(options: DemoOptions, host: str, port: int, data: Path) -> str:
    page = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    kept = "kept" if options.data is not None else "removed at the end"
    lines = [
        "",
        "  Hinge Station, with a simulated person on simulated chips",
        "",
        f"    Page   {page}",
        f"    Data   {data} ({kept})",
        "    End    Ctrl-C",
        "",
        "  To try, in another terminal:",
        f"    curl {page}/api/v1/reps",
    ]
    if options.motion is None and options.scenario is None:
        lines.append(_post(page, '{"do": "squat"}'))
    lines += [_post(page, '{"lose": "imu"}'), "", "  Practice aid, not a diagnosis.", ""]
    return "\n".join(lines)


def _post(page: str, body: str) -> str:
    return f"    curl {page}/api/v1/demo/person -H 'Content-Type: application/json' -d '{body}'"


def _stdout(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _stderr(text: str) -> None:
    sys.stderr.write(f"hinge demo: {text}\n")
    sys.stderr.flush()
