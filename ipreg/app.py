"""create_app: the only wiring of Flask."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_compress import Compress
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from ipreg.api import routes as api
from ipreg.config import UPLOAD_FACTOR, Config
from ipreg.i18n import FOLDER, compile_catalogs
from ipreg.runtime import open_runtime
from ipreg.web import (
    accounts,
    alertbulk,
    alertcharts,
    alertlistings,
    alerts,
    asked,
    audithook,
    audittrail,
    batches,
    casedesk,
    cases,
    casesteps,
    casewords,
    channels,
    complaints,
    developers,
    drafts,
    errors,
    evidence,
    filings,
    guide,
    imports,
    keeping,
    language,
    letters,
    lettertexts,
    log,
    logpage,
    mydata,
    notices,
    operations,
    organization,
    pages,
    parties,
    pictures,
    recovery,
    reports,
    respond,
    rights,
    rules,
    security,
    sellers,
    session,
    shown,
    sources,
    statistics,
    times,
    tokens,
    verify,
    watches,
)

_TOP = Path(__file__).parent.parent
# Pages are not: with a secret and a reader's words in one answer, its length would tell of the secret (BREACH).
_COMPRESSED = ["text/css", "text/javascript", "application/javascript"]


def create_app(config: Config) -> Flask:
    """The web application on ``config``. Starts no thread and runs no job."""
    return furnish(wire(), config)


def furnish(app: Flask, config: Config) -> Flask:
    """Gives what was wired the registry that it serves."""
    runtime = open_runtime(config)
    app.extensions["ipreg"] = runtime
    if config.proxies:  # without one in front, whoever asks could claim any address for himself
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=0)  # type: ignore[method-assign]
    app.config.update(
        SECRET_KEY=runtime.session_key,
        SESSION_COOKIE_SECURE=config.public_url.startswith("https:"),
        MAX_CONTENT_LENGTH=config.max_file_bytes * UPLOAD_FACTOR,
    )
    return app


def wire() -> Flask:
    """All pages and operations, the same for every registry."""
    app = Flask("ipreg", template_folder=str(_TOP / "templates"), static_folder=str(_TOP / "static"))
    app.config.update(
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_FORM_PARTS=2000,
        WTF_CSRF_TIME_LIMIT=None,
        BOOTSTRAP_SERVE_LOCAL=True,
        COMPRESS_MIMETYPES=_COMPRESSED,
        BABEL_TRANSLATION_DIRECTORIES=str(FOLDER),
    )
    compile_catalogs()
    operations.install(app)
    audithook.install(app)  # before all others that look at a request, so that it ends after them
    Babel(app, default_locale="zh", locale_selector=language.chosen)
    Bootstrap5(app)
    Compress(app)
    csrf = CSRFProtect(app)
    for part in api.PARTS:
        csrf.exempt(part.bp)  # by a token and not by a cookie
    LoginManager(app).user_loader(session.load_reader)
    for part in (
        shown,
        session,
        rules,
        asked,
        errors,
        language,
        times,
        pictures,
        casewords,
        notices,
        alerts,
        letters,
    ):
        part.install(app)
    keeping.install(app)
    views = (
        *(keeping,),
        *(alertbulk, alertcharts, alertlistings, watches),
        *(organization, security, recovery, casesteps, casedesk),
        *(drafts, batches),
        *(guide, mydata),
        *(parties, complaints, respond, statistics),
        *(notices, channels, operations),
        *(pages, accounts, filings, imports, alerts, cases, log, logpage, verify, audittrail),
        *(letters, lettertexts),
        *(sources, reports, sellers, evidence, rights, tokens, developers),
    )
    for blueprint in (one.bp for one in views):
        app.register_blueprint(blueprint)
    api.install(app)
    return app
