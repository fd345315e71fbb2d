"""What is kept about somebody can be taken away, and deleted without the past becoming unprovable."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest
from scenery import PASSWORD, HandClock, design_form, draw_picture, one_picture
from site_of_tests import Site
from sqlalchemy import select
from wizard import fill

from ipreg import bundle, erasure, exports, logcheck, logkeys, organizations, registry, verifier
from ipreg.db import transaction
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import (
    Account,
    Channel,
    Draft,
    ExportState,
    Filing,
    FormerName,
    Notice,
    SignIn,
    VaultKey,
)
from ipreg.notify import notices
from ipreg.runtime import Runtime
from jobs import checkpoints, timestamps
from jobs import exports as export_job


def account(site: Site, name: str) -> Account:
    with site.runtime.sessions() as session:
        return session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).unique().one()


def test_a_copy_holds_data_and_files_and_no_secret(site: Site) -> None:
    owner, stranger = site.sign_in("designer"), site.sign_in("rival")
    assert owner.post("/account/data/export").status_code == 302
    assert owner.post("/account/data/export").status_code == 302  # once more while it is being made: the same
    assert export_job.run(site.runtime) == 1
    path = "/account/data/exports/1.zip"
    assert path in owner.get("/account/data").text
    assert stranger.get(path).status_code == 404
    with owner.get(path) as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.read(f"filings/{site.filing}/views/0-front.jpg") == draw_picture(1)
    opening = json.loads(archive.read(f"filings/{site.filing}/applicant.json"))
    assert opening["email"] == "designer@ipreg.example" and opening["salt"]
    me = json.loads(archive.read("data/accounts.json"))
    assert [one["name"] for one in me] == ["designer"]
    everything = "".join(archive.read(name).decode() for name in archive.namelist() if name.startswith("data/"))
    for hidden in ("argon2", "token_hash", "password_hash", "rival@"):
        assert hidden not in everything


def test_a_copy_is_there_for_some_days(site: Site, runtime: Runtime, clock: HandClock) -> None:
    person = account(site, "designer")
    with transaction(runtime.sessions) as session:
        file = exports.request(session, account=session.merge(person), now=clock()).file
    export_job.run(runtime, clock=clock)
    assert exports.place(runtime, file).stat().st_size > 1000
    clock.move(days=7)
    with runtime.sessions() as session, pytest.raises(MissingError):
        exports.get(session, export_id=1, account=person, now=clock())
    export_job.run(runtime, clock=clock)
    assert not exports.place(runtime, file).exists()
    with transaction(runtime.sessions) as session, pytest.raises(CallerError, match="export_too_often"):
        for _ in range(exports.A_DAY + 1):
            made = exports.request(session, account=session.merge(person), now=clock())
            made.state = ExportState.FAILED
            session.flush()


def test_who_is_deleted_is_gone_and_what_he_filed_still_proves_itself(
    site: Site, runtime: Runtime, clock: HandClock
) -> None:
    with transaction(runtime.sessions) as session:
        person = session.merge(account(site, "freelancer"))
        filing = registry.register_design(
            session, runtime.store, applicant=person, form=replace(design_form(), creator="周宁"),
            pictures=one_picture(9), request_key="f", now=clock(),
        )  # fmt: skip
        filing_id = filing.id
    for job in (checkpoints, timestamps):
        job.run(runtime, clock=clock)
    client = site.sign_in("freelancer")
    fill(client, {"front.jpg": draw_picture(8, (120, 160))})
    with transaction(runtime.sessions) as session:
        notices.tell(
            session, account=session.get_one(Account, person.id), kind="opened", values={"number": "x"},
            path="/filings/x", key="x", now=clock(),
        )  # fmt: skip
    assert client.post("/account/data/erase", data={"password": "wrong password"}).status_code == 400
    assert client.post("/account/data/erase", data={"password": PASSWORD}).status_code == 302
    assert client.get("/account").status_code == 302
    refused = site.app.test_client().post(
        "/sign-in", data={"email": "freelancer@ipreg.example", "password": PASSWORD}
    )
    assert refused.status_code == 400
    with runtime.sessions() as session:
        erased = session.get_one(Filing, filing_id)
        row = erased.applicant
        assert (erased.applicant_name, erased.applicant_email, erased.applicant_salt) == ("", "", "")
        assert "freelancer" not in f"{row.name}{row.email}" and row.erased_at is not None
        assert session.scalars(select(FormerName).where(FormerName.account_id == row.id)).all() == []
        assert session.scalars(select(SignIn).where(SignIn.account_id == row.id)).all() == []
        for table in (Notice, Channel, Draft):
            assert session.scalars(select(table).where(table.account_id == row.id)).all() == []
        assert session.scalars(select(VaultKey).where(VaultKey.ended_at.is_(None))).all() == []
        keys = logkeys.verifiers(session, first=runtime.log_key)
        assert logcheck.check_log(session, runtime.store, verifiers=keys).differences == ()
    data = bundle.build(runtime, filing_id, with_applicant=True, clock=clock)
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert verifier.APPLICANT not in names and "proof/manifest.json" in names


def test_what_a_case_needs_is_not_deleted(site: Site, runtime: Runtime, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        people = {one.name: one for one in session.scalars(select(Account)).unique()}
        with pytest.raises(ConflictError, match="erase_open_case"):
            erasure.erase(session, account=people["designer"], password=PASSWORD, now=clock())
        with pytest.raises(PermissionDeniedError):
            erasure.erase(session, account=people["regulator"], password=PASSWORD, now=clock())
        with pytest.raises(ConflictError, match="last_owner"):
            erasure.erase(session, account=people["enterprise"], password=PASSWORD, now=clock())
        organizations.remove(session, owner=people["enterprise"], member_id=people["designer"].id)
        confirmed = people["enterprise"]
        erasure.erase(session, account=confirmed, password=PASSWORD, now=clock.move(days=1))
        assert [one.name for one in confirmed.former_names] == ["enterprise"]  # he confirmed, on the record
        session.flush()
        keys = logkeys.verifiers(session, first=runtime.log_key)
        assert logcheck.check_log(session, runtime.store, verifiers=keys).differences == ()
