"""The table of reps that ``hinge replay`` prints."""

from __future__ import annotations

import msgspec
import pytest

from device.workbench.show import points
from services.schema import ScoreParts
from tests.services.helpers import rep_body


@pytest.mark.parametrize(
    ("score", "parts", "said"),
    [
        (66.7, ScoreParts(40.0, 25.0, 0.0, 1.6), "67 = 40 25 0 2"),
        (100.0, ScoreParts(None, 25.0, 25.0, None), "100 = - 25 25 -"),
        (None, ScoreParts(), "-"),
    ],
)
def test_points_are_never_the_sum_alone(score: float | None, parts: ScoreParts, said: str) -> None:
    rep = msgspec.structs.replace(rep_body(), score=score, score_parts=parts)
    assert points(rep) == said
