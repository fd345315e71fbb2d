"""For whoever keeps the installation running: is it ready, how is it doing; for Prometheus and administrators."""

from __future__ import annotations

import hmac
import logging
import time

from flask import Blueprint, Flask, abort, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from ipreg import jobtable, logs, metrics, stock
from ipreg.db import utc_now
from ipreg.models import Role
from ipreg.notify import deliveries, outcome
from ipreg.web.rules import public, who
from ipreg.web.session import db, me, runtime

bp = Blueprint("operations", __name__)
_log = logging.getLogger("ipreg.requests")
_QUIET = ("static", "bootstrap.static", "pages.health", "operations.ready", "operations.figures")


def install(app: Flask) -> None:
    """Before the audit hook, whose request number it tells; so it is the last to see an answer."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.asked_at = time.perf_counter()


def _end(answer: Response) -> Response:
    took = time.perf_counter() - g.get("asked_at", time.perf_counter())
    endpoint, number = request.endpoint or "none", g.get("request_id", "")
    metrics.count(metrics.requests(), took, endpoint, request.method, str(answer.status_code))
    answer.headers["X-Request-Id"] = number
    if endpoint not in _QUIET:
        route = request.url_rule.rule if request.url_rule else ""
        fields = {
            "request": number,
            "method": request.method,
            "route": route,
            "status": answer.status_code,
            "ms": round(took * 1000),
        }
        _log.info("%(method)s %(route)s %(status)d in %(ms)d ms", fields, extra={"fields": fields})
    logs.REQUEST.set("")
    return answer


@bp.get("/readyz")
@public
def ready() -> tuple[dict[str, object], int]:
    """200 where this process can serve; 503 and why not, for a load balancer."""
    found = stock.unready(runtime())
    return {"ready": not found, "faults": found}, 503 if found else 200


@bp.get("/metrics")
@public
def figures() -> Response:
    """For who brings the configured token; without one there is no such page."""
    token = runtime().config.metrics_token
    given = request.headers.get("Authorization", "")
    if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        abort(404)
    content = metrics.exposition(stock.take(db(), now=utc_now()))
    return Response(content, content_type="text/plain; version=0.0.4; charset=utf-8")


@bp.get("/administration/jobs")
@who(*jobtable.READERS)
def jobs() -> str:
    now = utc_now()
    return render_template(
        "jobs.html", jobs=jobtable.states(db()), keeper=jobtable.keeper(db(), now=now), now=now, span=_span
    )


@bp.post("/administration/jobs/<name>")
@who(Role.ADMINISTRATOR)
def ask_of_job(name: str) -> Response:
    """What the button says: ``run``, ``pause`` or ``resume``."""
    asked = request.form.get("do", "")
    if asked == "run":
        jobtable.run_now(db(), account=me(), name=name, now=utc_now())
    elif asked in ("pause", "resume"):
        jobtable.set_paused(db(), account=me(), name=name, paused=asked == "pause")
    else:
        abort(400)
    db().commit()
    return redirect(url_for("operations.jobs", _anchor=name))


def _span(seconds: float) -> str:
    """A duration as a person says it, in the reader's language."""
    if seconds < 1:
        said = _("%(count)s ms", count=round(seconds * 1000))
    elif seconds < 120:
        said = _("%(count)s s", count=round(seconds, 1) if seconds < 10 else round(seconds))
    elif seconds < 7200:
        said = _("%(count)s min", count=round(seconds / 60))
    else:
        said = _("%(count)s h", count=round(seconds / 3600))
    return str(said)


@bp.get("/administration/status")
@who(Role.ADMINISTRATOR)
def status() -> str:
    return render_template(
        "status.html",
        stock=stock.take(db(), now=utc_now()),
        faults=stock.unready(runtime()),
        failing=jobtable.failing(db()),
        unsent=deliveries.why_waiting(db()),
        fault_told=outcome.told,
        now=utc_now(),
    )
