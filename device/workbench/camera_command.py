"""``hinge camera``: a look through the camera, and how evenly its frames come."""

from __future__ import annotations

from pathlib import Path

import click

from device.config import load
from device.errors import UsageError
from device.workbench.options import Range, config_option


@click.command()
@config_option
@click.option("--preview", is_flag=True, help="Save a picture and say how evenly frames come.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("camera.png"),
    show_default=True,
    help="The picture to write.",
)
@click.option(
    "--seconds",
    type=Range(0.1, 60.0),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to look, 0.1 to 60.",
)
@click.option("--simulated", is_flag=True, help="Look at a simulated person; needs no camera.")
def camera(
    config_path: Path | None, preview: bool, out: Path, seconds: float, simulated: bool
) -> None:
    """Look through the camera at the side."""
    if not preview:
        raise UsageError("camera: expected --preview. See 'hinge camera --help'.")
    if out.suffix.lower() != ".png":
        raise UsageError(f"--out: got {out}, expected a name that ends in .png")
    settings = load(config_path).camera
    # Here, not above: it brings numpy and the simulated rig along.
    from device.workbench import camera_preview

    door = camera_preview.simulated() if simulated else camera_preview.real(settings.number)
    for line in camera_preview.preview(door, settings, seconds, out):
        click.echo(line)
