"""Who may open which page. A view without a rule is open to nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from ipreg import access
from ipreg.errors import PermissionDeniedError
from ipreg.models import Account, Role
from ipreg.web.session import runtime

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC: frozenset[Role] = frozenset()
EVERYBODY = tuple(Role)
_OWN_ACCOUNT = ("accounts", "security", "recovery")
_CHANGES = ("POST", "PUT", "PATCH", "DELETE")
_SERVED_FILES = ("static", "bootstrap.static")


def public(view: View) -> View:
    """Open without an account."""
    view.who = PUBLIC  # type: ignore[attr-defined]
    return view


def who(*roles: Role) -> Callable[[View], View]:
    """Open to accounts of these roles."""

    def mark(view: View) -> View:
        view.who = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


def viewers_too(view: View) -> View:
    """A change that an auditor, or a member who only looks on, may make: to his own account and nothing else."""
    view.viewers_too = True  # type: ignore[attr-defined]
    return view


def before_two_factor(view: View) -> View:
    """Open to those who still have to set their second factor up."""
    view.before_two_factor = True  # type: ignore[attr-defined]
    return view


def must_have_two_factor(account: Account) -> bool:
    """Who decides about others signs in with two factors, where the installation asks for it."""
    return runtime().config.require_two_factor and account.role not in (Role.DESIGNER, Role.ENTERPRISE)


def lacks_two_factor() -> bool:
    """Whether who is signed in still has to set his second factor up before anything else."""
    return must_have_two_factor(current_user.account) and not current_user.sign_in.second_factor


def rule_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """The roles that may; empty for everybody; None where no rule was given."""
    if endpoint in _SERVED_FILES:
        return PUBLIC
    return getattr(app.view_functions[endpoint], "who", None)


def install(app: Flask) -> None:
    app.before_request(_enforce)


def to_sign_in() -> Response:
    """To the page for signing in, which leads back here; from a form that was sent too late, to the form's page."""
    rule = request.url_rule
    if request.method == "GET":
        target: str | None = request.full_path
    else:
        target = request.path if rule is not None and "GET" in (rule.methods or ()) else None
    return redirect(url_for("accounts.sign_in", next=target))


def _enforce() -> Response | None:
    if request.endpoint is None:
        return None  # no such page: the router says so
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        raise PermissionDeniedError("role_refused")
    if rule == PUBLIC:
        return None
    if not current_user.is_authenticated:
        return to_sign_in()
    account = current_user.account
    view = current_app.view_functions[request.endpoint]
    elsewhere = request.method in _CHANGES and not getattr(view, "viewers_too", False)
    if account.role not in rule or (elsewhere and account.role is Role.AUDITOR):
        raise PermissionDeniedError("role_refused")
    if elsewhere and access.is_viewer(account):
        raise PermissionDeniedError("viewer_only_sees")
    if lacks_two_factor() and not getattr(view, "before_two_factor", False):
        return redirect(url_for("security.two_factor"))
    return None
