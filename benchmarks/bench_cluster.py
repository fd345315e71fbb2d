"""A worker of a Dask cluster is killed in the middle of 2,000 pictures: every one ends fingerprinted exactly once.

    python benchmarks/bench_cluster.py [--pictures 2000] [--workers 2]

A scheduler and workers are started on this machine; after a quarter of the pictures the first worker gets SIGKILL.
Printed: how long it took, and whether each picture has one fingerprint and was compared. Exit code 1 where not.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

TOP = Path(__file__).parent.parent
# The top first: tests/similarity and tests/jobs have the names of packages of ours.
sys.path[:0] = [str(TOP), str(TOP / "tests"), str(TOP / "tests/matching")]

from cluster import keep_pictures, running_cluster  # noqa: E402
from scenery import draw_picture  # noqa: E402

from ipreg import schema  # noqa: E402
from ipreg.config import Config  # noqa: E402
from ipreg.db import transaction, utc_now  # noqa: E402
from ipreg.models import ListingPicture, PictureFingerprint  # noqa: E402
from ipreg.runtime import Runtime, open_runtime  # noqa: E402
from jobs import looks, matches, progress  # noqa: E402


def filled(folder: Path, pictures: int) -> Runtime:
    """A registry with so many pictures of listings, none of them looked at."""
    runtime = open_runtime(Config.from_env({**os.environ, "IPREG_VAR": str(folder)}))
    schema.upgrade(runtime.sessions.kw["bind"])
    with transaction(runtime.sessions) as session:
        keep_pictures(session, runtime, [draw_picture(n, (96, 96), "PNG") for n in range(pictures)], utc_now())
    return runtime


def left_over(runtime: Runtime, pictures: int) -> list[str]:
    """What is not as it has to be."""
    with runtime.sessions() as session:
        once = select(PictureFingerprint.sha256, func.count()).where(PictureFingerprint.data.is_not(None))
        counts = [count for _, count in session.execute(once.group_by(PictureFingerprint.sha256))]
        open_ = session.scalar(select(func.count()).where(ListingPicture.compared_by.is_(None)))
    faults = [f"{len(counts)} of {pictures} pictures have a fingerprint"] if len(counts) != pictures else []
    faults += [f"{sum(one != 1 for one in counts)} have more than one"] if set(counts) - {1} else []
    return faults + ([f"{open_} were not compared"] if open_ else [])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    given: Any = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_cluster(given.workers, Path(folder)) as cluster:
        runtime = filled(Path(folder) / "var", given.pictures)
        note, killed = progress.note, list[int]()

        def kill_on_the_way(done: int, of: int) -> None:
            note(done, of)
            if done >= given.pictures // 4 and not killed:
                cluster.workers[0].kill()
                killed.append(done)

        progress.note = kill_on_the_way
        begun, taken = time.perf_counter(), 0
        far = replace(runtime, config=replace(runtime.config, dask_address=cluster.address))
        while seen := matches.run(far, clock=utc_now):
            taken += seen
        looks.rest()
        faults = left_over(runtime, given.pictures)
        spent = time.perf_counter() - begun
    print(
        f"{given.pictures} pictures in {spent:.0f} s; a worker was killed after {killed}; {taken} were done by runs"
    )
    print("\n".join(faults) or "each has one fingerprint, and was compared")
    return int(bool(faults) or not killed)


if __name__ == "__main__":
    sys.exit(main())
