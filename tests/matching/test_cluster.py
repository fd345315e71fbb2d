"""Pictures are looked at by a Dask cluster, and a killed worker costs time and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cluster import keep_pictures, running_cluster
from scenery import HandClock, People, design_form, draw_picture, edited_copy
from sqlalchemy import func, select

from ipreg import matching, registry
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.errors import ConfigError, UpstreamError
from ipreg.models import ListingPicture, Match, PictureFingerprint, ViewKind
from ipreg.registry import Picture
from ipreg.runtime import Runtime
from jobs import matches, progress, workers

COUNT, COPIED = 60, 8
pytestmark = [pytest.mark.network, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    matching._held.clear()
    yield
    workers.rest()


def test_every_picture_ends_fingerprinted_once_though_a_worker_is_killed(
    runtime: Runtime, clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    designs = [draw_picture(900 + n, (240, 300)) for n in range(COPIED)]
    others = [draw_picture(n, (96, 96), "PNG") for n in range(COUNT - 2 * COPIED)]
    with transaction(runtime.sessions) as session:
        owner = People(session, clock()).freelancer
        for number, design in enumerate(designs):
            registry.register_design(
                session, runtime.store, applicant=owner, form=design_form(),
                pictures=[Picture(ViewKind.FRONT, "front.jpg", design)], request_key=str(number), now=clock(),
            )  # fmt: skip
        keep_pictures(session, runtime, [*map(edited_copy, designs), *others], clock())
    told: list[int] = []
    with running_cluster(2, tmp_path) as cluster:

        def note(done: int, _of: int) -> None:
            told.append(done)
            if done == COUNT // 4:
                cluster.workers[0].kill()

        monkeypatch.setattr(progress, "note", note)
        far = replace(runtime, config=replace(runtime.config, dask_address=cluster.address))
        assert matches.run(far, clock=clock) == COUNT
        assert cluster.workers[0].wait() == -9 and cluster.workers[1].poll() is None
    assert told == list(range(1, COUNT + 1))
    with runtime.sessions() as session:
        once = select(PictureFingerprint.sha256, func.count()).where(PictureFingerprint.data.is_not(None))
        assert (
            sorted(count for _, count in session.execute(once.group_by(PictureFingerprint.sha256))) == [1] * COUNT
        )
        assert not session.scalars(select(ListingPicture).where(ListingPicture.compared_by.is_(None))).all()
        assert session.scalar(select(func.count(Match.filing_id.distinct()))) == COPIED
        assert session.scalar(select(func.count()).select_from(Match)) == COPIED


def test_a_cluster_that_is_not_there_is_told_and_the_pictures_wait(
    runtime: Runtime, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_FAR_SECONDS", 0.3)
    with transaction(runtime.sessions) as session:
        keep_pictures(session, runtime, [draw_picture(1, (96, 96), "PNG")], clock())
    far = replace(runtime, config=replace(runtime.config, dask_address="tcp://127.0.0.1:9"))
    with pytest.raises(UpstreamError, match="cluster_unreachable"):
        matches.run(far, clock=clock)
    assert matches.run(runtime, clock=clock) == 1


def test_an_address_without_a_port_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="IPREG_DASK_ADDRESS"):
        Config.from_env({"IPREG_DASK_ADDRESS": "scheduler"})
