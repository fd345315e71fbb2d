"""Who may open which page. A view without a rule is open to nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from ipreg import access
from ipreg.errors import PermissionDeniedError
from ipreg.models import Role

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC: frozenset[Role] = frozenset()
EVERYBODY = tuple(Role)
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
    """A change that a member who only looks on may make: to his own account, not in the enterprise's name."""
    view.viewers_too = True  # type: ignore[attr-defined]
    return view


def rule_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """The roles that may; empty for everybody; None where no rule was given."""
    if endpoint in _SERVED_FILES:
        return PUBLIC
    return getattr(app.view_functions[endpoint], "who", None)


def install(app: Flask) -> None:
    app.before_request(_enforce)


def _enforce() -> Response | None:
    if request.endpoint is None:
        return None  # no such page: the router says so
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        raise PermissionDeniedError("role_refused")
    if rule == PUBLIC:
        return None
    if not current_user.is_authenticated:
        target = request.full_path if request.method == "GET" else None
        return redirect(url_for("accounts.sign_in", next=target))
    account = current_user.account
    if account.role not in rule or (account.role is Role.AUDITOR and _writes_elsewhere()):
        raise PermissionDeniedError("role_refused")
    view = current_app.view_functions[request.endpoint]
    if request.method in _CHANGES and access.is_viewer(account) and not getattr(view, "viewers_too", False):
        raise PermissionDeniedError("viewer_only_sees")
    return None


def _writes_elsewhere() -> bool:
    """An auditor sees and verifies; of all that can be written only his own account is his."""
    return request.method in _CHANGES and request.blueprint != "accounts"
