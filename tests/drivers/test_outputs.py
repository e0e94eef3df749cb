"""Lamps, buzzer and motor on mock pins."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict

import pytest
from gpiozero import LED
from gpiozero.pins.mock import MockFactory, MockPWMPin

from drivers.errors import BadLevel, PinFault, UnknownOutput
from drivers.outputs import BUZZER, OUTPUTS, VIBRATION, OutputPins, Outputs

LAMPS = [name for name in OUTPUTS if name not in (BUZZER, VIBRATION)]
PINS = {
    "led_head_lost": 16,
    "led_thoracic_lost": 20,
    "led_sacrum_lost": 21,
    "led_head_ok": 13,
    "led_thoracic_ok": 19,
    "led_sacrum_ok": 26,
    "status_blue": 10,
    "status_orange": 9,
    "status_white": 11,
    "buzzer": 18,
    "vibration": 12,
}


@pytest.fixture
def factory() -> MockFactory:
    return MockFactory(pin_class=MockPWMPin)


def test_names_and_pins_are_the_ones_agreed() -> None:
    assert asdict(OutputPins()) == PINS
    assert set(OUTPUTS) == set(PINS)


@pytest.mark.parametrize("name", LAMPS)
@pytest.mark.parametrize("level", [1.0, 0.3, 0.0])
def test_a_lamp_takes_its_level_on_its_own_pin(
    factory: MockFactory, name: str, level: float
) -> None:
    outputs = Outputs(factory)
    outputs.set(name, 0.5)
    outputs.set(name, level)
    assert factory.pin(PINS[name]).state == pytest.approx(level)
    others = [pin for other, pin in PINS.items() if other != name]
    assert all(factory.pin(pin).state == 0 for pin in others)


@pytest.mark.parametrize("hz", [110.0, 520.0, 880.0, 1200.0, 1760.0])
def test_the_buzzer_plays_the_frequency_and_falls_silent(factory: MockFactory, hz: float) -> None:
    outputs = Outputs(factory)
    pin = factory.pin(18)
    outputs.set(BUZZER, hz)
    assert pin.frequency == pytest.approx(hz)
    assert pin.state == 0.5
    outputs.set(BUZZER, 0)
    assert pin.frequency is None
    assert pin.state == 0


def test_the_motor_is_on_or_off(factory: MockFactory) -> None:
    outputs = Outputs(factory)
    outputs.set(VIBRATION, 1)
    assert factory.pin(12).state == 1
    outputs.set(VIBRATION, 0)
    assert factory.pin(12).state == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status_blue", 1.01),
        ("status_blue", -0.1),
        ("status_blue", float("nan")),
        (BUZZER, 109.0),
        (BUZZER, 1761.0),
        (BUZZER, -1.0),
        (BUZZER, float("nan")),
        (VIBRATION, 0.5),
    ],
)
def test_a_level_that_cannot_be_changes_nothing(
    factory: MockFactory, name: str, value: float
) -> None:
    outputs = Outputs(factory)
    with pytest.raises(BadLevel, match=name):
        outputs.set(name, value)
    assert factory.pin(PINS[name]).state == 0
    assert isinstance(BadLevel("x"), ValueError)


def test_an_unknown_name_lists_those_there_are(factory: MockFactory) -> None:
    with pytest.raises(UnknownOutput, match=r"led_heat.*led_head_lost.*vibration") as caught:
        Outputs(factory).set("led_heat", 1)
    assert isinstance(caught.value, KeyError)


def test_all_off_is_all_off(factory: MockFactory) -> None:
    outputs = Outputs(factory)
    for name in OUTPUTS:
        outputs.set(name, 880 if name == BUZZER else 1)
    assert all(factory.pin(pin).state for pin in PINS.values())
    outputs.all_off()
    assert not any(factory.pin(pin).state for pin in PINS.values())


def test_a_level_again_is_not_written_again(factory: MockFactory) -> None:
    outputs = Outputs(factory)
    outputs.set("status_white", 1.0)
    pin = factory.pin(11)
    before = list(pin.states)
    outputs.set("status_white", 1.0)
    assert list(pin.states) == before


def test_close_gives_the_pins_back(factory: MockFactory) -> None:
    outputs = Outputs(factory)
    outputs.set("status_blue", 1)
    outputs.close()
    outputs.close()
    Outputs(factory).close()


def test_every_pin_in_use_is_named_and_the_rest_given_back(factory: MockFactory) -> None:
    leds = [LED(16, pin_factory=factory), LED(18, pin_factory=factory)]
    with pytest.raises(PinFault, match=r"led_head_lost on GPIO16.*buzzer on GPIO18"):
        Outputs(factory)
    for led in leds:
        led.close()
    Outputs(factory).close()


def test_pins_can_be_chosen(factory: MockFactory) -> None:
    outputs = Outputs(factory, OutputPins(buzzer=5))
    outputs.set(BUZZER, 440)
    assert factory.pin(5).frequency == pytest.approx(440)


def test_faults_are_told_in_one_line(factory: MockFactory) -> None:
    leds = [LED(16, pin_factory=factory), LED(18, pin_factory=factory)]
    with pytest.raises(PinFault) as caught:
        Outputs(factory)
    head, buzzer = str(caught.value).split("; ")
    assert head.startswith("led_head_lost on GPIO16: ")
    assert buzzer.startswith("buzzer on GPIO18: ")
    assert buzzer.endswith(
        ", expected a free pin. "
        "Check for another program on the pins, the group gpio, and the configured pins."
    )
    assert "GPIO18" in str(caught.value.__cause__)  # the last one
    for led in leds:
        led.close()
    with pytest.raises(UnknownOutput) as unknown, closing(Outputs(factory)) as outputs:
        outputs.set("led", 1)
    assert str(unknown.value) == f"output 'led' does not exist, allowed: {', '.join(PINS)}"
