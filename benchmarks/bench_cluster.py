"""A worker of a Dask cluster is killed in the middle of 2,000 pictures: every one ends fingerprinted exactly once.

    python benchmarks/bench_cluster.py [--pictures 2000] [--workers 2]

A scheduler and workers are started on this machine; after 3 in 8 pictures the first worker gets SIGKILL.
Printed: how long it took, and whether each picture has one fingerprint and was compared, and each copy found.
Exit code 1 where not.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from itertools import count as counting
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

TOP = Path(__file__).parent.parent
# The top first: tests/similarity and tests/jobs have the names of packages of ours.
sys.path[:0] = [str(TOP), str(TOP / "tests"), str(TOP / "tests/matching")]

from cluster import keep_pictures, running_cluster  # noqa: E402
from scenery import People, design_form, draw_picture, edited_copy  # noqa: E402

from ipreg import registry, schema  # noqa: E402
from ipreg.config import Config  # noqa: E402
from ipreg.db import transaction, utc_now  # noqa: E402
from ipreg.models import ListingPicture, Match, PictureFingerprint, ViewKind  # noqa: E402
from ipreg.registry import Picture  # noqa: E402
from ipreg.runtime import Runtime, open_runtime  # noqa: E402
from jobs import matches, progress, workers  # noqa: E402

FILED, SIZE = 40, (240, 300)


def filled(folder: Path, pictures: int) -> Runtime:
    """Some designs and so many pictures of listings, a copy of each design first; all of them are to be looked
    at and compared."""
    runtime = open_runtime(Config.from_env({**os.environ, "IPREG_VAR": str(folder)}))
    schema.upgrade(runtime.sessions.kw["bind"])
    drawn = [draw_picture(number, SIZE, "PNG") for number in range(pictures)]
    with transaction(runtime.sessions) as session:
        owner = People(session, utc_now()).freelancer
        for number in range(FILED):
            view = [Picture(ViewKind.FRONT, "front.png", drawn[number])]
            registry.register_design(
                session, runtime.store, applicant=owner, form=design_form(), pictures=view,
                request_key=str(number), now=utc_now(),
            )  # fmt: skip
        copies = [edited_copy(one) for one in drawn[:FILED]]
        keep_pictures(session, runtime, copies + drawn[FILED:], utc_now())
    return runtime


def left_over(runtime: Runtime, pictures: int) -> list[str]:
    """What is not as it has to be."""
    wanted = pictures + FILED
    with runtime.sessions() as session:
        once = select(PictureFingerprint.sha256, func.count()).where(PictureFingerprint.data.is_not(None))
        counts = [count for _, count in session.execute(once.group_by(PictureFingerprint.sha256))]
        open_ = session.scalar(select(func.count()).where(ListingPicture.compared_by.is_(None)))
        found = session.scalar(select(func.count(Match.filing_id.distinct())))
    faults = [f"{len(counts)} of {wanted} pictures have a fingerprint"] if len(counts) != wanted else []
    faults += [f"the copies of {found} of {FILED} designs were found"] if found != FILED else []
    faults += [f"{sum(one != 1 for one in counts)} have more than one"] if set(counts) - {1} else []
    return faults + ([f"{open_} were not compared"] if open_ else [])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    given: Any = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_cluster(given.workers, Path(folder)) as cluster:
        runtime = filled(Path(folder) / "var", given.pictures)
        progress_note, written, killed = progress.note, counting(1), list[int]()

        def kill_on_the_way(done: int, of: int | None = None) -> None:
            """With the pictures after these in the workers' hands: a run takes more than a quarter at once."""
            progress_note(done, of)
            number = next(written)
            if number >= given.pictures * 3 // 8 and not killed:
                cluster.workers[0].kill()
                killed.append(number)

        progress.note = kill_on_the_way
        begun, taken = time.perf_counter(), 0
        far = replace(runtime, config=replace(runtime.config, dask_address=cluster.address))
        while seen := matches.run(far, clock=utc_now):
            taken += seen
        workers.rest()
        faults = left_over(runtime, given.pictures)
        spent = time.perf_counter() - begun
    print(
        f"{given.pictures} pictures in {spent:.0f} s; a worker was killed after {killed}; {taken} were done by runs"
    )
    print("\n".join(faults) or "each has one fingerprint, and was compared; each copy was found")
    return int(bool(faults) or not killed)


if __name__ == "__main__":
    sys.exit(main())
