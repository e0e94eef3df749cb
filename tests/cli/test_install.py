"""``hinge install`` into the file system of an image, as it is typed."""

from __future__ import annotations

import configparser
import fnmatch
import os
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import hinge
from device.config import parse
from device.config_model import Config
from device.errors import UsageError
from device.workbench import install, install_command
from services.config import LogConfig, load_config

REPO = Path(__file__).parents[2]
Typed = Callable[..., int]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    def type_in(*words: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["hinge", "install", *map(str, words)])
        try:
            hinge.main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return type_in


def files(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()
    }


def signs(shown: str) -> dict[str, str]:
    """Sign by file name, of the lines that name a file."""
    rows = re.findall(r"^([-+~=!]) (\S+)", shown, re.MULTILINE)
    return {Path(path).name: sign for sign, path in rows}


Out = pytest.CaptureFixture[str]


def test_everything_is_put_in_place_once(typed: Typed, capsys: Out, tmp_path: Path) -> None:
    assert typed("--root", tmp_path) == 0
    assert set(files(tmp_path)) == set(install.FILES.values())
    assert set(signs(capsys.readouterr().out).values()) == {"+"}
    modes = {oct(path.stat().st_mode & 0o777) for path in tmp_path.rglob("*") if path.is_file()}
    assert modes == {"0o644"}
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert typed("--root", tmp_path) == 0
    assert set(signs(capsys.readouterr().out).values()) == {"="}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_dry_run_shows_and_writes_nothing(typed: Typed, capsys: Out, tmp_path: Path) -> None:
    assert typed("--root", tmp_path, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert f"+ {tmp_path}/etc/systemd/system/hinge-device.service" in shown
    assert "Nothing was written" in shown
    assert list(tmp_path.iterdir()) == []


def test_a_unit_of_another_version_is_shown_and_replaced(
    typed: Typed, capsys: Out, tmp_path: Path
) -> None:
    typed("--root", tmp_path)
    unit = tmp_path / "etc/systemd/system/hinge-device.service"
    right = unit.read_text()
    unit.write_text(right.replace("WatchdogSec=3\n", "WatchdogSec=30\n"))
    capsys.readouterr()
    assert typed("--root", tmp_path, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert signs(shown) | {"hinge-device.service": "~"} == signs(shown)
    assert re.search(r"^    -WatchdogSec=30\n    \+WatchdogSec=3$", shown, re.MULTILINE)
    assert "WatchdogSec=30" in unit.read_text()
    assert typed("--root", tmp_path) == 0
    assert unit.read_text() == right


def test_a_changed_configuration_is_left_alone(typed: Typed, capsys: Out, tmp_path: Path) -> None:
    file = tmp_path / install.CONFIG
    file.parent.mkdir(parents=True)
    file.write_text('[station]\nname = "mine"\n')
    for words in ((), ("--uninstall",)):
        assert typed("--root", tmp_path, *words) == 0
        assert signs(capsys.readouterr().out)["config.toml"] == "!"
        assert file.read_text() == '[station]\nname = "mine"\n'


def test_uninstall_takes_away_what_was_put(typed: Typed, capsys: Out, tmp_path: Path) -> None:
    typed("--root", tmp_path)
    (tmp_path / "var/lib/hinge/log").mkdir(parents=True)
    (tmp_path / "var/lib/hinge/log/log.db").write_text("reps")
    capsys.readouterr()
    assert typed("--root", tmp_path, "--uninstall", "--dry-run") == 0
    assert len(files(tmp_path)) == len(install.FILES) + 1
    assert typed("--root", tmp_path, "--uninstall") == 0
    assert files(tmp_path) == {"var/lib/hinge/log/log.db": "reps"}
    assert not (tmp_path / "etc/hinge").exists()
    shown = capsys.readouterr().out
    assert set(signs(shown).values()) == {"-"}
    assert "Data in /var/lib/hinge" in shown
    assert typed("--root", tmp_path, "--uninstall") == 0
    assert set(signs(capsys.readouterr().out).values()) == {"="}


@pytest.mark.parametrize(("port", "allowed"), [(9000, "tcp:9000"), (0, "tcp"), (8080, "tcp:8080")])
def test_the_unit_allows_the_configured_port(
    typed: Typed, tmp_path: Path, port: int, allowed: str
) -> None:
    file = tmp_path / install.CONFIG
    file.parent.mkdir(parents=True)
    # Also with a mistake in the device's part: that is for the device to say.
    file.write_text(f"[imu]\nodr_hz = 7\n[log]\nport = {port}\n[imu]\n")
    assert typed("--root", tmp_path) == 0
    unit = files(tmp_path)["etc/systemd/system/hinge-log.service"]
    assert re.findall("^SocketBindAllow=(.*)$", unit, re.MULTILINE) == [allowed]


def test_a_port_that_cannot_be_is_said_before_anything_is_written(
    typed: Typed, capsys: Out, tmp_path: Path
) -> None:
    file = tmp_path / install.CONFIG
    file.parent.mkdir(parents=True)
    file.write_text("[log]\nport = 99999\n")
    assert typed("--root", tmp_path) == 78
    assert "[log] port: got 99999" in capsys.readouterr().err
    assert set(files(tmp_path)) == {install.CONFIG}
    assert typed("--root", tmp_path, "--uninstall") == 0, "what is to go needs no port"


def test_the_program_is_written_into_the_units(typed: Typed, tmp_path: Path) -> None:
    assert typed("--root", tmp_path, "--program", "/srv/hinge/bin/hinge") == 0
    for name, text in files(tmp_path).items():
        if name.endswith(".service"):
            assert len(re.findall("^ExecStart=/srv/hinge/bin/hinge ", text, re.MULTILINE)) == 1
            assert str(install.PROGRAM) not in text


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("bin/hinge", "expected an absolute path"),
        ("/opt/hin ge", "expected an absolute path in plain letters"),
        ("/opt/100%/hinge", "expected an absolute path in plain letters"),
        ("/opt/nothing/hinge", "is no program"),
    ],
)
def test_a_program_that_no_unit_could_start_is_refused(program: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        install.check_program(Path(program))


def test_a_station_that_services_cannot_see_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "hinge"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(install, "HIDDEN", (str(tmp_path),))
    with pytest.raises(UsageError, match=f"below {tmp_path}, which services do not see. Move"):
        install.check_program(program)


def test_what_a_link_to_the_program_leads_to_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "home" / "hinge"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "hinge").symlink_to(program)
    monkeypatch.setattr(install, "HIDDEN", (str(tmp_path / "home"),))
    with pytest.raises(UsageError, match="which services do not see"):
        install.check_program(tmp_path / "hinge")


