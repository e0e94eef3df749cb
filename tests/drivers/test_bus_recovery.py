"""The rungs of recovery: the very commands a Pi would run, and what they do to the twin of one."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bus_recovery import (
    I2C_PINS,
    PinState,
    RungError,
    Running,
    clock_out,
    parse_pins,
    power_off_and_on,
    rebind,
    reopen,
    start_process,
)
from drivers.errors import NoBus
from drivers.samples import Steps
from drivers.sim.bus import SimBus
from drivers.sim.bus_faults import Until
from drivers.sim.clock import VirtualClock
from drivers.sim.rig import Fitted, SimRig
from drivers.sim.scene import StillScene
from drivers.sim.tools import Done, SimTools

MS = 1_000_000


class Pi:
    """A simulated rig with its pinctrl and sysfs."""

    def __init__(self, root: Path | None = None, *, looks: int = 0, installed: bool = True) -> None:
        self.clock = VirtualClock()
        self.rig = SimRig(StillScene(), self.clock, Fitted())
        self.tools = SimTools(self.rig.pins, self.rig.buses, looks=looks, installed=installed)
        self.sysfs = Path("/none") if root is None else self.tools.make_sysfs(root)

    @property
    def bus(self) -> SimBus:
        return self.rig.dowel

    def answers(self) -> bool:
        try:
            self.bus.write_read(0x6A, (b"\x0f",), 1)
        except OSError:
            return False
        return True


def run(steps: Steps) -> int:
    """To its end; how many ns it asked to wait."""
    return sum(steps)


# As printed on a Pi 4 and a Pi 5 (raspberrypi/utils, pinctrl.c: do_gpio_get).
PRINTED = """\
 2: a0    pu | hi // GPIO2 = SDA1
 3: a0    pu | lo // GPIO3 = SCL1
 4: a5    pn | -- // GPIO4 = SDA3
17: op dh pd | hi // GPIO17 = output
18: ip    pu | hi // GPIO18 = input
22: no    pd | -- // GPIO22 = none
 0: a3    -- | hi // ID_SDA/GPIO0 = SDA0
