"""Views of drafts compared with all that is known, a transaction each; looking and comparing are outside."""

from __future__ import annotations

from ipreg import drafts, novelty
from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import MissingError
from ipreg.fingerprints import look_at, serving_model
from ipreg.matching import held_indexes
from ipreg.models import DraftFile
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many views were compared."""
    with runtime.sessions() as session:
        waiting = novelty.pending(session, now=clock())
        if not waiting:
            return 0
        model = serving_model(session, runtime.embeddings)
        indexes = held_indexes("novelty", runtime.sessions, runtime.store, model, vectors=runtime.vectors)
        indexes.refresh(session)
    for file_id in waiting:
        with runtime.sessions() as session:
            file = session.get(DraftFile, file_id)
            if file is None:
                continue  # taken out again meanwhile
            digest, shelf = file.sha256, drafts.shelf_of(runtime.store, file.draft)
        try:
            asked = look_at(shelf, digest, indexes.model)
        except MissingError:
            continue  # filed or discarded meanwhile
        found = novelty.find_alike(indexes, asked)
        with transaction(runtime.sessions) as session:
            if (file := session.get(DraftFile, file_id)) is not None:
                novelty.keep_alike(session, file=file, found=found)
    return len(waiting)
