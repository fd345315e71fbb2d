"""What is watched, thresholds tried on history, what decisions have taught, and who may sell a design."""

from __future__ import annotations

import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response

from ipreg import access
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError, PermissionDeniedError
from ipreg.models import (
    Alert,
    AlertState,
    AllowedSeller,
    DismissReason,
    EventKind,
    Filing,
    Role,
    SellerMark,
    SellerTie,
    Watch,
)
from ipreg.registry import get_filing
from ipreg.warning import acting, learning, raising, sellers, trial, watches
from ipreg.warning.owners import Owner, may_manage, members, owner_for, owner_of
from ipreg.web.alerts import OWNERS
from ipreg.web.errors import words_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("watches", __name__)
_TEXTS = (
    "name", "scope", "industry", "threshold", "look", "least_price", "most_price", "quiet_from", "quiet_until"
)  # fmt: skip
_REASONS = {SellerTie.LICENSED: DismissReason.LICENSED, SellerTie.OWN: DismissReason.MINE}


@bp.get("/watches")
@who(*OWNERS)
def overview() -> str:
    owner = owner_for(me())
    return render_template(
        "watches.html",
        watches=watches.watches_of(db(), owner),
        usual=runtime().config.alert_threshold,
        tried=trial.try_thresholds(db(), owner),
        calibrations=learning.calibrations_of(db(), owner)[:20],
        may_manage=may_manage(me(), owner),
    )


@bp.route("/watches/new", methods=["GET", "POST"])
@who(*OWNERS)
def new() -> str | Response | tuple[str, int]:
    return _edit(None)


@bp.route("/watches/<int:watch_id>", methods=["GET", "POST"])
@who(*OWNERS)
def one(watch_id: int) -> str | Response | tuple[str, int]:
    return _edit(watches.get_watch(db(), watch_id=watch_id, owner=owner_for(me())))


@bp.post("/watches/<int:watch_id>/remove")
@who(*OWNERS)
def remove(watch_id: int) -> Response:
    owner = managed()
    db().delete(watches.get_watch(db(), watch_id=watch_id, owner=owner))
    raising.consider_again(db(), owner)
    db().commit()
    return redirect(url_for("watches.overview"))


@bp.post("/watches/learning/<int:calibration_id>")
@who(*OWNERS, Role.ADMINISTRATOR)
def switch(calibration_id: int) -> Response:
    """An earlier calibration, or the verdict alone."""
    whose = None if me().role is Role.ADMINISTRATOR else managed()
    changed = learning.switch(
        db(),
        calibration_id=calibration_id,
        on=request.form.get("on") == "1",
        owner=whose,
        account=me(),
        now=utc_now(),
    )
    raising.judge_again(db(), changed)
    db().commit()
    return redirect(url_for("watches.calibrations" if whose is None else "watches.overview"))


@bp.get("/administration/learning")
@who(Role.ADMINISTRATOR)
def calibrations() -> str:
    """All owners' calibrations, newest first."""
    return render_template("calibrations.html", calibrations=learning.newest(db()))


@bp.get("/filings/<number>/sellers")
@who(*OWNERS)
def allowed(number: str) -> str:
    return _sellers(_own_filing(number), {})


@bp.post("/filings/<number>/sellers")
@who(*OWNERS)
def allow(number: str) -> Response | tuple[str, int]:
    filing = _own_filing(number)
    form = request.form
    try:
        if form.get("mark") not in list(SellerMark) or form.get("tie") not in list(SellerTie):
            raise CallerError("choice_wrong", field="mark")
        entry = sellers.allow_seller(
            db(), account=me(), filing=filing, every_design=bool(form.get("every")), tie=SellerTie(form["tie"]),
            mark=SellerMark(form["mark"]), pattern=form.get("pattern", ""), platform=form.get("platform", ""),
            note=form.get("note", ""), now=utc_now(),
        )  # fmt: skip
    except CallerError as fault:
        start_again()
        return _sellers(_own_filing(number), {fault.field or "": words_of(fault)}), 400
    settle_alerts(filing, entry)
    db().commit()
    return redirect(url_for("watches.allowed", number=number))


def settle_alerts(filing: Filing, entry: AllowedSeller) -> None:
    """Open alerts on listings of a seller that is allowed now are dismissed."""
    where: ColumnElement[bool] = Alert.seller_id.in_(sellers.meant_sellers(db(), entry, owner_of(filing)))
    if entry.filing_id is not None:
        where = where & (Alert.filing_id == filing.id)
    change = acting.dismissing(me(), reason=_REASONS[entry.tie], now=utc_now())
    if acting.count_fitting(db(), account=me(), change=change, where=where):
        acting.act(
            db(), account=me(), change=change, where=where, request_key=secrets.token_hex(16), now=utc_now()
        )  # fmt: skip


