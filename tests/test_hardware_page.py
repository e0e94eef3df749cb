"""docs/hardware.md and its picture say what the code says."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from device.config_model import Config, Pins
from device.workbench.motion_run import SEVERAL
from drivers import CHIPS
from drivers.bus_recovery import I2C_PINS
from drivers.sim import SIM_CHIPS
from tools import wiring

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/hardware.md").read_text(encoding="utf-8")
SVG = "{http://www.w3.org/2000/svg}"


def rows(first: str) -> list[list[str]]:
    """The cells of the page's table rows that begin with this cell."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("|")
    ]
    return [row for row in cells if row[0] == first]


def numbers_of(field: str, pins: Pins | None = None) -> tuple[int, ...]:
    """The BCM numbers that a key of [pins] has by default."""
    value = getattr(pins or Pins(), field)
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def labels(picture: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    return [node.text or "" for node in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("name", sorted({*CHIPS, *SIM_CHIPS}))
def test_every_chip_has_its_row_of_addresses_and_a_place_among_the_parts(name: str) -> None:
    (row,) = rows(name.upper())
    addresses = CHIPS[name].addresses if name in CHIPS else (SIM_CHIPS[name][1],)
    assert set(re.findall(r"0x[0-9A-F]{2}", row[2])) >= {f"0x{a:02X}" for a in addresses}
    if name in CHIPS:
        assert set(re.findall(r"0x[0-9A-F]{2}", row[2])) == {f"0x{a:02X}" for a in addresses}
        assert row[1] == {"tof": "ranger"}.get(CHIPS[name].kind, CHIPS[name].kind).replace(
            "imu", "IMU"
        )
        assert f"0x{CHIPS[name].address:02X}" in row[3] or row[3] == "fixed"
    parts = PAGE[: PAGE.index("## Addresses")].replace("-", "").upper()
    assert f"**{name.upper()}**" in parts


@pytest.mark.parametrize("field", [f.name for f in msgspec.structs.fields(Pins)])
def test_every_pin_has_its_row(field: str) -> None:
    numbers = numbers_of(field)
    (row,) = rows(f"`{field}`")
    assert row[1] == (", ".join(map(str, numbers)) or "none")
    assert row[2] == (", ".join(str(wiring.place_of(n)) for n in numbers) or "-")


def test_every_bus_is_named_with_its_pins() -> None:
    bus = Config().bus
    for name, number in (("Wall", bus.wall.number), ("Dowel", bus.dowel.number)):
        sda, scl = I2C_PINS[number]
        assert (
            f"{name} bus: SDA GPIO{sda} (pin {wiring.place_of(sda)}), "
            f"SCL GPIO{scl} (pin {wiring.place_of(scl)})" in PAGE
        )


def test_the_page_has_the_rigs_numbers() -> None:
    config = Config()
    assert f"**{config.tof.heights_m[0]:.2f} m**" in PAGE
    assert f"**{', '.join(f'{h:.2f}' for h in wiring.HEIGHTS_M)} m**" in PAGE
    assert ", ".join(f"0x{a:02X}" for a in SEVERAL) in PAGE
    assert f"**{config.tof.recess_mm:.0f} mm behind the wall's face**" in PAGE
    assert f"**{100 * config.imu.s_m:.0f} cm above the hip joint**" in PAGE
    assert f"{100 * config.imu.b_m:.0f} cm behind the joint" in PAGE


def test_who_is_served_follows_from_the_heights() -> None:
    def served(height_m: float) -> str:
        low, high = ((height_m + off) / 0.53 for off in (-0.05, 0.10))
        return f"{low:.2f} to {high:.2f}"

    (one,), (three,) = rows("one"), rows("three")
    assert served(Config().tof.heights_m[0]) in one[2]
    assert [served(h) in three[2] for h in wiring.HEIGHTS_M] == [True] * 3


def test_the_cables_table_is_its_formula() -> None:
    for picofarad in (50, 100, 200, 400):
        (row,) = rows(f"{picofarad} pF")
        for cell, rise_ns in zip(row[1:], (1000, 300), strict=True):
            kiloohm = rise_ns / (0.8473 * picofarad)
            if kiloohm < 0.967:
                assert cell == "not possible"
            else:
                assert float(cell.removesuffix(" kΩ")) == pytest.approx(kiloohm, rel=0.02)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in PAGE.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors
    assert f"BCM {', '.join(map(str, wiring.GPIO1))} (pins 16, 18, 22)" in PAGE
    assert [wiring.place_of(n) for n in wiring.GPIO1] == [16, 18, 22]
    assert "docs/hardware.md" in (ROOT / "README.md").read_text(encoding="utf-8")


# -- the picture ----------------------------------------------------------------------------------


def test_the_kept_picture_is_what_the_code_draws() -> None:
    assert wiring.main(["--check"]) == 0


def test_another_pin_is_another_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = msgspec.structs.replace(Config(), pins=Pins(next=23))
    assert wiring.draw(moved) != wiring.draw(Config())
    other = tmp_path / "wiring.svg"
    other.write_text(wiring.draw(moved), encoding="utf-8")
    monkeypatch.setattr(wiring, "PICTURE", other)
    assert wiring.main(["--check"]) == 1
    assert "Run python -m tools.wiring" in capsys.readouterr().err
    assert wiring.main([]) == 0
    assert wiring.main(["--check"]) == 0


def test_header_pins_are_where_a_pi_has_them() -> None:
    """Against the datasheet, by hand, so that the library is not its own judge."""
    for bcm, place in ((2, 3), (4, 7), (17, 11), (18, 12), (21, 40), (26, 37), (7, 26)):
        assert wiring.place_of(bcm) == place


def test_every_pin_of_the_configuration_is_labelled_in_the_picture() -> None:
    config = wiring.drawn()
    said = labels(wiring.draw(config))
    for field in msgspec.structs.fields(Pins):
        for n, number in enumerate(numbers_of(field.name, config.pins), start=1):
            words = wiring.WORDS[field.name][1].format(n=n)
            assert said.count(f"GPIO{number} {words}") == 1
            # ... and its place again where the part is drawn.
            assert any(text.endswith(f"pin {wiring.place_of(number)}") for text in said)
    assert said.count("GPIO4 SDA dowel bus") == 1


def test_the_chips_and_addresses_of_the_defaults_are_in_the_picture() -> None:
    config, said = Config(), " / ".join(labels(wiring.draw(Config())))
    assert f"{config.imu.chip.upper()} 0x{config.imu.at:02X}" in said
    assert f"{config.pads.chip.upper()} 0x{config.pads.at:02X}" in said
    assert f"Ranger: {config.tof.chip.upper()}" in said
    for address, height_m in zip(SEVERAL, wiring.HEIGHTS_M, strict=True):
        assert f"0x{address:02X}, {height_m:.2f} m" in said
    for bus in (config.bus.wall, config.bus.dowel):
        assert f"i2c-{bus.number} at {bus.hz // 1000} kHz" in said


def test_every_colour_has_a_letter_and_can_be_read_on_white() -> None:
    groups = {use.group for use in wiring.uses(wiring.drawn()).values()}
    assert len({g.letter for g in groups}) == len({g.colour for g in groups}) == len(groups)
    for group in groups:
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (int(group.colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        ]
        shine = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (shine + 0.05) >= 4.5, group


def test_no_words_lie_outside_the_picture() -> None:
    """At 0.62 of its size a letter of DejaVu Sans is wide on the average."""
    root = ElementTree.fromstring(wiring.draw(wiring.drawn()))
    high = float(root.attrib["viewBox"].split()[3])
    for node in root.iter(f"{SVG}text"):
        x, y, size = (float(node.attrib[k]) for k in ("x", "y", "font-size"))
        assert size >= 11.5
        wide = 0.62 * size * len(node.text or "")
        left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[node.attrib["text-anchor"]]
        assert left >= 0, node.text
        assert left + wide <= wiring.WIDTH, node.text
        assert 0 < y <= high
