"""The small screen: words, picture, program; seen on the simulated chip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image

from device.config import parse
from device.config_model import Config
from device.errors import EX_CONFIG, EX_MISSING_CHIP, ConfigError, exit_code
from device.lifecycle import State
from device.panel.feed import NOTHING, News
from device.panel.picture import STATES, Words, draw, words_of
from device.panel.program import (
    PERIOD_S,
    RETRY_S,
    open_panel,
    page_address,
    reached_from_here,
    show_on,
)
from drivers.sim import VirtualClock, bus_with
from drivers.sim.ssd1306 import SimSsd1306
from drivers.ssd1306 import MissingScreenLibrary, Ssd1306
from tests.services.helpers import frame

AT = "hinge.local:8080"
Do = Callable[[], None]


def live(**other: Any) -> News:
    return News("live", frame(**other))


@pytest.mark.parametrize(
    ("news", "state", "tally"),
    [
        (NOTHING, "no connection", ""),
        (News("no device"), "station is off", ""),
        (live(state="IDLE", reps_in_set=0), "waiting", ""),
        (live(state="READY", reps_in_set=0), "ready", ""),
        (live(state="SET", set_index=2, reps_in_set=8, good_in_set=7), "set 2", "7 of 8 good"),
        (live(state="RESTING", reps_in_set=10, good_in_set=9), "rest", "9 of 10 good"),
        (live(sensor_lost=("imu", "pads"), reps_in_set=3), "lost: dowel, pads", "1 of 3 good"),
        (live(asking=True, reps_in_set=4, good_in_set=4), "set 1", "rep 4"),
        (live(silent=True, reps_in_set=4, good_in_set=4), "set 1", "rep 4"),
        (live(state="SOMETHING_NEW", reps_in_set=0), "something_new", ""),
    ],
)
def test_words(news: News, state: str, tally: str) -> None:
    assert words_of(AT, news) == Words(AT, state, tally)


def test_every_state_of_the_life_cycle_has_its_words() -> None:
    assert {*STATES, "SET"} == set(get_args(State))


@pytest.mark.parametrize("words", [Words(AT, state, "10 of 10 good") for state in STATES.values()])
def test_the_usual_words_are_not_cut(words: Words) -> None:
    whole = draw(words)
    assert whole.size == (128, 64)
    for field in words._fields:
        without = draw(words._replace(**{field: ""}))
        assert without.tobytes() != whole.tobytes()
    assert not any(whole.getpixel((127, y)) and whole.getpixel((126, y)) for y in range(64))


def test_a_long_address_is_cut_with_dots_and_stays_on_the_screen() -> None:
    picture = draw(Words("a-very-long-name-of-a-station.example.org:8080", "ready", ""))
    assert picture.size == (128, 64)
    assert picture.tobytes() != draw(Words("a-very-long-name-of-a", "ready", "")).tobytes()


# -- on the chip ------------------------------------------------------------------------------


class Wall:
    """The screen on its bus, and a program that is stopped after so many pictures."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.bus = bus_with("ssd1306", clock=self.clock, name="i2c-6")
        self.chip = self.bus.chip(SimSsd1306)
        self.clock.advance(150_000_000)
        self.said: list[str] = []
        self.waited: list[float] = []
        self.seen: list[bytes] = []
        self.news: list[News | Do] = []
        self.now: News = NOTHING

    def open(self) -> Ssd1306:
        return Ssd1306(6, smbus=self.bus)

    def latest(self) -> News:
        return self.now

    def stop(self) -> bool:
        while self.news:
            first = self.news.pop(0)
            if isinstance(first, News):
                self.now = first
                return False
            first()
        return True

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.seen.append(self.picture())

    def picture(self) -> bytes:
        seen = Image.new("1", (128, 64))
        seen.putdata([255 * on for row in self.chip.picture() for on in row])
        return seen.tobytes()

    def run(self, *news: News | Do) -> None:
        self.news = list(news)
        show_on(self.open(), self.open, self, AT, self.stop, self.said.append, sleep=self.sleep)


def test_what_is_drawn_is_what_is_seen_and_then_it_is_dark() -> None:
    wall = Wall()
    told = [NOTHING, live(state="READY", reps_in_set=0), live(reps_in_set=8, good_in_set=7)]
    wall.run(*told)
    assert wall.seen == [draw(words_of(AT, news)).tobytes() for news in told]
    assert len(set(wall.seen)) == 3
    assert wall.waited == [PERIOD_S] * 3
    assert not any(any(row) for row in wall.chip.picture())
    assert wall.chip.violations == []


