"""Settings that a chip has or has not."""

from __future__ import annotations

from collections.abc import Collection


def check_address(chip: str, address: int, allowed: Collection[int]) -> None:
    """Raises ``ValueError`` that says which addresses the chip's straps can give it."""
    if address not in allowed:
        listed = ", ".join(f"0x{each:02X}" for each in allowed)
        raise ValueError(f"{chip} address 0x{address:02X}, allowed: {listed}")


def check_choice(chip: str, what: str, value: object, allowed: Collection[object]) -> None:
    """Raises ``ValueError`` that says what there is to choose."""
    if value not in allowed:
        listed = ", ".join(map(str, allowed))
        raise ValueError(f"{chip} {what} {value}, allowed: {listed}")
