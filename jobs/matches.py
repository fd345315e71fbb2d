"""New pictures compared with all others, one transaction each; the looking happens outside of it."""

from __future__ import annotations

import logging

from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import MissingError, ProofError
from ipreg.matching import Indexes, compare_picture, compare_view, look_at, pending_pictures, pending_views
from ipreg.models import FilingView, ListingPicture
from ipreg.runtime import Runtime

_log = logging.getLogger(__name__)


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many pictures were compared."""
    with runtime.sessions() as session:
        pictures, views = pending_pictures(session), pending_views(session)
        if not pictures and not views:
            return 0
        indexes = Indexes(runtime.sessions, runtime.store)
        indexes.refresh(session)
    for picture_id in pictures:
        with runtime.sessions() as session:
            asked = look_at(runtime.store, session.get_one(ListingPicture, picture_id).sha256)
        with transaction(runtime.sessions) as session:
            picture = session.get_one(ListingPicture, picture_id)
            compare_picture(session, indexes, picture=picture, asked=asked, now=clock())
    for view_id in views:
        with runtime.sessions() as session:
            view = session.get_one(FilingView, view_id)
            key, digest = view.filing.vault_key, view.sha256
        try:
            asked = look_at(runtime.store.shelf(key), digest)
        except (ProofError, MissingError):
            _log.exception("view %s is not compared: its file can't be read", view_id)
            continue
        with transaction(runtime.sessions) as session:
            view = session.get_one(FilingView, view_id)
            compare_view(session, indexes, view=view, asked=asked, now=clock())
    return len(pictures) + len(views)