def test_at_most_five_pictures_a_second_and_none_that_is_the_same() -> None:
    assert PERIOD_S >= 0.2
    wall = Wall()
    before = [0]

    def note() -> None:
        before[0] = wall.chip.data_bytes

    one = live(reps_in_set=8, good_in_set=7)
    wall.run(one, note, *[live(seq=n, reps_in_set=8, good_in_set=7, tilt_deg=n) for n in range(9)])
    assert wall.chip.data_bytes == before[0]


def test_a_new_count_sends_a_part_of_the_picture() -> None:
    wall = Wall()
    before = [0]

    def note() -> None:
        before[0] = wall.chip.data_bytes

    wall.run(live(reps_in_set=7, good_in_set=7), note, live(reps_in_set=8, good_in_set=7))
    assert 0 < wall.chip.data_bytes - before[0] < 100


def test_a_screen_that_is_unplugged_is_said_once_and_shows_again() -> None:
    wall = Wall()

    def plug() -> None:
        wall.bus.plug(0x3C)
        wall.clock.advance(150_000_000)

    news = [live(reps_in_set=n, good_in_set=n) for n in range(1, 7)]
    wall.run(news[0], lambda: wall.bus.unplug(0x3C), *news[1:4], plug, *news[4:])
    assert [line.split(":")[0] for line in wall.said] == ["screen lost", "screen back"]
    assert "SSD1306 at 0x3C on i2c-6" in wall.said[0]
    assert wall.waited == [PERIOD_S, RETRY_S, RETRY_S, RETRY_S, PERIOD_S, PERIOD_S]
    assert wall.seen[-1] == draw(words_of(AT, news[-1])).tobytes()


def test_a_screen_that_is_gone_at_the_end_is_no_error() -> None:
    wall = Wall()
    wall.run(NOTHING, lambda: wall.bus.unplug(0x3C))
    assert [line.split(":")[0] for line in wall.said] == ["screen"]


# -- where the page is, and the configuration ---------------------------------------------------


@pytest.mark.parametrize(
    ("host", "names", "address"),
    [
        ("0.0.0.0", ["hinge.local"], "hinge.local:8080"),
        ("0.0.0.0", [], "192.168.1.20:8080"),
        ("::", [], "192.168.1.20:8080"),
        ("10.1.2.3", ["hinge.local"], "10.1.2.3:8080"),
        ("127.0.0.1", ["hinge.local"], "only here, port 8080"),
    ],
)
def test_the_address_is_one_that_the_service_takes(
    host: str, names: list[str], address: str
) -> None:
    assert page_address(host, 8080, names, lambda: "192.168.1.20") == address


def test_without_a_network_the_machines_name_stands_there() -> None:
    assert page_address("0.0.0.0", 80, [], lambda: None).endswith(":80")
    assert (reached_from_here("0.0.0.0"), reached_from_here("10.1.2.3")) == (
        "127.0.0.1", "10.1.2.3",
    )  # fmt: skip


@pytest.mark.parametrize(("number", "name"), [(1, "wall"), (3, "dowel")])
def test_a_bus_with_sensors_is_refused(number: int, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f"[screen]\nenabled = true\nbus = {number}\n")
    (line,) = caught.value.problems
    assert line.startswith(f"configuration: screen.bus: got {number}, the {name}'s bus")
    assert not parse(f"[screen]\nbus = {number}\n").screen.enabled


def test_addresses_of_a_screen() -> None:
    with pytest.raises(ConfigError, match=r"screen\.address: got 0x3E, expected 0x3C or 0x3D"):
        parse("[screen]\nenabled = true\naddress = 0x3E\n")
    assert parse("[screen]\nenabled = true\naddress = 0x3D\n").screen.address == 0x3D


def test_no_screen_is_one_line() -> None:
    with pytest.raises(ConfigError, match=r"screen\.enabled: got false") as caught:
        open_panel(Config())
    assert exit_code(caught.value) == EX_CONFIG
    assert exit_code(MissingScreenLibrary("x")) == EX_MISSING_CHIP


def test_the_looks_of_it_are_kept(tmp_path: Path) -> None:
    """Draws what a person sees; compared pixel by pixel with Pillow's own rendering above."""
    wall = Wall()
    wall.run(live(reps_in_set=8, good_in_set=7))
    shown = Image.frombytes("1", (128, 64), wall.seen[0])
    shown.save(tmp_path / "screen.png")
    assert Image.open(tmp_path / "screen.png").getbbox() is not None
    # three lines, one under the other, with dark rows between them
    lit = [any(shown.getpixel((x, y)) for x in range(128)) for y in range(64)]
    assert sum(b and not a for a, b in zip([False, *lit], lit, strict=False)) == 3
