"""New pictures compared with all others, one transaction each."""

from __future__ import annotations

from ipreg.db import Clock, transaction, utc_now
from ipreg.matching import Indexes, compare_picture, compare_view, pending_pictures, pending_views
from ipreg.models import FilingView, ListingPicture
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many pictures were compared."""
    with runtime.sessions() as session:
        pictures, views = pending_pictures(session), pending_views(session)
        if not pictures and not views:
            return 0
        indexes = Indexes()
        indexes.refresh(session)
    for picture_id in pictures:
        with transaction(runtime.sessions) as session:
            picture = session.get_one(ListingPicture, picture_id)
            compare_picture(session, indexes, picture=picture, now=clock())
    for view_id in views:
        with transaction(runtime.sessions) as session:
            compare_view(session, indexes, view=session.get_one(FilingView, view_id), now=clock())
    return len(pictures) + len(views)
