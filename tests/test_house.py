"""The house's own rules, checked."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent


def product() -> list[Path]:
    folders = ("device", "drivers", "services")
    return [ROOT / "hinge.py", *(p for each in folders for p in (ROOT / each).rglob("*.py"))]


def test_no_product_file_is_longer_than_about_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in product()
        if (lines := len(path.read_text().splitlines())) > 420
    }
    assert long == {}


def test_no_product_file_asks_whether_it_is_being_tested() -> None:
    asks = [
        str(path.relative_to(ROOT))
        for path in product()
        if "if testing" in path.read_text() or "PYTEST_CURRENT_TEST" in path.read_text()
    ]
    assert asks == []
