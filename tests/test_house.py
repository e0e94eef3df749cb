"""The house's own rules, checked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
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


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_workbench_and_the_front_door_reach_the_simulated_rig() -> None:
    """The contract in setup.cfg names modules; this one holds for those that come later, too."""
    free = (ROOT / "drivers" / "sim", ROOT / "device" / "workbench")
    reach = {
        str(path.relative_to(ROOT)): module
        for path in product()
        if path.name != "hinge.py" and not any(folder in path.parents for folder in free)
        for module in imported(path)
        if module.startswith(("drivers.sim", "device.workbench"))
    }
    assert reach == {}


def test_a_twin_takes_nothing_from_a_driver() -> None:
    """What they may share knows no register: the clock, and what a camera's picture is."""
    shared = ("drivers.sim", "drivers.clock", "drivers.camera", "drivers.png", "drivers.errors")
    taken = {
        str(path.relative_to(ROOT)): module
        for path in (ROOT / "drivers" / "sim").rglob("*.py")
        for module in imported(path)
        if module.split(".")[0] in ("drivers", "device", "services")
        and not module.startswith(shared)
    }
    assert taken == {}
