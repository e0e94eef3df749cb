"""``hinge evaluate --cohort N --seed S``: random people through the simulated chips.

Each person does three good sets of ten, one of each fault, and a mixed one; what they really did
is kept apart from the pipeline, which sees registers only.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from device.config_model import Config
from device.errors import UsageError
from device.workbench.cohort_people import SETS, draw_person
from device.workbench.cohort_report import CohortReport, report
from device.workbench.cohort_run import PersonResult, run_person

Progress = Callable[[int, int], None]
"""Called with the people done and the people in all."""
MOST_PEOPLE = 10_000


def cohort(
    config: Config,
    people: int,
    seed: int,
    progress: Progress | None = None,
    workers: int = 2,
    sets: Sequence[str] = SETS,
) -> CohortReport:
    """Play ``people`` drawn from ``seed`` and add up what came of them.

    The same seed gives the same report whatever the number of worker processes; person n of a
    seed is the same in a cohort of any size. Raises ``UsageError`` for a number or a set that
    cannot be.
    """
    if not 1 <= people <= MOST_PEOPLE:
        raise UsageError(f"--cohort: got {people} people, expected 1 to {MOST_PEOPLE}")
    if seed < 0:
        raise UsageError(f"--seed: got {seed}, expected 0 or more")
    if workers < 1:
        raise UsageError(f"workers: got {workers}, expected 1 or more")
    wrong = [name for name in sets if name not in SETS]
    if wrong or not sets:
        raise UsageError(f"sets: got {wrong or 'none'}, expected some of {', '.join(SETS)}")
    jobs = [(config, seed, number, tuple(sets)) for number in range(people)]
    results: list[PersonResult] = []
    with _mapped(jobs, min(workers, people)) as done:
        for result in done:
            results.append(result)
            if progress is not None:
                progress(len(results), people)
    return report(config, seed, results)


_Job = tuple[Config, int, int, tuple[str, ...]]


def _play(job: _Job) -> PersonResult:
    config, seed, number, sets = job
    return run_person(config, draw_person(seed, number), sets)


@contextmanager
def _mapped(jobs: Sequence[_Job], workers: int) -> Iterator[Iterable[PersonResult]]:
    if workers == 1:
        yield map(_play, jobs)
        return
    # Fresh processes: nothing of this one, threads least of all, is copied.
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield pool.imap_unordered(_play, jobs)