@bp.post("/filings/<number>/sellers/<int:entry_id>/remove")
@who(*OWNERS)
def forbid(number: str, entry_id: int) -> Response:
    filing = _own_filing(number)
    sellers.forbid_seller(db(), entry_id=entry_id, filing=filing, account=me())
    raising.consider_again(db(), owner_of(filing))
    db().commit()
    return redirect(url_for("watches.allowed", number=number))


def _own_filing(number: str) -> Filing:
    found = get_filing(db(), number=number, account=me())
    if not access.owns_filing(me(), found):
        raise MissingError("filing_missing")
    return found


def _sellers(filing: Filing, faults: dict[str, str]) -> str:
    return render_template(
        "allowed_sellers.html",
        filing=filing,
        entries=sellers.allowed_sellers(db(), filing),
        open_alerts=_open_alerts(filing),
        may_manage=may_manage(me(), owner_of(filing)),
        faults=faults,
        given=request.form,
    )


def _open_alerts(filing: Filing) -> int:
    change = acting.Change(EventKind.COMMENTED, {}, Alert.state == AlertState.OPEN)
    return acting.count_fitting(db(), account=me(), change=change, where=Alert.filing_id == filing.id)


def managed() -> Owner:
    """Whose watches the reader manages; raises ``PermissionDeniedError``."""
    owner = owner_for(me())
    if not may_manage(me(), owner):
        raise PermissionDeniedError("alert_not_yours_to_decide")
    return owner


def _edit(watch: Watch | None) -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return _form(watch, {})
    owner, watch_id = managed(), watch.id if watch is not None else None
    version = request.form.get("row_version", 0, type=int)
    try:
        watches.save_watch(db(), owner=owner, form=_given(), watch=watch, row_version=version, now=utc_now())
        raising.consider_again(db(), owner)
        db().commit()
    except CallerError as fault:
        start_again()
        again = None if watch_id is None else watches.get_watch(db(), watch_id=watch_id, owner=owner)
        return _form(again, {fault.field or "": words_of(fault)}), 400
    return redirect(url_for("watches.overview"))


def _given() -> watches.WatchForm:
    form = request.form
    texts = {name: form.get(name, "") for name in _TEXTS}
    return watches.WatchForm(
        **texts,
        filings=tuple(form.get("filings", "").replace(",", " ").replace("，", " ").split()[:1000]),
        active="active" in form,
        platforms=tuple(form.get("platforms", "").splitlines()),
        regions=tuple(form.get("regions", "").splitlines()),
        zone=form.get("zone") or "Asia/Shanghai",
        recipients=tuple(int(one) for one in form.getlist("recipients") if one.isdecimal()),
    )


def _form(watch: Watch | None, faults: dict[str, str]) -> str:
    owner = owner_for(me())
    given: dict[str, object] = dict(request.form) if request.method == "POST" else _shown(watch)
    chosen = set(request.form.getlist("recipients")) if request.method == "POST" else set()
    if request.method == "GET" and watch is not None:
        chosen = {str(one.id) for one in watch.recipients}
    return render_template(
        "watch.html", watch=watch, given=given, chosen=chosen, faults=faults, people=members(db(), owner),
        usual=runtime().config.alert_threshold, look=runtime().config.look_threshold,
        may_manage=may_manage(me(), owner),
    )  # fmt: skip


def _shown(watch: Watch | None) -> dict[str, object]:
    """The watch as its form's fields."""
    if watch is None:
        return {"scope": "all", "active": "1", "zone": "Asia/Shanghai"}
    return {
        "name": watch.name,
        "scope": watch.scope.value,
        "industry": watch.industry.value if watch.industry else "",
        "filings": " ".join(one.number for one in watch.filings),
        "active": "1" if watch.active else "",
        "threshold": "" if watch.threshold is None else f"{watch.threshold * 100:g}",
        "look": "" if watch.look is None else f"{watch.look * 100:g}",
        "platforms": "\n".join(watch.platforms),
        "regions": "\n".join(watch.regions),
        "least_price": "" if watch.least_price is None else f"{watch.least_price:f}".rstrip("0").rstrip("."),
        "most_price": "" if watch.most_price is None else f"{watch.most_price:f}".rstrip("0").rstrip("."),
        "quiet_from": clock_time(watch.quiet_from),
        "quiet_until": clock_time(watch.quiet_until),
        "zone": watch.zone,
    }


def clock_time(minute: int | None) -> str:
    """A minute of the day as 22:00; nothing for none."""
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"
