"""The reader's language: his choice, else that of his account, else Chinese."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, Flask, g, redirect, request
from flask_babel import get_locale, gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from ipreg.accounts import LOCALES
from ipreg.db import transaction
from ipreg.messages import message_for
from ipreg.models import Account, Case, CaseState, DraftFinding, Match, MatchKind
from ipreg.notify.likeness import LOOK, likelihood
from ipreg.reasons import KINDS, describe
from ipreg.web import words
from ipreg.web.rules import public
from ipreg.web.session import runtime

COOKIE = "language"


def chosen() -> str:
    """One of ``LOCALES``."""
    if is_program():
        account = g.get("bearer")
        wanted = request.accept_languages.best_match(LOCALES) or (account.locale if account is not None else "zh")
        return str(wanted)
    asked = request.args.get("lang") or request.cookies.get(COOKIE)
    if asked in LOCALES:
        return str(asked)
    return str(current_user.account.locale) if current_user.is_authenticated else "zh"


def is_program() -> bool:
    """Whether a program asks, and not a person with a browser: it says by a header what it reads."""
    return request.path.startswith("/api/")


def say(text: str) -> str:
    """``text`` in the reader's language; unlike ``gettext`` it leaves percent signs alone."""
    return str(gettext(text)) if "%" not in text else str(_plain(text))


def _plain(text: str) -> str:
    from flask_babel import get_translations

    return str(get_translations().ugettext(text))


def this_page() -> str:
    """The address of this page with its filters, to come back to in the other language."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def install(app: Flask) -> None:
    bp = Blueprint("language", __name__)

    @bp.get("/language/<code>")
    @public
    def choose(code: str) -> Response:
        target = request.args.get("next", "/")
        # Only a path of our own: "//elsewhere" and "/\\elsewhere" would lead away.
        answer = redirect(target if target.startswith("/") and target[1:2] not in ("/", "\\") else "/")
        if code in LOCALES and current_user.is_authenticated:
            with transaction(runtime().sessions) as session:  # mail follows the choice
                session.get_one(Account, current_user.account.id).locale = code
        if code in LOCALES:
            answer.set_cookie(COOKIE, code, max_age=31536000, samesite="Lax")
        return answer

    app.register_blueprint(bp)
    app.after_request(_remember)
    app.jinja_env.filters.update(day=day, percent=percent)
    # Globals and not a context processor: macros that are imported see only these.
    app.jinja_env.globals.update(
        say=say,
        this_page=this_page,
        words=words,
        match_words=match_words,
        likeness=likeness,
        event_word=event_word,
        fault_words=fault_words,
        case_word=case_word,
        actor_word=actor_word,
        action_word=action_word,
    )
    app.context_processor(lambda: {"language": str(get_locale())})


def percent(probability: float) -> str:
    """Never "100 %": two pictures can't prove more than that they are alike."""
    return "> 99 %" if probability > 0.99 else f"{probability:.0%}".replace("%", " %")


def day(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日" if str(get_locale()) == "zh" else value.isoformat()


def _remember(answer: Response) -> Response:
    if request.args.get("lang") in LOCALES:
        answer.set_cookie(COOKIE, request.args["lang"], max_age=31536000, samesite="Lax")
    return answer


def match_words(match: Match | DraftFinding) -> list[str]:
    """Why it matches."""
    if match.kind is not MatchKind.COPY:
        return [say(KINDS[match.kind])]
    return describe(match.reason, say)


def likeness(match: Match | DraftFinding) -> str:
    """How likely it is a copy, as a word; goods that were recognised are never more than worth a look."""
    return say(likelihood(match.probability) if match.kind is MatchKind.COPY else LOOK)


def event_word(action: str) -> str:
    """What a step of a case was."""
    return say(words.EVENTS[action])


def actor_word(actor: str) -> str:
    """Who acted, where it was no account that is still there."""
    return say(words.AUDIT_ACTORS.get(actor.partition(":")[0], actor))


def action_word(action: str) -> str:
    """What was done; the name of the route where it has no other."""
    return say(words.AUDIT_ACTIONS[action]) if action in words.AUDIT_ACTIONS else action


def fault_words(code: str, values: dict[str, object]) -> str:
    """The message of a stored fault."""
    return message_for(code, values, say)


def case_word(case: Case) -> str:
    """How it was decided, or where it stands."""
    decided = case.outcome is not None and case.state is CaseState.DECIDED
    return say(words.OUTCOMES[case.outcome] if decided and case.outcome else words.CASE_STATES[case.state])
