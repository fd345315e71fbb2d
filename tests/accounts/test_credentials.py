"""Passwords, addresses, second factors and devices, as those who own and those who attack them meet them."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from scenery import PASSWORD, HandClock, People
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import accounts, credentials, invitations, links, organizations, signins, throttle, twofactor
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Account, Letter, LinkPurpose, OneTimeLink, OrganizationRole, Role, SignIn, TwoFactor
from ipreg.notify import letters

KEY = b"k" * 32


def token_in_last_letter(session: Session) -> str:
    letter = session.scalars(select(Letter).order_by(Letter.id.desc())).first()
    assert letter is not None
    message = letters.compose(letter, KEY, public_url="https://r.example", sender="r@r.example")
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(r"https://r\.example/[\w-]+/([\w-]{43})", body.get_content())
    assert found is not None
    return found.group(1)


def asked_letters(session: Session) -> list[str]:
    return [f"{one.kind} {one.email}" for one in session.scalars(select(Letter).order_by(Letter.id))]


def test_a_reset_works_once_ends_every_device_and_unlocks(
    session: Session, people: People, clock: HandClock
) -> None:
    account = people.designer
    _, device = signins.open_sign_in(
        session, account=account, user_agent="", address="", second_factor=False, now=clock()
    )
    for _ in range(accounts.MAX_FAILED_SIGN_INS):
        with pytest.raises(CallerError, match="sign_in_refused"):
            accounts.sign_in(session, email=account.email, password="wrong", now=clock())
    credentials.ask_for_reset(session, KEY, email=" Designer@ipreg.example ", place="p", now=clock())
    token = token_in_last_letter(session)
    with pytest.raises(CallerError, match="password_length"):
        credentials.reset(session, token=token, password="short", now=clock())
    credentials.reset(session, token=token, password="a new long password", now=clock())
    with pytest.raises(MissingError, match="link_over"):
        credentials.reset(session, token=token, password="another password", now=clock())
    assert signins.find(session, token=device, now=clock()) is None
    assert accounts.sign_in(session, email=account.email, password="a new long password", now=clock()) == account
    assert account.email_verified_at is not None
    assert asked_letters(session)[-1] == "password_changed designer@ipreg.example"


def test_a_reset_link_grows_old_and_a_newer_one_replaces_it(
    session: Session, people: People, clock: HandClock
) -> None:
    def ask() -> str:
        credentials.ask_for_reset(session, KEY, email=people.designer.email, place="p", now=clock())
        return token_in_last_letter(session)

    first, second = ask(), ask()
    with pytest.raises(MissingError):
        credentials.reset(session, token=first, password=PASSWORD, now=clock())
    clock.move(hours=1)
    with pytest.raises(MissingError):
        credentials.reset(session, token=second, password=PASSWORD, now=clock())
    for wrong in ("", "x" * 43, token_hash(session)):
        with pytest.raises(MissingError):
            credentials.reset(session, token=wrong, password=PASSWORD, now=clock())


def token_hash(session: Session) -> str:
    return session.scalars(select(OneTimeLink.token_hash)).all()[-1]


def test_asking_for_resets_is_limited_by_address_and_by_place(
    session: Session, people: People, clock: HandClock
) -> None:
    for _ in range(credentials.RESETS + 4):
        credentials.ask_for_reset(session, KEY, email=people.designer.email, place="a", now=clock())
    assert len(asked_letters(session)) == credentials.RESETS
    for number in range(credentials.RESETS_FROM_ONE_PLACE):
        credentials.ask_for_reset(session, KEY, email=f"nobody{number}@x.example", place="b", now=clock())
    with pytest.raises(CallerError, match="too_often"):
        credentials.ask_for_reset(session, KEY, email=people.freelancer.email, place="b", now=clock())
    clock.move(hours=1, seconds=1)
    credentials.ask_for_reset(session, KEY, email=people.freelancer.email, place="b", now=clock())
    assert asked_letters(session)[-1] == "reset_password freelancer@ipreg.example"
    throttle.forget(session, now=clock.move(days=2))


def test_a_changed_address_is_proved_first_and_the_old_one_is_told(
    session: Session, people: People, clock: HandClock
) -> None:
    account = people.freelancer

    def ask(email: str, password: str = PASSWORD) -> None:
        credentials.ask_to_change_email(session, KEY, account=account, email=email, password=password, now=clock())

    with pytest.raises(CallerError, match="password_wrong"):
        ask("new@ipreg.example", "not it at all")
    ask("rival@ipreg.example")  # somebody's: the answer is the same, only the letter differs
    assert asked_letters(session)[-1] == "email_in_use rival@ipreg.example"
    ask("new@ipreg.example")
    assert account.email == "freelancer@ipreg.example"
    credentials.change_email(session, token=token_in_last_letter(session), now=clock())
    assert account.email == "new@ipreg.example" and account.email_verified_at == clock()
    assert asked_letters(session)[-1] == "email_changed freelancer@ipreg.example"


def test_a_password_is_changed_by_who_knows_it_and_others_are_signed_out(
    session: Session, people: People, clock: HandClock
) -> None:
    def device() -> tuple[SignIn, str]:
        return signins.open_sign_in(
            session, account=people.designer, user_agent="", address="", second_factor=False, now=clock()
        )

    (mine, my_token), (_, other_token) = device(), device()
    for current, code in (("wrong password", "password_wrong"), (PASSWORD, "password_length")):
        with pytest.raises(CallerError, match=code):
            credentials.change_password(
                session, account=people.designer, current=current, new="short", sign_in_id=mine.id, now=clock()
            )
    credentials.change_password(
        session, account=people.designer, current=PASSWORD, new="another long one", sign_in_id=mine.id, now=clock()
    )
    assert signins.find(session, token=my_token, now=clock()) is not None
    assert signins.find(session, token=other_token, now=clock()) is None


@pytest.mark.parametrize(
    ("role", "idle"), [(Role.DESIGNER, timedelta(days=30)), (Role.REGULATOR, timedelta(hours=12))]
)
def test_a_sign_in_ends_by_idleness(
    session: Session, people: People, clock: HandClock, role: Role, idle: timedelta
) -> None:
    account = people.designer if role is Role.DESIGNER else people.regulator
    made, token = signins.open_sign_in(
        session, account=account, user_agent="", address="", second_factor=False, now=clock()
    )
    clock.now += idle - timedelta(seconds=1)
    assert signins.find(session, token=token, now=clock()) is not None
    signins.see(session, sign_in_id=made.id, now=clock())
    session.expire_all()
    clock.now += idle - timedelta(seconds=1)
    assert signins.find(session, token=token, now=clock()) is not None
    clock.move(seconds=2)
    assert signins.find(session, token=token, now=clock()) is None
    signins.forget(session, now=clock.move(days=200))
    assert session.scalars(select(SignIn)).all() == []


def test_what_is_kept_of_a_device_is_short() -> None:
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36"
    assert signins.device_of(chrome) == "Chrome · Windows"
    assert signins.device_of("x" * 10_000) == signins.device_of("") == ""
    assert signins.shorten("203.0.113.77") == "203.0.113.0/24"
    assert signins.shorten("2001:db8:1:2:3::4") == "2001:db8:1::/48"
    assert signins.shorten("unix:") == ""


def switch_on(session: Session, account: Account, clock: HandClock) -> tuple[pyotp.TOTP, list[str]]:
    twofactor.begin(session, KEY, account=account)
    begun = twofactor.address_of(session, KEY, account=account, issuer="设计预备案")
    assert begun is not None
    app = pyotp.parse_uri(begun[1])
    assert isinstance(app, pyotp.TOTP) and app.secret == begun[0]
    codes = twofactor.confirm(session, KEY, account=account, code=app.at(clock()), now=clock())
    return app, codes


def test_each_code_is_taken_once_and_a_late_one_still(session: Session, people: People, clock: HandClock) -> None:
    app, _ = switch_on(session, people.regulator, clock)

    def check(code: str) -> None:
        twofactor.check(session, KEY, account=people.regulator, code=code, now=clock())

    with pytest.raises(CallerError, match="code_wrong"):
        check(app.at(clock()))  # it switched the factor on
    clock.move(seconds=60)
    late = app.at(clock())
    clock.move(seconds=29)
    check(f" {late[:3]} {late[3:]} ")
    with pytest.raises(CallerError, match="code_wrong"):
        check(late)
    clock.move(seconds=120)
    with pytest.raises(CallerError, match="code_wrong"):
        check(app.at(clock() - timedelta(seconds=90)))
    check(app.at(clock()))
    row = session.get_one(TwoFactor, people.regulator.id)
    assert app.secret not in row.secret


def test_guessing_codes_locks_and_recovery_codes_work_once(
    session: Session, people: People, clock: HandClock
) -> None:
    app, codes = switch_on(session, people.regulator, clock)

    def check(code: str) -> None:
        twofactor.check(session, KEY, account=people.regulator, code=code, now=clock())

    check(codes[0].lower().replace("-", " "))
    with pytest.raises(CallerError, match="code_wrong"):
        check(codes[0])
    assert twofactor.codes_left(session, account=people.regulator) == len(codes) - 1
    for _ in range(twofactor.MAX_FAILURES - 1):
        with pytest.raises(CallerError, match="code_wrong"):
            check("abc")
    clock.move(seconds=60)
    for code in (app.at(clock()), codes[1]):
        with pytest.raises(CallerError, match="sign_in_locked"):
            check(code)
    clock.move(minutes=16)
    check(app.at(clock()))
    renewed = twofactor.renew_recovery_codes(session, KEY, account=people.regulator)
    with pytest.raises(CallerError, match="code_wrong"):
        check(codes[1])
    check(renewed[0])


def test_a_second_factor_is_begun_again_until_it_is_on(session: Session, people: People, clock: HandClock) -> None:
    account = people.regulator
    with pytest.raises(ConflictError, match="two_factor_not_begun"):
        twofactor.confirm(session, KEY, account=account, code="123456", now=clock())
    twofactor.begin(session, KEY, account=account)
    assert not twofactor.is_on(session, account=account)
    switch_on(session, account, clock)
    assert twofactor.is_on(session, account=account)
    with pytest.raises(ConflictError, match="two_factor_on"):
        twofactor.begin(session, KEY, account=account)
    twofactor.switch_off(session, account=account)
    session.expire_all()
    assert not twofactor.is_on(session, account=account)


def invite(session: Session, people: People, clock: HandClock, email: str = "new@ipreg.example") -> str:
    invitations.invite(
        session, KEY, owner=people.enterprise, email=email, role=OrganizationRole.VIEWER, now=clock()
    )
    return token_in_last_letter(session)


def test_an_invitation_is_for_one_address_and_works_once(
    session: Session, people: People, clock: HandClock
) -> None:
    token = invite(session, people, clock, people.freelancer.email)
    with pytest.raises(PermissionDeniedError, match="invitation_for_another"):
        invitations.accept(session, token=token, account=people.regulator, now=clock())
    invitations.accept(session, token=token, account=people.freelancer, now=clock())
    member = people.freelancer
    assert (member.role, member.organization_role) == (Role.ENTERPRISE, OrganizationRole.VIEWER)
    assert member.organization == people.enterprise.organization and member.email_verified_at
    with pytest.raises(MissingError):
        invitations.accept(session, token=token, account=member, now=clock())
    with pytest.raises(CallerError, match="member_already"):
        invite(session, people, clock, member.email)


def test_an_invitation_ends_by_age_by_a_newer_one_and_by_its_owner(
    session: Session, people: People, clock: HandClock
) -> None:
    first = invite(session, people, clock)
    second = invite(session, people, clock)
    assert len(invitations.open_invitations(session, owner=people.enterprise, now=clock())) == 1
    with pytest.raises(MissingError):
        invitations.find(session, token=first, now=clock())
    found = invitations.find(session, token=second, now=clock())
    with pytest.raises(MissingError):
        invitations.revoke(session, owner=people.rival, invitation_id=found.id, now=clock())
    invitations.revoke(session, owner=people.enterprise, invitation_id=found.id, now=clock())
    third = invite(session, people, clock)
    for token, later in ((second, 0), (third, 7)):
        with pytest.raises(MissingError):
            invitations.find(session, token=token, now=clock() + timedelta(days=later))


def test_who_invited_must_still_be_an_owner(session: Session, people: People, clock: HandClock) -> None:
    token = invite(session, people, clock, people.freelancer.email)
    organizations.place(people.enterprise, people.enterprise.organization_id, OrganizationRole.FILER)
    with pytest.raises(MissingError, match="link_over"):
        invitations.accept(session, token=token, account=people.freelancer, now=clock())
    with pytest.raises(PermissionDeniedError, match="owners_only"):
        invite(session, people, clock, "x@ipreg.example")


def test_a_letter_to_a_link_that_is_over_is_not_sent(session: Session, people: People, clock: HandClock) -> None:
    invite(session, people, clock)
    letter = session.scalars(select(Letter)).one()
    assert letters.due(session, now=clock()) == [letter.id]
    assert letter.link is not None
    links.revoke(session, link=letter.link, now=clock())
    assert letters.claim(session, letter_id=letter.id, now=clock()) is None
    assert letters.due(session, now=clock()) == []
    assert links.LASTS[LinkPurpose.INVITATION] == timedelta(days=7)


def test_every_kind_of_letter_can_be_said_in_both_languages(session: Session, clock: HandClock) -> None:
    values = {
        "new": "a@b.example",
        "inviter": "林\r\nBcc: x@y.example",
        "organization": "锦绣",
        "role": "Viewer",
        "email": "e",
        "title": "警告函",
        "number": "HJ2026-1",
        "holder": "锦绣",
    }
    for locale, words in (("zh", "查看员"), ("en", "Viewer")):
        for kind in letters.KINDS:
            letter = letters.write_letter(
                session, kind=kind, email="x@ipreg.example", locale=locale, values=values, now=clock()
            )
            message = letters.compose(letter, KEY, public_url="https://r.example", sender="r@r.example")
            assert message["Bcc"] is None
            text = message.as_string()
            assert "%(" not in text
            body = message.get_body(("plain",))
            assert body is not None and (kind != "invitation" or words in body.get_content())
