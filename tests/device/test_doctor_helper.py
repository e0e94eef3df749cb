"""Asking somebody at the keyboard, for a bounded time."""

from __future__ import annotations

from io import StringIO
from typing import TextIO

import pytest

from device.doctor.helper import ANSWER_S, AtTerminal, Nobody


def typed(text: str, waits: list[float] | None = None) -> tuple[AtTerminal, StringIO]:
    said = StringIO()

    def ready(stream: TextIO, wait_s: float) -> bool:
        if waits is not None:
            waits.append(wait_s)
        return text != "nobody"

    return AtTerminal(StringIO(text), said, ready), said


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("y\n", True),
        ("YES\n", True),
        (" n \n", False),
        ("no\n", False),
        ("what?\ny\n", True),
        ("\n\n\ny\n", None),
        ("", None),
        ("nobody", None),
    ],
)
def test_answers(text: str, answer: bool | None) -> None:
    helper, said = typed(text)
    assert helper.here
    assert helper.sees("Is it lit?") is answer
    assert said.getvalue().startswith("Is it lit? [y/n] ")


def test_nobody_is_waited_for_long() -> None:
    waits: list[float] = []
    helper, said = typed("nobody", waits)
    assert helper.sees("Is it lit?") is None
    assert waits == [ANSWER_S]
    assert "no answer" in said.getvalue()


def test_a_request_is_said() -> None:
    helper, said = typed("")
    helper.hears("Measuring.")
    helper.does("Press the pads.")
    assert said.getvalue() == "Measuring.\nPress the pads.\n"


def test_unattended_nothing_is_known() -> None:
    assert not Nobody.here
    assert Nobody().sees("Is it lit?") is None
