"""Motion files: read, refuse, write, stretch, join; and the smoothing under them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.motion import REQUIRED, Motion, MotionError, read_motion, write_motion
from drivers.sim.smooth import Spline, low_pass, minimum_jerk, quintic

MOTIONS = Path(__file__).parents[1] / "data" / "motions"


def rows_of(n: int = 20, step_s: float = 0.01, **extra: str) -> list[list[str]]:
    """A header and n plain rows, with extra constant columns."""
    base = {
        "ankle_fwd": 0.0,
        "ankle_up": 0.1,
        "knee_fwd": 0.02,
        "knee_up": 0.5,
        "hip_fwd": 0.0,
        "hip_up": 0.93,
        "c7_fwd": 0.02,
        "c7_up": 1.43,
        "trunk_deg": 2.0,
    }
    rows = [[*REQUIRED, *extra]]
    for i in range(n):
        cells = [f"{i * step_s:.4f}"] + [f"{base[name]:.4f}" for name in REQUIRED[1:]]
        rows.append(cells + list(extra.values()))
    return rows


def saved(tmp_path: Path, rows: list[list[str]], **how: str) -> Path:
    path = tmp_path / "m.csv"
    with path.open("w", newline="", encoding=how.get("encoding", "utf-8")) as file:
        csv.writer(file, lineterminator=how.get("end", "\n")).writerows(rows)
    return path


def test_real_files_read_with_the_columns_they_have() -> None:
    found = sorted(p for p in MOTIONS.glob("*.csv") if p.name != "INDEX.csv")
    assert len(found) == 6
    for path in found:
        motion = read_motion(path)
        assert set(motion.points) >= {"ankle", "knee", "hip", "c7", "l5", "thorax", "head"}
        # Only the planar lifts have a sacrum point; elsewhere its cells are empty.
        assert ("sacrum" in motion.points) == path.name.startswith("VUA")
        axis = motion.points["c7"] - motion.hip
        line_deg = np.degrees(np.arctan2(axis[:, 0], axis[:, 1]))
        assert np.max(np.abs(line_deg - motion.trunk_deg)) < 0.1


@pytest.mark.parametrize("column", REQUIRED)
def test_a_missing_required_column_is_named(tmp_path: Path, column: str) -> None:
    rows = rows_of()
    at = rows[0].index(column)
    path = saved(tmp_path, [row[:at] + row[at + 1 :] for row in rows])
    with pytest.raises(MotionError, match=f"missing column {column};") as caught:
        read_motion(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_missing_columns_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match="hip_fwd, hip_up, c7_fwd, c7_up, trunk_deg"):
        read_motion(saved(tmp_path, [row[:5] for row in rows_of()]))


@pytest.mark.parametrize(
    ("line", "column", "cell", "words"),
    [
        (5, "hip_up", "abc", r"line 6: hip_up: got 'abc', expected a finite number"),
        (7, "c7_fwd", "nan", r"line 8: c7_fwd: got 'nan'"),
        (7, "trunk_deg", "inf", r"line 8: trunk_deg: got 'inf'"),
        (9, "time", "0.0100", r"line 10: time: got 0.01 after 0.07, expected increasing"),
        (9, "time", "0.0700", r"line 10: time: got 0.07 after 0.07"),
        (9, "time", "", r"line 10: time: empty"),
        (20, "time", "80", r"line 21: time: got 80 after 0.18, expected steps"),
        (1, "hip_up", "945.8", r"line 2: hip_up: got 945.8, expected 0.2 to 1.6 m"),
        (7, "c7_up", "1430", r"line 8: c7: got 0.02, 1430, expected metres, at most 100"),
        (7, "knee_fwd", "-1e12", r"line 8: knee: got -1e\+12, 0.5, expected metres"),
        (1, "hip_up", "0.19", r"line 2: hip_up: got 0.19"),
    ],
)
def test_a_bad_cell_is_named_with_its_line(
    tmp_path: Path, line: int, column: str, cell: str, words: str
) -> None:
    rows = rows_of()
    rows[line][rows[0].index(column)] = cell
    with pytest.raises(MotionError, match=words):
        read_motion(saved(tmp_path, rows))


def test_other_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match="cannot be read: No such file"):
        read_motion(tmp_path / "none.csv")
    with pytest.raises(MotionError, match="cannot be read"):
        read_motion(tmp_path)
    with pytest.raises(MotionError, match="line 1: empty"):
        read_motion(saved(tmp_path, []))
    with pytest.raises(MotionError, match="got 9 rows of samples, expected at least 10"):
        read_motion(saved(tmp_path, rows_of(9)))
    with pytest.raises(MotionError, match="line 4: got 3 cells, expected 10"):
        read_motion(saved(tmp_path, [*rows_of()[:3], ["1", "2", "3"]]))
    rows = rows_of(hip_up="1")
    with pytest.raises(MotionError, match="column hip_up stands twice"):
        read_motion(saved(tmp_path, rows))
    path = tmp_path / "b.csv"
    path.write_bytes(b"time,\xff\xfe\x00")
    with pytest.raises(MotionError, match="not UTF-8"):
        read_motion(path)
    with pytest.raises(MotionError, match=r"line 2: contact_head: got 0\.5, expected 0 or 1"):
        read_motion(saved(tmp_path, rows_of(contact_head="0.5")))


def test_windows_files_quotes_and_unknown_columns_are_fine(tmp_path: Path) -> None:
    plain = read_motion(saved(tmp_path, rows_of()))
    rows = [[f" {cell} " for cell in row] for row in rows_of(note='a, "b"')]
    odd = read_motion(saved(tmp_path, rows, encoding="utf-8-sig", end="\r\n"))
    assert np.array_equal(odd.table()[1], plain.table()[1])
    assert odd.table()[0] == plain.table()[0]


def test_short_gaps_are_filled_by_straight_lines(tmp_path: Path) -> None:
    rows = rows_of(40)
    at = rows[0].index("hip_fwd")
    for i, row in enumerate(rows[1:]):
        row[at] = "" if 10 <= i < 20 else str(0.001 * i)
    motion = read_motion(saved(tmp_path, rows))
    assert motion.hip[:, 0] == pytest.approx(0.001 * np.arange(40))


@pytest.mark.parametrize("first", [0, 10, 29])
def test_a_long_gap_in_a_required_column_is_an_error(tmp_path: Path, first: int) -> None:
    rows = rows_of(40)
    at = rows[0].index("hip_fwd")
    for row in rows[1 + first : 12 + first]:
        row[at] = ""
    with pytest.raises(MotionError, match=rf"line {first + 2}: hip_fwd: empty for 0.11 s"):
        read_motion(saved(tmp_path, rows))


def test_an_optional_column_with_a_long_gap_or_no_cells_counts_as_absent(tmp_path: Path) -> None:
    rows = rows_of(40, head_fwd="0.1", head_up="1.6", lumbar_flex_deg="3", pelvis_pitch_deg="")
    at = rows[0].index("head_up")
    for row in rows[5:25]:
        row[at] = ""
    motion = read_motion(saved(tmp_path, rows))
    assert "head" not in motion.points
    assert "pelvis_pitch_deg" not in motion.angles
    assert motion.angles["lumbar_flex_deg"] == pytest.approx(np.full(40, 3.0))


def test_angles_that_wrap_are_unrolled(tmp_path: Path) -> None:
    rows = rows_of(20)
    for i, row in enumerate(rows[1:]):
        row[rows[0].index("trunk_deg")] = str((175 + i + 180) % 360 - 180)
    assert read_motion(saved(tmp_path, rows)).trunk_deg == pytest.approx(175 + np.arange(20))


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    motion = read_motion(MOTIONS / "VUA_s1__stoop1_2D.csv").with_contacts_closed()
    write_motion(motion, tmp_path / "again.csv")
    again = read_motion(tmp_path / "again.csv")
    assert again.table()[0] == motion.table()[0]
    assert np.array_equal(again.table()[1], motion.table()[1])
    assert {pad: list(v) for pad, v in again.contacts.items()} == {
        pad: [1.0] * len(motion.time_s) for pad in ("head", "thoracic", "sacrum")
    }


def test_stretched_is_slower_and_nothing_else() -> None:
    motion = read_motion(MOTIONS / "HDM_bd__squat1Reps_005.csv")
    slow = motion.stretched(2.0)
    assert slow.duration_s == pytest.approx(2 * motion.duration_s)
    assert slow.rate_hz == pytest.approx(motion.rate_hz / 2)
    assert np.array_equal(slow.hip, motion.hip)
    with pytest.raises(ValueError, match="stretch factor 0"):
        motion.stretched(0.0)


def test_two_motions_join_at_the_hip_without_a_jump() -> None:
    squat = read_motion(MOTIONS / "HDM_bd__squat1Reps_005.csv")
    lift = read_motion(MOTIONS / "VUA_s1__stoop1_2D.csv")
    both = squat.then(lift, pause_s=0.5)
    assert both.rate_hz == pytest.approx(squat.rate_hz)
    assert both.duration_s == pytest.approx(squat.duration_s + 0.5 + lift.duration_s, abs=0.02)
    assert "sacrum" not in both.points
    at = len(squat.time_s)
    assert both.hip[at : at + 60, 0] == pytest.approx(squat.hip[-1, 0], abs=1e-3)
    assert np.max(np.abs(np.diff(both.hip, axis=0))) < 0.03
    assert np.ptp(both.hip[at + 60 :, 1]) == pytest.approx(np.ptp(lift.hip[:, 1]), abs=1e-3)


def test_uneven_times_become_even_and_rounded_times_stay_put(tmp_path: Path) -> None:
    motion = read_motion(MOTIONS / "HDM_bd__squat1Reps_005.csv")
    assert np.array_equal(motion.evenly().hip, motion.hip)
    rows = rows_of(30)
    rng = np.random.default_rng(1)
    times = np.arange(30) * 0.01 + rng.uniform(0, 0.006, 30)
    for t, row in zip(times, rows[1:], strict=True):
        row[0] = f"{t:.4f}"
        row[rows[0].index("hip_fwd")] = f"{0.3 * t:.6f}"
    even = read_motion(saved(tmp_path, rows)).evenly()
    assert np.ptp(np.diff(even.time_s)) < 1e-9
    assert even.hip[:, 0] == pytest.approx(0.3 * even.time_s, abs=2e-5)


def test_resampling_keeps_times_and_shape() -> None:
    motion = read_motion(MOTIONS / "VUA_s1__stoop1_2D.csv")
    fine = motion.resampled(200.0)
    assert fine.rate_hz == pytest.approx(200.0)
    assert fine.hip[::4] == pytest.approx(motion.hip, abs=1e-6)


@pytest.mark.parametrize("f_hz", [0.5, 3.0, 6.0, 12.0, 30.0])
def test_the_filter_has_the_gain_of_a_double_butterworth_and_no_delay(f_hz: float) -> None:
    t = np.arange(2400) / 240
    wave = np.sin(2 * np.pi * f_hz * t)[:, None]
    middle = slice(600, 1800)
    out = low_pass(wave, 240.0)[middle, 0]
    gain = 1 / (1 + (f_hz / 6.0) ** 4)
    assert out == pytest.approx(gain * wave[middle, 0], abs=0.004)


@given(st.floats(-1, 1), st.floats(-0.5, 0.5), st.integers(12, 300), st.sampled_from([50.0, 120.0]))
def test_the_filter_leaves_a_moving_edge_alone(
    start: float, speed: float, n: int, rate_hz: float
) -> None:
    t = np.arange(n) / rate_hz
    line = (start + speed * t)[:, None]
    assert low_pass(line, rate_hz) == pytest.approx(line, abs=1e-9)


def test_rounded_cells_do_not_become_acceleration() -> None:
    t = np.arange(480) / 120
    smooth = 0.1 * np.sin(2 * np.pi * 0.5 * t)
    rounded = np.round(smooth, 4)[:, None]
    accel = Spline(0.0, 1 / 120, low_pass(rounded, 120.0)).at(t)[2][:, 0]
    true = -0.1 * np.pi**2 * np.sin(np.pi * t)
    assert np.max(np.abs(accel - true)) < 0.03
    raw = np.gradient(np.gradient(rounded[:, 0], 1 / 120), 1 / 120)
    assert np.max(np.abs(raw - true)[4:-4]) > 0.3


def test_the_spline_meets_its_samples_and_knows_its_derivatives() -> None:
    t = np.arange(101) / 50
    values = np.stack([np.sin(3 * t), t**2], axis=1)
    spline = Spline(0.0, 0.02, values)
    assert spline.at(t)[0] == pytest.approx(values)
    fine = np.arange(200, 1800) / 1000
    value, rate, accel = spline.at(fine)
    assert value[:, 0] == pytest.approx(np.sin(3 * fine), abs=1e-5)
    assert rate[:, 0] == pytest.approx(3 * np.cos(3 * fine), abs=1e-3)
    assert accel[:, 0] == pytest.approx(-9 * np.sin(3 * fine), abs=0.02)
    assert spline.at(np.array([-1.0, 9.0]))[0] == pytest.approx(values[[0, -1]])


def test_the_quintic_meets_both_ends() -> None:
    begin = (np.array([1.0]), np.array([0.0]), np.array([0.0]))
    end = (np.array([1.2]), np.array([-0.3]), np.array([2.0]))
    p, v, a = quintic(np.array([0.0, 0.3]), 0.3, begin, end)
    assert p[:, 0] == pytest.approx([1.0, 1.2])
    assert v[:, 0] == pytest.approx([0.0, -0.3])
    assert a[:, 0] == pytest.approx([0.0, 2.0])
    fine = np.linspace(0, 0.3, 3001)
    p, v, a = quintic(fine, 0.3, begin, end)
    assert np.gradient(p[:, 0], fine)[1:-1] == pytest.approx(v[1:-1, 0], abs=1e-4)
    assert np.gradient(v[:, 0], fine)[1:-1] == pytest.approx(a[1:-1, 0], abs=1e-3)


def test_minimum_jerk_peaks_at_15_8_of_the_mean_speed() -> None:
    s = np.linspace(-0.5, 1.5, 20001)
    m = minimum_jerk(s)
    assert (m[0], m[10000], m[-1]) == (0.0, pytest.approx(0.5), 1.0)
    assert np.max(np.gradient(m, s)) == pytest.approx(15 / 8, rel=1e-4)


def test_a_motion_knows_its_columns() -> None:
    motion = read_motion(MOTIONS / "HDM_bd__squat1Reps_005.csv")
    names, table = motion.table()
    assert isinstance(motion, Motion)
    assert np.array_equal(table[:, names.index("hip_up")], motion.hip[:, 1])
    assert np.array_equal(table[:, names.index("trunk_deg")], motion.trunk_deg)
