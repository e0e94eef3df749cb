"""docs/doctor.md says what the tables and the program say."""

from __future__ import annotations

import pytest

from device.doctor.table import CHECKS
from tests import doctor_docs


@pytest.mark.parametrize("part", ["codes", "faults"])
def test_the_tables_are_up_to_date(part: str) -> None:
    page = doctor_docs.PAGE.read_text()
    made = doctor_docs.mark(part, page, doctor_docs.PARTS[part]())
    assert page == made, "run python -m tests.doctor_docs"


def test_each_code_stands_once_and_says_what_to_do() -> None:
    codes = [check.code for check in CHECKS]
    assert len(set(codes)) == len(codes)
    for check in CHECKS:
        assert check.code == check.code.upper()
        assert check.measures
        assert check.means
        assert check.do.endswith(".")
        assert not check.measures.endswith(".")


def test_the_sample_is_what_is_printed() -> None:
    """Signs and codes; the figures beside them may move with the drivers."""
    now = doctor_docs.verdicts(doctor_docs.sample())
    complaints = [line for line in now if "degraded" in line or "BROKEN" in line]
    assert [line.split()[-1] for line in complaints] == ["IMU_DRIFT", "PADS_PRESS", "SUPPLY"]
    assert doctor_docs.verdicts(doctor_docs.PAGE.read_text()) == now