def test_whoever_is_not_root_is_told(
    typed: Typed, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert typed() == 2
    assert capsys.readouterr().err == (
        "hinge: install: needs root. Run it with sudo, or look first with --dry-run.\n"
    )


def test_no_link_leads_out_of_an_image(typed: Typed, capsys: Out, tmp_path: Path) -> None:
    image, outside = tmp_path / "image", tmp_path / "outside"
    outside.mkdir()
    (image / "etc").mkdir(parents=True)
    (image / "etc/systemd").symlink_to(outside)
    assert typed("--root", image) == 2
    assert "leads out of" in capsys.readouterr().err
    assert list(outside.iterdir()) == []
    assert files(image) == {}


def test_a_place_that_cannot_be_written_is_said(typed: Typed, capsys: Out, tmp_path: Path) -> None:
    (tmp_path / "etc").write_text("a file")
    assert typed("--root", tmp_path) == 74
    assert "etc/systemd/system/hinge-device.service: cannot write" in capsys.readouterr().err


def test_a_command_of_the_system_that_fails_is_one_line() -> None:
    install_command.run_command(["true"])
    with pytest.raises(install_command.InstallFailed, match=r"^install: sh -c .* gave 3: no such"):
        install_command.run_command(["sh", "-c", "echo no such user >&2; exit 3"])
    with pytest.raises(install_command.InstallFailed, match="No such file"):
        install_command.run_command(["/no/such/command"])


@pytest.mark.parametrize("udevd", [True, False])
def test_systemd_is_told_in_order_and_udev_only_where_it_runs(
    tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch, udevd: bool
) -> None:
    log, control = tmp_path / "log", tmp_path / "control"
    for name in ("systemctl", "systemd-sysusers", "systemd-tmpfiles", "udevadm"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\n')
        (tmp_path / name).chmod(0o755)
    if udevd:
        control.touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(install_command, "UDEV", control)
    install_command.tell_system(install_command.AFTER)
    ran = log.read_text().splitlines()
    assert [f"> {line}" for line in ran] == capsys.readouterr().out.splitlines()
    users, folders, *udev, reload = ran
    assert users == "systemd-sysusers /etc/sysusers.d/hinge.conf"
    assert folders == "systemd-tmpfiles --create /etc/tmpfiles.d/hinge.conf"
    assert [line.split()[1] for line in udev] == (["control", "trigger"] if udevd else [])
    assert reload == "systemctl daemon-reload"


# -- the configuration that is put in place -------------------------------------------------

TEMPLATE = (install.templates() / "config.toml").read_text()


def test_the_configuration_that_is_put_in_place_changes_nothing(tmp_path: Path) -> None:
    assert parse(TEMPLATE) == Config()
    file = tmp_path / "config.toml"
    file.write_text(TEMPLATE)
    assert load_config(file) == LogConfig()


def test_its_examples_are_keys_with_their_defaults() -> None:
    """Each ``# key = value`` can be used by taking its ``#`` away, and says the default."""
    text = re.sub(r"^# (\w+ = )", r"\1", TEMPLATE, flags=re.MULTILINE)
    table = tomllib.loads(text)
    assert len([key for section in table.values() for key in section]) >= 12
    log = table.pop("log")
    assert parse(re.sub(r"\[log\].*", "", text, flags=re.DOTALL)) == Config()
    for key, value in log.items():
        default = getattr(LogConfig(), key)
        assert (tuple(value) if isinstance(value, list) else value) == default


# -- shipped --------------------------------------------------------------------------------


def test_every_file_is_in_the_package() -> None:
    setup = configparser.ConfigParser()
    setup.read(REPO / "setup.cfg")
    pattern = setup["options.data_files"]["share/hinge-station/systemd"]
    for name in install.FILES:
        assert (REPO / "systemd" / name).is_file()
        assert fnmatch.fnmatch(f"systemd/{name}", pattern)
    assert {path.name for path in (REPO / "systemd").iterdir()} - {"README.md"} == set(
        install.FILES
    )


def test_an_installed_package_finds_its_units_in_its_own_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "share/hinge-station/systemd"
    monkeypatch.setattr(install, "__file__", str(tmp_path / "lib/device/workbench/install.py"))
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    with pytest.raises(UsageError, match="no units in"):
        install.templates()
    place.mkdir(parents=True)
    (place / "hinge-device.service").write_text("")
    assert install.templates() == place
