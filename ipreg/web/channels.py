"""Where notices go: the reader's channels, when they are used, and whether they work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from ipreg import access
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import Channel, ChannelKind, Rhythm
from ipreg.notify import setup
from ipreg.notify.channels import label, mail_channel
from ipreg.notify.outcome import told
from ipreg.notify.rhythm import due_at, zone_of
from ipreg.notify.sealed import Sealer
from ipreg.notify.services import SERVICES
from ipreg.web.errors import words_of
from ipreg.web.language import say
from ipreg.web.rules import EVERYBODY, who
from ipreg.web.session import db, me, runtime, start_again
from ipreg.web.times import zone_word

bp = Blueprint("channels", __name__)
ACTIONS = ("test", "pause", "resume", "again", "secret")


@bp.get("/channels")
@who(*EVERYBODY)
def overview() -> str:
    return _page({})


@dataclass(frozen=True)
class Shown:
    """A channel as its page shows it. ``digest``: when the next one goes out; None where there are none."""

    channel: Channel
    label: str
    parked: int
    fault: str
    zone: str
    digest: datetime | None


def _shown(channel: Channel) -> Shown:
    parked = setup.count_parked(db(), channel=channel)
    digest = due_at(channel, utc_now()) if channel.rhythm is not Rhythm.IMMEDIATE else None
    fault = told(channel.fault, say)
    return Shown(channel, label(channel), parked, fault, zone_word(zone_of(channel)), digest)


def _page(faults: dict[str, str], secret: str = "") -> str:
    db().rollback()
    db().connection(execution_options={"writes": True})
    mail_channel(db(), account=me(), now=utc_now())  # everybody has mail
    db().commit()
    found = setup.channels_of(db(), account=me())
    return render_template(
        "channels.html",
        channels=[_shown(one) for one in found],
        services=SERVICES,
        shareable=access.manages_organization(me()),
        faults=faults,
        given=request.form,
        secret=secret,
        tested=session.pop("channel_tested", None),
    )


@bp.post("/channels")
@who(*EVERYBODY)
def add() -> str | Response | tuple[str, int]:
    form = request.form
    try:
        kind, service = form.get("kind", ""), ""
        if kind in SERVICES:
            kind, service = ChannelKind.SERVICE, kind
        if kind not in list(ChannelKind):
            raise CallerError("choice_wrong", field="kind")
        _, secret = setup.add_channel(
            db(),
            account=me(),
            sealer=Sealer(runtime().secrets),
            kind=ChannelKind(kind),
            service=service,
            name=form.get("name", ""),
            address=form.get("address", ""),
            secret=form.get("secret", ""),
            shared="shared" in form,
            any_host=runtime().config.allow_private_addresses,
            now=utc_now(),
        )
        db().commit()
    except CallerError as fault:
        start_again()
        db().rollback()
        return _page({fault.field or "": words_of(fault)}), 400
    return _page({}, secret) if secret else redirect(url_for("channels.overview"))


@bp.post("/channels/<int:channel_id>")
@who(*EVERYBODY)
def change(channel_id: int) -> Response | tuple[str, int]:
    """When it is used."""
    channel = setup.get_channel(db(), channel_id=channel_id, account=me())
    form = request.form
    try:
        if form.get("rhythm") not in list(Rhythm):
            raise CallerError("choice_wrong", field="rhythm")
        quiet = _quiet(form.get("quiet_from", ""), form.get("quiet_to", ""))
        setup.change_times(
            db(),
            channel=channel,
            rhythm=Rhythm(form["rhythm"]),
            hour=form.get("hour", channel.hour, type=int),
            weekday=form.get("weekday", channel.weekday, type=int),
            quiet=quiet,
            now=utc_now(),
        )
        db().commit()
    except CallerError as fault:
        start_again()
        db().rollback()
        return _page({f"channel-{channel_id}": words_of(fault)}), 400
    return redirect(url_for("channels.overview"))


@bp.post("/channels/<int:channel_id>/<action>")
@who(*EVERYBODY)
def act(channel_id: int, action: str) -> str | Response:
    channel = setup.get_channel(db(), channel_id=channel_id, account=me())
    if action not in ACTIONS:
        raise MissingError("page_missing")
    secret = ""
    if action == "test":
        setup.send_test(db(), channel=channel, account=me(), now=utc_now())
        session["channel_tested"] = label(channel)
    elif action == "again":
        setup.send_again(db(), channel=channel, now=utc_now())
    elif action == "secret":
        secret = setup.exchange_secret(db(), channel=channel, sealer=Sealer(runtime().secrets), now=utc_now())
    else:
        setup.switch(db(), channel=channel, on=action == "resume")
    db().commit()
    return _page({}, secret) if secret else redirect(url_for("channels.overview"))


def _quiet(start: str, end: str) -> tuple[int, int] | None:
    if not start.strip() and not end.strip():
        return None
    minutes = []
    for text in (start, end):
        found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)(:\d\d)?", text.strip())
        if found is None:
            raise CallerError("quiet_time_wrong", field="quiet")
        minutes.append(int(found.group(1)) * 60 + int(found.group(2)))
    return minutes[0], minutes[1]
