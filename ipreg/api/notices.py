"""Notices over the API, and where they are sent: webhooks and other channels."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import select

from ipreg.api import noticeshapes as shapes
from ipreg.api.calls import Done
from ipreg.api.operation import Routes
from ipreg.api.paging import newest
from ipreg.api.shapes import Page
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Channel, ChannelKind, Notice, Rhythm, Role, Scope
from ipreg.notify import notices as service
from ipreg.notify import setup
from ipreg.notify.channels import label
from ipreg.notify.outcome import told
from ipreg.notify.rhythm import due_at
from ipreg.notify.sealed import Sealer
from ipreg.notify.services import SERVICES
from ipreg.web.language import say
from ipreg.web.notices import words_of_notice
from ipreg.web.session import db, me, runtime

N_ = str  # marks a text for extraction
bp = Blueprint("api_notices", __name__)
routes = Routes(bp, N_("Notices and webhooks"))
_READ = {"scope": Scope.NOTICES_READ, "roles": tuple(Role)}
_SETTERS = tuple(one for one in Role if one is not Role.AUDITOR)
_WRITE = {"scope": Scope.NOTICES_WRITE, "roles": _SETTERS}
_ACT = {**_WRITE, "answer": shapes.Channel, "errors": (404, 409, 422)}
_SECRET = {**_WRITE, "answer": shapes.ChannelMade, "secret": True}


@routes.get(
    "/notices",
    N_("What you were told, the newest first"),
    **_READ,
    query=shapes.NoticesAsked,
    answer=Page[shapes.Notice],
)
def notices(query: shapes.NoticesAsked) -> Page[shapes.Notice]:
    wanted = select(Notice).where(Notice.account_id == me().id)
    if query.unread:
        wanted = wanted.where(Notice.read_at.is_(None))
    shown, following = newest(db(), wanted, Notice.id, query.cursor, query.limit)
    return Page[shapes.Notice](items=[_notice(one) for one in shown], next=following)


@routes.post(
    "/notices/read",
    N_("All notices count as read"),
    **_WRITE,
    answer=shapes.NoticesRead,
    errors=(409, 422),
)
def read_notices() -> Done:
    service.mark_read(db(), account=me(), now=utc_now())
    return Done(shapes.NoticesRead(unread=service.count_unread(db(), account=me())))


@routes.get("/channels", N_("Where notices are sent"), **_READ, answer=Page[shapes.Channel])
def channels() -> Page[shapes.Channel]:
    found = setup.channels_of(db(), account=me())
    return Page[shapes.Channel](items=[shapes.Channel.model_validate(_channel(one)) for one in found], next=None)


@routes.post(
    "/channels",
    N_("A new webhook, group robot or messaging service"),
    description=N_(
        "Webhooks are signed by Standard Webhooks 1.0 with the `secret` of the answer. Redirects are not followed,"
        " and private addresses are not called."
    ),
    **_SECRET,
    body=shapes.NewChannel,
    status=201,
    errors=(409, 413, 415, 422),
)
def new_channel(body: shapes.NewChannel) -> Done:
    service_name = body.kind if body.kind in SERVICES else ""
    made, secret = setup.add_channel(
        db(),
        account=me(),
        sealer=Sealer(runtime().secrets),
        kind=ChannelKind.SERVICE if service_name else ChannelKind(body.kind),
        service=service_name,
        name=body.name,
        address=body.address,
        secret=body.secret,
        shared=body.shared,
        any_host=runtime().config.allow_private_addresses,
        now=utc_now(),
    )
    return Done(_made(made, secret), f"/api/v1/channels/{made.id}")


@routes.get("/channels/<int:channel_id>", N_("One channel"), **_READ, answer=shapes.Channel, errors=(404,))
def channel(channel_id: int) -> shapes.Channel:
    return shapes.Channel.model_validate(_channel(_mine(channel_id)))


@routes.put(
    "/channels/<int:channel_id>/times",
    N_("When a channel is used"),
    **{**_ACT, "errors": (404, 409, 413, 415, 422)},
    body=shapes.ChannelTimes,
)
def channel_times(channel_id: int, body: shapes.ChannelTimes) -> Done:
    found = _mine(channel_id)
    if (body.quiet_from is None) != (body.quiet_to is None):
        raise CallerError("quiet_time_wrong", field="quiet_to" if body.quiet_to is None else "quiet_from")
    quiet = None
    if body.quiet_from is not None and body.quiet_to is not None:
        quiet = _minute(body.quiet_from), _minute(body.quiet_to)
    setup.change_times(
        db(),
        channel=found,
        rhythm=Rhythm(body.rhythm),
        hour=body.hour,
        weekday=body.weekday,
        quiet=quiet,
        now=utc_now(),
    )
    return Done(shapes.Channel.model_validate(_channel(found)))


@routes.post("/channels/<int:channel_id>/pause", N_("Nothing is sent by it any more"), **_ACT)
def pause_channel(channel_id: int) -> Done:
    return _switch(channel_id, on=False)


@routes.post("/channels/<int:channel_id>/resume", N_("It is used again"), **_ACT)
def resume_channel(channel_id: int) -> Done:
    return _switch(channel_id, on=True)


@routes.post("/channels/<int:channel_id>/test", N_("Sends a test message"), **_ACT)
def test_channel(channel_id: int) -> Done:
    found = _mine(channel_id)
    setup.send_test(db(), channel=found, account=me(), now=utc_now())
    return Done(shapes.Channel.model_validate(_channel(found)))


@routes.post("/channels/<int:channel_id>/again", N_("What was given up is tried again, under the same ids"), **_ACT)
def send_again(channel_id: int) -> Done:
    found = _mine(channel_id)
    setup.send_again(db(), channel=found, now=utc_now())
    return Done(shapes.Channel.model_validate(_channel(found)))


@routes.post(
    "/channels/<int:channel_id>/secret",
    N_("A new secret for a webhook; the old one signs beside it for 24 hours"),
    **_SECRET,
    errors=(404, 409, 422),
)
def channel_secret(channel_id: int) -> Done:
    found = _mine(channel_id)
    secret = setup.exchange_secret(db(), channel=found, sealer=Sealer(runtime().secrets), now=utc_now())
    return Done(_made(found, secret))


def _mine(channel_id: int) -> Channel:
    return setup.get_channel(db(), channel_id=channel_id, account=me())


def _switch(channel_id: int, *, on: bool) -> Done:
    found = _mine(channel_id)
    setup.switch(db(), channel=found, on=on)
    return Done(shapes.Channel.model_validate(_channel(found)))


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


# --- Shapes


def _notice(found: Notice) -> shapes.Notice:
    written = words_of_notice(found)
    return shapes.Notice(
        id=found.id,
        kind=found.kind,
        at=found.created_at,
        read_at=found.read_at,
        subject=written.subject,
        lines=list(written.lines),
        link=f"{runtime().config.public_url}{found.path}",
    )


def _made(found: Channel, secret: str) -> shapes.ChannelMade:
    return shapes.ChannelMade.model_validate(_channel(found) | {"secret": secret or None})


def _channel(found: Channel) -> dict[str, object]:
    names = ("id", "service", "hour", "weekday", "created_at")
    gathered = found.rhythm is not Rhythm.IMMEDIATE
    return {name: getattr(found, name) for name in names} | {
        "kind": found.kind.value,
        "name": label(found),
        "state": found.state.value,
        "shared": found.organization_id is not None,
        "rhythm": found.rhythm.value,
        "quiet_from": _time(found.quiet_from),
        "quiet_to": _time(found.quiet_to),
        "given_up": setup.count_parked(db(), channel=found),
        "fault": told(found.fault, say),
        "next_at": due_at(found, utc_now()) if gathered else None,
    }


def _time(minute: int | None) -> str | None:
    return None if minute is None else f"{minute // 60:02}:{minute % 60:02}"
