"""The enterprise's people: members and their roles, invitations, the code for designers."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from ipreg import access, accounts, invitations, links, organizations
from ipreg.db import utc_now
from ipreg.errors import CallerError, ConflictError, IpregError, MissingError
from ipreg.models import Account, Invitation, OrganizationRole, Role
from ipreg.web.asked import page_asked
from ipreg.web.errors import status_of, words_of
from ipreg.web.language import chosen
from ipreg.web.rules import public, viewers_too, who
from ipreg.web.session import db, me, runtime, sign_in_here, start_again

bp = Blueprint("organization", __name__)
_PEOPLE = (Role.DESIGNER, Role.ENTERPRISE)
Page = str | Response | tuple[str, int]


@bp.get("/organization")
@who(*_PEOPLE)
def overview() -> Page:
    if me().organization is None:
        return redirect(url_for("accounts.account"))
    return _page({})


@bp.post("/organization/invite")
@who(*_PEOPLE)
def invite() -> Page:
    form = request.form
    try:
        invitations.invite(
            db(),
            links.link_key(runtime().secrets),
            owner=me(),
            email=form.get("email", ""),
            role=_role(form.get("role", "")),
            now=utc_now(),
        )
    except CallerError as fault:
        start_again()
        return _page({fault.field or "": words_of(fault)}), 400
    db().commit()
    return redirect(url_for("organization.overview", done="invited"))


@bp.post("/organization/invitations/<int:invitation_id>/revoke")
@who(*_PEOPLE)
def revoke(invitation_id: int) -> Page:
    invitations.revoke(db(), owner=me(), invitation_id=invitation_id, now=utc_now())
    db().commit()
    return redirect(url_for("organization.overview", done="revoked"))


@bp.post("/organization/members/<int:member_id>/role")
@who(*_PEOPLE)
def change_role(member_id: int) -> Page:
    try:
        role = _role(request.form.get("role", ""))
        organizations.change_role(db(), owner=me(), member_id=member_id, role=role)
    except (CallerError, ConflictError) as fault:
        return _refused(fault)
    db().commit()
    return redirect(url_for("organization.overview", done="role"))


@bp.post("/organization/members/<int:member_id>/remove")
@who(*_PEOPLE)
def remove(member_id: int) -> Page:
    try:
        organizations.remove(db(), owner=me(), member_id=member_id)
    except ConflictError as fault:
        return _refused(fault)
    db().commit()
    return redirect(url_for("organization.overview", done="removed"))


@bp.post("/organization/leave")
@who(*_PEOPLE)
@viewers_too
def leave() -> Page:
    try:
        organizations.leave(db(), account=me())
    except ConflictError as fault:
        return _refused(fault)
    db().commit()
    return redirect(url_for("accounts.account"))


@bp.post("/organization/code")
@who(*_PEOPLE)
def renew_code() -> Page:
    organizations.renew_join_code(db(), owner=me())
    db().commit()
    return redirect(url_for("organization.overview", done="code"))


@bp.route("/invitations/<token>", methods=["GET", "POST"])
@public
def invitation(token: str) -> Page:
    """Who is signed in with the invited address accepts; who has no account opens one here."""
    try:
        found = invitations.find(db(), token=token, now=utc_now())
        if request.method == "GET":
            return _invitation_page(found, {})
        if current_user.is_authenticated and current_user.account.email != found.email:
            logout_user()
            return redirect(url_for("organization.invitation", token=token))
        _accept(token, found)
    except MissingError:
        start_again()
        return render_template("link_over.html", again=url_for("pages.home")), 404
    except (CallerError, ConflictError) as fault:
        start_again()
        faults = {getattr(fault, "field", None) or "": words_of(fault)}
        return _invitation_page(invitations.find(db(), token=token, now=utc_now()), faults), status_of(fault)
    return redirect(url_for("organization.overview", done="joined"))


def _accept(token: str, found: Invitation) -> None:
    signed_in = current_user.is_authenticated
    account = me() if signed_in else _open_account(found)
    invitations.accept(db(), token=token, account=account, now=utc_now())
    db().commit()
    if not signed_in:
        sign_in_here(account)


def _open_account(found: Invitation) -> Account:
    return accounts.sign_up(
        db(),
        email=found.email,
        password=request.form.get("password", ""),
        name=request.form.get("name", ""),
        role=Role.DESIGNER,
        locale=chosen(),
        now=utc_now(),
    )


def _invitation_page(found: Invitation, faults: dict[str, str]) -> str:
    mine = current_user.is_authenticated and current_user.account.email == found.email
    return render_template(
        "invitation.html",
        invitation=found,
        faults=faults,
        given=request.form,
        mine=mine,
        has_account=not mine and accounts.by_email(db(), found.email) is not None,
    )


def _page(faults: dict[str, str]) -> str:
    account = me()
    owner = access.manages_organization(account)
    words, page = request.args.get("q", ""), page_asked()
    found = organizations.members(db(), account=account, words=words, page=page)
    return render_template(
        "organization.html",
        account=account,
        owner=owner,
        members=found[: accounts.PAGE],
        words_asked=words,
        page=page,
        more=len(found) > accounts.PAGE,
        invitations=invitations.open_invitations(db(), owner=account, now=utc_now()) if owner else [],
        roles=invitations.ROLES,
        faults=faults,
        given=request.form,
    )


def _refused(fault: IpregError) -> tuple[str, int]:
    start_again()
    return _page({"members": words_of(fault)}), status_of(fault)


def _role(value: str) -> OrganizationRole:
    if value not in list(OrganizationRole):
        raise CallerError("choice_wrong", field="role")
    return OrganizationRole(value)
