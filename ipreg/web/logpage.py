"""The page about the log: what it holds, who vouches for it, and how to check it without us."""

from __future__ import annotations

from flask import Blueprint, render_template
from sqlalchemy import select

from ipreg import log, logkeys
from ipreg.models import LogCosignature, LogTimeStamp, StampState
from ipreg.web.rules import public
from ipreg.web.session import db, runtime

bp = Blueprint("logpage", __name__)


@bp.get("/log")
@public
def page() -> str:
    newest = log.latest_checkpoint(db())
    size = newest.size if newest else 0
    return render_template(
        "log.html",
        newest=newest,
        note=newest.note + "".join(log.cosignature_lines(db(), size=size)) if newest else "",
        origin=runtime().log_key.name,
        address=runtime().config.public_url + "/log",
        stamps=_newest_stamps(),
        waiting=_waiting({one.name for one in runtime().config.authorities}),
        cosignatures=_newest_cosignatures(),
        keys=logkeys.spans(db(), first=runtime().log_key),
    )


def _newest_stamps() -> list[LogTimeStamp]:
    """The newest token of every authority that ever answered, the independent ones first."""
    found: dict[str, LogTimeStamp] = {}
    stamped = select(LogTimeStamp).where(LogTimeStamp.state == StampState.STAMPED)
    for name in db().scalars(select(LogTimeStamp.authority).distinct()):
        newest = stamped.where(LogTimeStamp.authority == name).order_by(LogTimeStamp.size.desc()).limit(1)
        if (stamp := db().scalar(newest)) is not None:
            found[name] = stamp
    return sorted(found.values(), key=lambda stamp: (stamp.embedded, stamp.authority))


def _waiting(names: set[str]) -> list[str]:
    """The configured authorities that are being asked and have not answered yet."""
    wanted = select(LogTimeStamp.authority).where(LogTimeStamp.state == StampState.WAITING)
    return sorted(names & set(db().scalars(wanted)))


def _newest_cosignatures() -> list[LogCosignature]:
    found: dict[str, LogCosignature] = {}
    for name in db().scalars(select(LogCosignature.witness).distinct()):
        wanted = select(LogCosignature).where(LogCosignature.witness == name)
        if (one := db().scalar(wanted.order_by(LogCosignature.size.desc()).limit(1))) is not None:
            found[name] = one
    return sorted(found.values(), key=lambda one: one.witness)
