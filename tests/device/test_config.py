"""The configuration: what it accepts, and how it says what it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from device import errors, mounting
from device.config import changed, effective, load, parse
from device.config_model import Config
from device.errors import ConfigError, exit_code
from drivers import CHIPS
from drivers.errors import BusFault, MissingChips

BAD: list[tuple[str, str, list[str]]] = [
    ("unknown section", "[tofs]\n", ["tofs: unknown key", "Did you mean 'tof'?"]),
    (
        "unknown key",
        "[tof]\nheight_m = [0.9]\n",
        ["tof.height_m: unknown key", "budget_ms", "Did you mean 'heights_m'?"],
    ),
    ("unlike any key", "[imu]\nqqq = 1\n", ["imu.qqq: unknown key, expected one of chip, address"]),
    ("wrong type", "[tof]\nbudget_ms = '20'\n", ['tof.budget_ms: got "20"', "10 to 500"]),
    ("bool for a number", "[practice]\nsets = true\n", ["practice.sets: got true", "1 to 20"]),
    ("not finite", "[imu]\ns_m = nan\n", ["imu.s_m: got NaN", "-0.5 to 1.0"]),
    ("not a section", "tof = 3\n", ["tof: got 3, expected a section [tof]"]),
    ("chip", "[imu]\nchip = 'lsm6ds'\n", ["imu.chip", "lsm6dsox", "Did you mean 'lsm6dsox'?"]),
    ("chip of another kind", "[tof]\nchip = 'lsm6dsox'\n", ["tof.chip", "expected one of vl53l1x"]),
    ("address low", "[tof]\naddresses = [0x07]\n", ["tof.addresses: got [7]", "0x08 to 0x77"]),
    ("address high", "[tof]\naddresses = [0x78]\n", ["tof.addresses: got [120]"]),
    ("imu address", "[imu]\naddress = 0x69\n", ["imu.address: got 0x69", "0x6A or 0x6B"]),
    (
        "imu address of another chip",
        "[imu]\nchip = 'mpu6050'\naddress = 0x6A\n",
        ["imu.address: got 0x6A, expected 0x68 or 0x69"],
    ),
    (
        "a range that only another chip has",
        "[imu]\nchip = 'mpu6050'\ngyro_dps = 125\n",
        ["imu.gyro_dps: got 125, expected one of 250, 500, 1000, 2000 (mpu6050)"],
    ),
    (
        "pads address",
        "[pads]\naddress = 0x5A\n",
        ["pads.address: got 0x5A", "0x48 or 0x49 or 0x4A or 0x4B"],
    ),
    (
        "two at one address",
        "[tof]\naddresses = [0x30, 0x30]\nheights_m = [0.75, 0.88]\n",
        ["tof.addresses[1]: got 0x30", "tof.addresses[0] does not have on i2c-1"],
    ),
    (
        "two on a shared bus",
        "[bus.dowel]\nnumber = 1\n[tof]\naddresses = [0x6A]\n",
        ["imu.address: got 0x6A", "tof.addresses[0]"],
    ),
    (
        "two clocks on one bus",
        "[bus.dowel]\nnumber = 1\nhz = 100000\n",
        ["bus.dowel.hz: got 100000, expected 400000"],
    ),
    (
        "start address kept",
        "[tof]\naddresses = [0x30, 0x29]\nheights_m = [0.75, 0.88]\n",
        ["tof.addresses: got 0x29, expected other ones for several rangers: 0x30, 0x31"],
    ),
    ("no ranger", "[tof]\naddresses = []\nheights_m = []\n", ["got 0 rangers, expected 1 to 3"]),
    ("heights missing", "[tof]\nheights_m = []\n", ["got 0 heights for 1 addresses"]),
    ("height low", "[tof]\nheights_m = [0.29]\n", ["tof.heights_m: got [0.29]", "0.3 to 1.6"]),
    ("height high", "[tof]\nheights_m = [1.61]\n", ["tof.heights_m: got [1.61]"]),
    (
        "heights not rising",
        "[tof]\naddresses = [0x30, 0x31]\nheights_m = [0.9, 0.8]\n",
        ["the lowest first"],
    ),
    (
        "no XSHUT for two",
        "[tof]\naddresses = [0x30, 0x31]\nheights_m = [0.8, 0.9]\n[pins]\nxshut = [17]\n",
        ["pins.xshut: got [17], expected a pin for each of 2 rangers"],
    ),
    ("budget", "[tof]\nbudget_ms = 21\nperiod_ms = 40\n", ["15, 20, 33"]),
    ("period", "[tof]\nperiod_ms = 23\n", ["tof.period_ms: got 23", "= 24"]),
    (
        "budget of the short ranger",
        "[tof]\nchip = 'vl53l4cd'\nbudget_ms = 201\nperiod_ms = 300\n",
        ["tof.budget_ms: got 201", "10 to 200 for a VL53L4CD"],
    ),
    (
        "period of the short ranger",
        "[tof]\nchip = 'vl53l4cd'\nbudget_ms = 20\nperiod_ms = 19\n",
        ["tof.period_ms: got 19", "budget_ms, or at least budget_ms + 1 = 21"],
    ),
    ("mounting words", "[imu]\nmounting = 'x up, x wall'\n", ["imu.mounting", "x up, z wall"]),
    (
        "mounting mirrored",
        "[imu]\nmounting = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]]\n",
        ["imu.mounting", "right-handed"],
    ),
    ("imu rate", "[imu]\nodr_hz = 200\n", ["imu.odr_hz: got 200", "104, 208, 417"]),
    ("pin unknown", "[pins]\nbuzzer = 28\n", ["pins.buzzer: got 28", "2 to 27"]),
    ("pin twice", "[pins]\nbuzzer = 16\n", ["pins.buzzer: got BCM 16", "pins.led_head_lost"]),
    ("pin of the bus", "[pins]\nbuzzer = 4\n", ["pins.buzzer: got BCM 4", "SDA of i2c-3"]),
    ("pad level 0", "[pads]\nopen_level = 0.0\nclose_level = 0.3\n", ["pads.open_level: got 0.0"]),
    ("pad levels", "[pads]\nopen_level = 0.3\nclose_level = 0.3\n", ["less than close_level 0.3"]),
    ("one pad level", "[pads]\nopen_level = 0.3\n", ["both or none"]),
    ("stature", "[station]\nstature_m = 2.31\n", ["station.stature_m: got 2.31", "1.0 to 2.3"]),
    ("stage", "[practice]\nstage = 'lern'\n", ["practice.stage", '"learn", "practice"']),
    ("target", "[practice]\ntarget_low_deg = 50.0\n", ["less than target_high_deg 50.0"]),
    ("name", "[station]\nname = ''\n", ["station.name", "1 to 64"]),
    ("syntax", "[tof\n", ["station.toml:1:5: not TOML"]),
    ("key twice", "a = 1\na = 2\n", ["station.toml:2:", "not TOML"]),
]


@pytest.mark.parametrize(("text", "words"), [case[1:] for case in BAD], ids=[c[0] for c in BAD])
def test_a_bad_file_is_said_in_one_line_that_names_file_key_and_what_is_allowed(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    path = tmp_path / "station.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert len(caught.value.problems) == 1, caught.value.problems
    line = caught.value.problems[0]
    assert line.startswith(str(path))
    assert "\n" not in line
    for word in words:
        assert word in line
    assert exit_code(caught.value) == 78


def test_all_problems_of_a_file_are_said_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("[tof]\nchip = 1\nheigths_m = [1.0]\n[imu]\naddress = 0x80\n[pins]\nnext = 99\n")
    keys = [line.split(": ")[1] for line in caught.value.problems]
    assert keys == ["tof.chip", "tof.heigths_m", "imu.address", "pins.next"]
    assert str(caught.value).count("\n") == 3


def test_problems_between_values_are_said_at_once_too() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("[tof]\nperiod_ms = 20\n[pins]\nnext = 8\n[practice]\ntarget_high_deg = 45.0\n")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: None, "No such file"),
        (lambda p: p.mkdir(), "Is a directory"),
        (lambda p: p.write_bytes(b"a = '\xff'"), "byte 5 is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_config_error(
    tmp_path: Path, make: Any, words: str
) -> None:
    path = tmp_path / "station.toml"
    make(path)
    with pytest.raises(ConfigError, match=words):
        load(path)


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_bytes(b"\xef\xbb\xbf[station]\nname = 'gym'\n")
    assert load(path).station.name == "gym"


def test_defaults_are_the_rig_as_decided() -> None:
    config = load(None)
    assert config.bus.wall.number == 1
    assert config.bus.dowel.number == 3
    assert config.bus.wall.hz == config.bus.dowel.hz == 400_000
    assert config.tof.addresses == (0x29,)
    assert config.tof.heights_m == (0.88,)
    assert (config.tof.budget_ms, config.tof.period_ms, config.tof.recess_mm) == (20, 24, 55.0)
    assert (config.imu.at, config.imu.s_m, config.imu.b_m) == (0x6A, 0.10, 0.14)
    assert (config.imu.odr_hz, config.imu.accel_g, config.imu.gyro_dps) == (208, 4, 500)
    assert (config.pads.chip, config.pads.at) == ("ads1115", 0x48)
    assert (config.practice.drill, config.practice.stage) == ("dowel", "learn")
    assert config.recorder.enabled is False


def test_the_pads_address_follows_the_chip() -> None:
    assert parse("[pads]\nchip = 'mpr121'\n").pads.at == 0x5A
    assert parse("[pads]\nchip = 'mpr121'\naddress = 0x5B\n").pads.at == 0x5B
    none = parse("[pads]\nchip = 'none'\n[imu]\naddress = 0x6B\n")
    assert not none.pads.fitted


@pytest.mark.parametrize("name", CHIPS)
def test_every_chip_of_the_table_can_be_configured(name: str) -> None:
    config = parse(f"[{CHIPS[name].kind}]\nchip = '{name}'\n")
    assert getattr(config, CHIPS[name].kind).chip == name


def test_three_rangers() -> None:
    config = parse("[tof]\naddresses = [0x30, 0x31, 0x32]\nheights_m = [0.75, 0.88, 1.01]\n")
    assert len(config.tof.addresses) == 3


def test_what_belongs_to_the_log_service_is_passed_on() -> None:
    config = parse("[log]\nport = 8080\nsince = 2026-01-02\n[log.web]\ntitle = 'x'\n")
    assert config.log["port"] == 8080
    assert config.log["web"] == {"title": "x"}
    assert parse(effective(config)) == config


def test_changed_holds_only_the_users_own() -> None:
    assert changed(Config()) == ""
    text = "[tof]\naddresses = [0x30]\nbudget_ms = 20\n[bus.dowel]\nhz = 100000\n"
    said = tomlkit.parse(changed(parse(text))).unwrap()
    assert said == {"bus": {"dowel": {"hz": 100_000}}, "tof": {"addresses": [0x30]}}


def test_addresses_are_written_as_datasheets_write_them() -> None:
    text = effective(parse("[imu]\naddress = 0x6A\n"))
    assert "addresses = [0x29]" in text
    assert "address = 0x6A" in text


_configs = st.builds(
    lambda name, stature, hz, heights, s_m, low, reps, log: msgspec.structs.replace(
        Config(),
        station=msgspec.structs.replace(Config().station, name=name, stature_m=stature),
        bus=msgspec.structs.replace(
            Config().bus, dowel=msgspec.structs.replace(Config().bus.dowel, hz=hz)
        ),
        tof=msgspec.structs.replace(
            Config().tof,
            heights_m=tuple(sorted(heights)),
            addresses=(0x30, 0x31, 0x32)[-len(heights) :],
        ),
        imu=msgspec.structs.replace(Config().imu, s_m=s_m),
        practice=msgspec.structs.replace(Config().practice, target_low_deg=low, reps=reps),
        log=log,
    ),
    st.text(min_size=1, max_size=64).filter(lambda t: "\r" not in t and t.isprintable()),
    st.none() | st.floats(1.0, 2.3),
    st.integers(10_000, 1_000_000),
    st.lists(st.floats(0.3, 1.6), min_size=1, max_size=3, unique=True),
    st.floats(-0.5, 1.0),
    st.floats(5.0, 49.0),
    st.integers(1, 100),
    st.dictionaries(st.sampled_from(["port", "host"]), st.integers() | st.booleans()),
)


@given(_configs)
def test_effective_reads_back_as_the_same_configuration(config: Config) -> None:
    assert parse(effective(config)) == config


@given(_configs)
def test_changed_over_the_defaults_is_the_same_configuration(config: Config) -> None:
    assert parse(changed(config)) == config


def test_mounting_words_give_a_right_handed_rotation_that_puts_the_named_axes() -> None:
    plain = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    assert mounting.rotation("x up, z wall") == plain
    up, left, wall = mounting.rotation("-y up, x wall")
    assert up == (0.0, -1.0, 0.0)
    assert wall == (1.0, 0.0, 0.0)
    # wall x up, by hand: (1,0,0) x (0,-1,0) = (0,0,-1)
    assert left == (0.0, 0.0, -1.0)


def test_a_measured_rotation_is_taken_as_it_is() -> None:
    tilted = ((0.999, 0.0447, 0.0), (-0.0447, 0.999, 0.0), (0.0, 0.0, 1.0))
    assert mounting.rotation(tilted) == tilted
    with pytest.raises(ValueError, match="rotation"):
        mounting.rotation(((1.0, 0.1, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))


def test_exit_codes() -> None:
    nack = BusFault(
        "IMU", 0x6A, "i2c-3", "read", got="no", expected="an", check="Check.", errno=121
    )
    assert exit_code(nack) == exit_code(MissingChips([nack])) == 69
    assert exit_code(OSError(28, "No space left on device")) == 74
    assert exit_code(errors.InputFileError("a.mcap", "cut off", got="x", expected="y")) == 65
    assert exit_code(errors.UsageError("speed must be positive")) == 2
    assert exit_code(RuntimeError("?")) == 1


def test_a_chosen_drill_is_checked_in_place_of_the_files_own(tmp_path: Path) -> None:
    path = tmp_path / "hinge.toml"
    path.write_text('[imu]\nchip = "none"\n[pads]\nchip = "none"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="dowel needs IMU and pads"):
        load(path)
    with pytest.raises(ConfigError, match="swing needs IMU, which this station does not have"):
        load(path, drill="swing")
    chosen = load(path, drill="butt_taps", stage="probe")
    assert (chosen.practice.drill, chosen.practice.stage) == ("butt_taps", "probe")
    assert load(drill="reach").practice.drill == "reach"


def test_a_chosen_drill_leaves_behind_what_only_the_files_own_has(tmp_path: Path) -> None:
    path = tmp_path / "hinge.toml"
    path.write_text('[practice]\ndrill = "split_rdl"\nload_kg = 8.0\nside = "right"\n')
    assert (load(path).practice.load_kg, load(path).practice.side) == (8.0, "right")
    same = load(path, drill="split_rdl").practice
    assert (same.load_kg, same.side) == (8.0, "right")
    loaded = load(path, drill="weighted").practice
    assert (loaded.load_kg, loaded.side) == (8.0, None)
    other = load(path, drill="dowel").practice
    assert (other.load_kg, other.side) == (None, None)


@pytest.mark.parametrize(("budget_ms", "period_ms"), [(10, 10), (10, 11), (20, 24), (200, 1000)])
def test_the_short_ranger_takes_any_budget_with_or_without_a_pause(
    budget_ms: int, period_ms: int
) -> None:
    text = f"[tof]\nchip = 'vl53l4cd'\nbudget_ms = {budget_ms}\nperiod_ms = {period_ms}\n"
    assert parse(text).tof.budget_ms == budget_ms