"""


def test_what_pinctrl_prints_is_understood() -> None:
    assert list(parse_pins(PRINTED).values()) == [
        PinState(2, "a0", "pu", True, "SDA1"),
        PinState(3, "a0", "pu", False, "SCL1"),
        PinState(4, "a5", "pn", False, "SDA3"),
        PinState(17, "op", "pd", True, "output"),
        PinState(18, "ip", "pu", True, "input"),
        PinState(22, "no", "pd", False, "none"),
        PinState(0, "a3", "--", True, "SDA0"),
    ]


@given(st.text())
def test_no_text_whatever_breaks_the_reading_of_pins(text: str) -> None:
    assert all(pin >= 0 for pin in parse_pins(text))


def test_nine_pulses_and_a_stop_never_drive_high_and_the_pins_go_back() -> None:
    pi = Pi()
    pi.bus.stick("clocks")
    run(clock_out(pi.tools.start, 4, 5))
    low, let_go = ("op", "dl"), ("ip", "pu")
    pulse = [("pinctrl", "set", "5", *low), ("pinctrl", "set", "5", *let_go)]
    assert pi.tools.commands == [
        ("pinctrl", "get", "4,5"),
        ("pinctrl", "set", "4", *let_go),
        *pulse * 9,
        ("pinctrl", "set", "5", *low),
        ("pinctrl", "set", "4", *low),
        ("pinctrl", "set", "5", *let_go),
        ("pinctrl", "set", "4", *let_go),
        ("pinctrl", "set", "4,5", "a0", "pu"),
    ]
    assert not any("dh" in command for command in pi.tools.commands)
    assert pi.tools.functions(3) == ("a0", "a0")
    assert pi.answers()


def test_the_clocks_are_looked_at_and_never_waited_for() -> None:
    pi = Pi(looks=3)
    pi.bus.stick("clocks")
    waits = list(clock_out(pi.tools.start, 4, 5))
    assert len(waits) == 3 * 25
    assert set(waits) == {2 * MS}
    assert pi.answers()


@pytest.mark.parametrize(
    ("pins", "said"),
    [
        (" 4: op dl pu | lo // GPIO4 = output\n 5: a0 pu | hi // GPIO5 = SCL3\n", "op output"),
        (" 4: a0 pu | lo // GPIO4 = TXD3\n 5: a0 pu | hi // GPIO5 = SCL3\n", "a0 TXD3"),
        (" 4: a0 pu | lo // GPIO4 = SDA3\n", "GPIO5 is nothing, expected SCL"),
        (" 4: a0 pu | lo // GPIO4 = SDA3\n 5: a0 pu | lo // GPIO5 = SCL3\n", "SCL.*held low"),
        (" 4: a0 pu | hi // GPIO4 = SDA3\n 5: a0 pu | hi // GPIO5 = SCL3\n", "no chip holds it"),
    ],
)
def test_pins_that_pulses_cannot_help_are_left_alone(pins: str, said: str) -> None:
    asked: list[Sequence[str]] = []

    def start(command: Sequence[str]) -> Running:
        asked.append(command)
        return Done(0, pins)

    with pytest.raises(RungError, match=said):
        run(clock_out(start, 4, 5))
    assert asked == [("pinctrl", "get", "4,5")]


def test_without_pinctrl_that_is_said() -> None:
    with pytest.raises(RungError, match="pinctrl: No such file"):
        run(clock_out(Pi(installed=False).tools.start, 4, 5))


@pytest.mark.parametrize("fails_at", [1, 2, 7, 20, 23])
@pytest.mark.parametrize("how", ["exit code", "hangs", "is stopped"])
def test_the_bus_gets_its_pins_back_however_it_ends(fails_at: int, how: str) -> None:
    pi = Pi()
    pi.bus.stick()

    def start(command: Sequence[str]) -> Running:
        done = pi.tools.start(command)
        if len(pi.tools.commands) - 1 == fails_at:
            return Done(1, "no rights") if how == "exit code" else Done(0, looks=10_000)
        return done

    steps = clock_out(start, 4, 5)
    if how == "is stopped":
        next(steps)
        steps.close()
    else:
        with pytest.raises(RungError, match="no rights" if how == "exit code" else "not ended"):
            run(steps)
    assert pi.tools.functions(3) == ("a0", "a0")
    assert pi.tools.commands[-1] == ("pinctrl", "set", "4,5", "a0", "pu")


def test_pins_of_different_pulls_go_back_one_after_the_other() -> None:
    text = " 4: a5 pu | lo // GPIO4 = SDA3\n 5: a5 -- | hi // GPIO5 = SCL3\n"
    asked: list[Sequence[str]] = []

    def start(command: Sequence[str]) -> Running:
        asked.append(command)
        return Done(0, text)

    run(clock_out(start, 4, 5))
    assert asked[-2:] == [("pinctrl", "set", "4", "a5", "pu"), ("pinctrl", "set", "5", "a5")]


def test_binding_anew_lets_go_of_the_bus_first_and_opens_it_after(tmp_path: Path) -> None:
    pi = Pi(tmp_path)
    pi.bus.stick("unbind")
    run(rebind(pi.tools.start, pi.bus, 3, pi.sysfs))
    driver = tmp_path / "bus" / "platform" / "drivers" / "i2c-bcm2835"
    write = ("sh", "-c", 'printf %s "$1" > "$2"', "sh", "3.i2c")
    assert pi.tools.commands == [(*write, str(driver / "unbind")), (*write, str(driver / "bind"))]
    assert pi.answers()
    assert Pi(tmp_path / "2").rig.wall.closed is False


def test_the_command_that_writes_to_sysfs_writes_the_name_and_nothing_more(tmp_path: Path) -> None:
    pi = Pi(tmp_path)
    pi.tools.commands.clear()

    def start(command: Sequence[str]) -> Running:
        running = start_process(command)
        while running.poll() is None:
            os.sched_yield()
        return running

    run(rebind(start, pi.bus, 3, pi.sysfs))
    driver = tmp_path / "bus" / "platform" / "drivers" / "i2c-bcm2835"
    assert [(driver / name).read_text() for name in ("unbind", "bind")] == ["3.i2c", "3.i2c"]


def test_where_binding_is_not_permitted_the_bus_is_left_open(tmp_path: Path) -> None:
    pi = Pi(tmp_path)
    with pytest.raises(RungError, match="i2c-9 has no controller"):
        run(rebind(pi.tools.start, pi.bus, 9, pi.sysfs))
    unbind = tmp_path / "bus" / "platform" / "drivers" / "i2c-bcm2835" / "unbind"
    unbind.unlink()
    with pytest.raises(RungError, match="unbind may not be written to"):
        run(rebind(pi.tools.start, pi.bus, 3, pi.sysfs))
    assert pi.answers()
    assert pi.tools.commands == []


@pytest.mark.parametrize("gone", [False, True])
def test_a_controller_that_does_not_let_go_leaves_the_bus_open(tmp_path: Path, gone: bool) -> None:
    """Another program may have it open: the kernel then waits for that one."""
    pi = Pi(tmp_path)
    bus = pi.bus
    if gone:

        def reopen_fails() -> None:
            raise NoBus(errno.ENOENT, "i2c-3: not there")

        bus.reopen = reopen_fails  # type: ignore[method-assign]  # the node has gone meanwhile
    with pytest.raises(RungError, match="has not ended in half a second"):
        run(rebind(lambda command: Done(0, looks=10_000), bus, 3, pi.sysfs))
    assert pi.answers() is not gone


def test_a_node_that_does_not_open_again_is_said() -> None:
    class Gone:
        name = "i2c-3"
        closed = False

        def close(self) -> None:
            self.closed = True

        def reopen(self) -> None:
            raise NoBus(errno.ENOENT, "i2c-3: not there")

    bus = Gone()
    with pytest.raises(RungError, match="i2c-3: not there"):
        run(reopen(bus))
    assert bus.closed


def test_power_is_off_for_150_ms_and_on_again_even_when_stopped() -> None:
    levels: list[bool] = []
    assert run(power_off_and_on(levels.append)) == 170 * MS
    assert levels == [False, True]
    steps = power_off_and_on(levels.append)
    next(steps)
    steps.close()
    assert levels == [False, True, False, True]


@pytest.mark.parametrize(
    ("until", "frees"),
    [("reopen", "opened"), ("clocks", "clocks"), ("unbind", "bound"), ("power", "power")],
)
def test_each_kind_of_stuck_bus_is_freed_by_its_rung_and_by_none_before(
    until: Until, frees: str, tmp_path: Path
) -> None:
    pi = Pi(tmp_path)
    pi.bus.stick(until)

    def power(on: bool) -> None:
        if on:
            pi.bus.release("power")

    rungs: dict[str, Callable[[], Steps]] = {
        "opened": lambda: reopen(pi.bus),
        "clocks": lambda: clock_out(pi.tools.start, 4, 5),
        "bound": lambda: rebind(pi.tools.start, pi.bus, 3, pi.sysfs),
        "power": lambda: power_off_and_on(power),
    }
    for name, rung in rungs.items():
        run(rung())
        assert pi.answers() is (name == frees), name
        if name == frees:
            return


def test_a_real_process_is_started_and_its_words_are_kept(tmp_path: Path) -> None:
    tool = tmp_path / "pinctrl"
    tool.write_text("#!/bin/sh\necho ' 4: a0    pu | hi // GPIO4 = SDA3'\nexit 3\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    running = start_process([str(tool), "get", "4,5"])
    while running.poll() is None:
        os.sched_yield()
    assert running.poll() == 3
    assert parse_pins(running.output())[4].name == "SDA3"
    with pytest.raises(FileNotFoundError):
        start_process([str(tmp_path / "none")])


def test_what_a_command_prints_anywhere_is_kept_and_it_is_asked_nothing() -> None:
    code = "import sys; sys.stderr.buffer.write(b'a \\xff '); print(sys.stdin.read() == '')"
    ours, theirs = os.pipe()  # a terminal at which somebody types
    os.write(theirs, b"yes")
    os.close(theirs)
    kept = os.dup(0)
    os.dup2(ours, 0)
    try:
        running = start_process((sys.executable, "-c", code))
        output = running.output()
    finally:
        os.dup2(kept, 0)
        for each in (ours, kept):
            os.close(each)
    assert output == "a \ufffd True\n"
    assert running.poll() == 0


class Ended:
    def __init__(self, code: int | None, text: str = "") -> None:
        self.code, self.text = code, text
        self.given_up = False

    def poll(self) -> int | None:
        return self.code

    def output(self) -> str:
        return self.text

    def give_up(self) -> None:
        self.given_up = True


def test_a_command_that_fails_or_hangs_is_said_whole_and_what_it_printed_in_short() -> None:
    with pytest.raises(RungError) as failed:
        run(clock_out(lambda command: Ended(3, "no \n such " + "x" * 200), 2, 3))
    assert str(failed.value) == "pinctrl get 2,3 ended with 3: no such " + "x" * 112
    hanging = Ended(None)
    with pytest.raises(RungError) as hung:
        run(clock_out(lambda command: hanging, 2, 3))
    assert str(hung.value) == "pinctrl get 2,3 has not ended in half a second"
    assert hanging.given_up


def test_how_long_a_command_is_looked_at() -> None:
    waited_ns: list[int] = []
    with pytest.raises(RungError, match="half a second"):
        waited_ns.extend(clock_out(lambda command: Ended(None), 2, 3))
    assert sum(waited_ns) == 500 * MS


def test_the_pins_of_each_bus_are_those_that_pinctrl_names_after_it() -> None:
    pi_4 = {2: "SDA1", 3: "SCL1", 4: "SDA3", 5: "SCL3"}
    pi_5 = {2: "SDA1", 3: "SCL1", 4: "SDA2", 5: "SCL2"}
    for number, name in ((1, pi_4), (3, pi_4), (1, pi_5), (2, pi_5)):
        sda, scl = I2C_PINS[number]
        assert (name[sda], name[scl]) == (f"SDA{number}", f"SCL{number}")


def test_a_controller_without_a_driver_is_said(tmp_path: Path) -> None:
    pi = Pi(tmp_path)
    link = (tmp_path / "class" / "i2c-adapter" / "i2c-3").resolve().parent / "driver"
    link.unlink()
    with pytest.raises(RungError, match=r"i2c-3 has no controller in .*: No such file"):
        run(rebind(pi.tools.start, pi.bus, 3, pi.sysfs))


def test_the_driver_has_time_to_let_go(tmp_path: Path) -> None:
    pi = Pi(tmp_path)
    assert run(rebind(pi.tools.start, pi.bus, 3, pi.sysfs)) >= 20 * MS


def test_a_command_of_this_machine_that_is_given_up_ends() -> None:
    running = start_process(("sleep", "60"))
    assert running.poll() is None
    running.give_up()
    while (code := running.poll()) is None:
        os.sched_yield()
    assert code == -9
