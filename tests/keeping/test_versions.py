"""Amendments, withdrawal, transfer and licence: what is kept, who may, and what happens when two act at once."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from databases import Databases
from papers import code_of, open_prepared, resealed
from scenery import PASSWORD, HandClock, People, Picture, design_form, draw_picture, one_picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import (
    access,
    acts,
    agreements,
    amending,
    bundle,
    certificate,
    drafts,
    erasure,
    exports,
    logkeys,
    lookup,
    registry,
    sealing,
    verifier,
    withdrawing,
    workdays,
)
from ipreg.agreements import Terms
from ipreg.amending import Amendment, form_of
from ipreg.db import transaction
from ipreg.errors import CallerError, ConflictError, IpregError, MissingError, PermissionDeniedError
from ipreg.logcheck import check_log
from ipreg.models import (
    Account,
    Agreement,
    AgreementState,
    AllowedSeller,
    Filing,
    FilingState,
    LicenceKind,
    ObtainedKind,
    VaultKey,
    ViewKind,
)
from ipreg.registry import Attached
from ipreg.rights import records
from ipreg.runtime import Runtime
from ipreg.warning import sellers
from jobs import checkpoints, openings, timestamps
from jobs import exports as export_job

BACK = Picture(ViewKind.BACK, "back.png", draw_picture(9, kind="PNG"))
FIRST = "versions/01-manifest.json"


@pytest.fixture
def runtime(tmp_path: Path, databases: Databases, seal_file: Path) -> Iterator[Runtime]:
    (tmp_path / "var").mkdir()
    opened = open_prepared(tmp_path / "var", databases, seal_file)
    yield opened
    opened.sessions.kw["bind"].dispose()
    databases.drop(tmp_path / "var")


@pytest.fixture
def world(runtime: Runtime, clock: HandClock) -> World:
    return World(runtime, clock)


class World:
    """A filing of a designer alone, and people; each step is a transaction of its own."""

    def __init__(self, runtime: Runtime, clock: HandClock) -> None:
        self.runtime, self.clock = runtime, clock
        with transaction(runtime.sessions) as session:
            people = People(session, clock())
            for one in vars(people).values():
                one.email_verified_at = clock()
            self.filing = self.file(session, people.freelancer).id

    def file(self, session: Session, applicant: Account, *, sealed: bool = False, key: str = "r1") -> Filing:
        return registry.register_design(
            session, self.runtime.store, applicant=applicant, form=design_form(), pictures=one_picture(1),
            request_key=key, sealed=sealed, now=self.clock(),
        )  # fmt: skip

    def act(self, work: Callable[[Session, Filing, Callable[[str], Account]], object]) -> object:
        with transaction(self.runtime.sessions) as session:
            return work(session, session.get_one(Filing, self.filing), lambda name: account(session, name))

    def amend(self, name: str = "freelancer", *, seen: int = 1, key: str = "a1", **change: object) -> None:
        def work(session: Session, filing: Filing, who: Callable[[str], Account]) -> None:
            amendment = Amendment(
                replace(form_of(filing), title=str(change.get("title", "云纹外套（改）"))),
                frozenset(view.sha256 for view in filing.views if change.get("keep", True)),
                [Picture(ViewKind.BACK, "back.png", draw_picture(9, kind="PNG"))]
                if change.get("more", True)
                else [],
            )
            amending.amend(
                session, self.runtime.store, filing=filing, account=who(name), amendment=amendment,
                seen_version=seen, request_key=key, now=self.clock(),
            )  # fmt: skip

        self.act(work)

    def offer(
        self, taker: str = "rival", *, terms: Terms | None = None, key: str = "o1", giver: str = "freelancer"
    ) -> int:
        def work(session: Session, filing: Filing, who: Callable[[str], Account]) -> int:
            return agreements.offer(
                session, filing=filing, giver=who("freelancer"), taker_email=f"{taker}@ipreg.example", terms=terms,
                request_key=key, now=self.clock(),
            ).id  # fmt: skip

        return int(str(self.act(work)))

    def answer(self, step: Callable[..., object], agreement_id: int, name: str) -> None:
        self.act(
            lambda session, _, who: step(
                session,
                agreement=agreements.get(session, agreement_id=agreement_id, account=who(name)),
                account=who(name),
                now=self.clock(),
            )
        )

    def withdraw(self, name: str = "freelancer", *, destroy: bool = False, confirmed: str | None = None) -> None:
        self.act(
            lambda session, filing, who: withdrawing.withdraw(
                session,
                filing=filing,
                account=who(name),
                destroy=destroy,
                confirmed=filing.number if confirmed is None else confirmed,
                now=self.clock(),
            )
        )
        withdrawing.remove_files(self.runtime, self.filing)

    def settle(self) -> list[str]:
        """Checkpoint and stamp; then all in which rows and log differ."""
        for job in (checkpoints, timestamps):
            job.run(self.runtime, clock=self.clock)
        with self.runtime.sessions() as session:
            keys = logkeys.verifiers(session, first=self.runtime.log_key)
            return [one.code for one in check_log(session, self.runtime.store, verifiers=keys).differences]


def account(session: Session, name: str) -> Account:
    return session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).one()


def test_an_amendment_overwrites_nothing_and_is_chained(world: World) -> None:
    world.clock.move(days=1)
    world.amend()
    world.amend()  # the same form sent twice
    assert world.settle() == []
    with world.runtime.sessions() as session:
        filing = session.get_one(Filing, world.filing)
        first, second = amending.versions_of(session, filing)
        assert (filing.version, filing.title, len(filing.views)) == (2, "云纹外套（改）", 2)
        assert json.loads(first.manifest)["title"] == "云纹外套"
        assert json.loads(second.manifest)["amends"]["log_index"] == first.log_index
        assert filing.filed_at < second.filed_at
        assert [len(amending.views_of(session, one)) for one in (first, second)] == [1, 2]
        assert [one.name for one in amending.compare(first, second) if one.changed] == ["title"]
        old = first.manifest.split('"sha256":"')[1][:64]
        found = lookup.by_digest(session, old)
        assert found is not None and found.filing.id == filing.id


def test_every_version_has_its_certificate_and_its_bundle(world: World) -> None:
    world.amend()
    world.settle()
    papers = {
        certificate.obtain(world.runtime, world.filing, clock=world.clock, version=one) for one in (1, 2, None)
    }
    assert len(papers) == 2
    for version in (1, 2):
        whole = bundle.build(world.runtime, world.filing, with_applicant=True, clock=world.clock, version=version)
        report = verifier.verify_files(verifier.read_zip(whole))
        assert (report.version, [one[0] for one in report.earlier]) == (version, list(range(version - 1, 0, -1)))


CHAIN: dict[str, tuple[Callable[[dict[str, bytes]], dict[str, bytes]], str]] = {
    "the first version left out": (
        lambda files: {name: data for name, data in files.items() if not name.startswith("versions/")},
        "file_missing",
    ),
    "another manifest": (
        lambda files: {**files, FIRST: files[FIRST].replace("云纹".encode(), "水纹".encode())},
        "commitment_wrong",
    ),
    "the second version as the first": (
        lambda files: {
            **files,
            FIRST: files["proof/manifest.json"],
            "versions/01-salt.bin": files["proof/salt.bin"],
            "versions/01-leaf.json": files["proof/leaf.json"],
            "versions/01.tlog-proof": files["proof/inclusion.tlog-proof"],
        },
        "version_chain_wrong",
    ),
    "a version too many": (
        lambda files: {**files, "versions/02-salt.bin": files["versions/01-salt.bin"]},
        "version_extra",
    ),
    "another proof": (
        lambda files: {**files, "versions/01.tlog-proof": files["proof/inclusion.tlog-proof"]},
        "proof_wrong",
    ),
}  # fmt: skip


def test_a_forged_chain_is_refused_by_name(world: World) -> None:
    world.amend()
    world.settle()
    whole = bundle.build(world.runtime, world.filing, with_applicant=True, clock=world.clock)
    files = verifier.read_zip(whole)
    for name, (forge, code) in CHAIN.items():
        forged = resealed(forge(files), world.runtime.log_key)
        assert code_of(forged) == code, name


def test_who_may_amend_and_what_is_no_amendment(world: World) -> None:
    with pytest.raises(PermissionDeniedError):
        world.amend("rival")
    with pytest.raises(CallerError, match="amend_nothing"):
        world.amend(title="云纹外套", more=False)
    world.amend()
    with pytest.raises(ConflictError, match="changed_meanwhile"):  # the second tab had version 1 before it
        world.amend(key="a2")
    world.amend(key="a2", seen=2, title="第三版", more=False)
    assert world.settle() == []


def test_a_sealed_filing_is_amended_sealed(world: World) -> None:
    with transaction(world.runtime.sessions) as session:
        world.filing = world.file(session, account(session, "freelancer"), sealed=True, key="s").id
    world.amend()
    assert list((world.runtime.config.var / "files").rglob("*.*")) == []
    assert world.settle() == []
    sealing.open_now(world.runtime, world.filing, account_id=None, clock=world.clock)
    openings.run(world.runtime, clock=world.clock)
    assert world.settle() == []


def test_withdrawn_a_filing_leaves_a_tombstone(world: World) -> None:
    with pytest.raises(CallerError, match="withdraw_unconfirmed"):
        world.withdraw(confirmed="yes")
    with pytest.raises(PermissionDeniedError):
        world.withdraw("rival")
    world.withdraw()
    world.withdraw()
    assert world.settle() == []
    with world.runtime.sessions() as session:
        filing = session.get_one(Filing, world.filing)
        assert (filing.state, filing.files_destroyed_at) == (FilingState.WITHDRAWN, None)
        assert world.runtime.store.get(filing.views[0].sha256)
        assert lookup.by_number(session, filing.number).withdrawn_at == world.clock()
    for forbidden in (world.amend, world.offer):
        with pytest.raises(ConflictError, match="filing_withdrawn"):
            forbidden()


def test_destroyed_files_are_gone_but_not_those_of_others(world: World) -> None:
    with transaction(world.runtime.sessions) as session:
        other = world.file(session, account(session, "rival"), key="same picture").id
        digest = session.get_one(Filing, world.filing).views[0].sha256
    world.withdraw(destroy=True)
    assert world.runtime.store.holds(digest)  # the rival filed the same picture
    world.filing = other
    world.withdraw("rival", destroy=True)
    assert not world.runtime.store.holds(digest)
    assert world.settle() == []
    with world.runtime.sessions() as session:
        filing = session.get_one(Filing, other)
        assert not access.can_see_files(session, account(session, "rival"), filing)
        found = lookup.by_digest(session, digest)
        assert found is not None  # number, time and digest stay provable


def test_a_sealed_filing_is_shredded_with_its_key(world: World) -> None:
    with transaction(world.runtime.sessions) as session:
        world.filing = world.file(session, account(session, "freelancer"), sealed=True, key="s").id
    world.withdraw()
    sealing.sweep(world.runtime, clock=world.clock)
    with world.runtime.sessions() as session:
        key = session.scalars(select(VaultKey)).one()
        assert key.wrapped is None and session.get_one(Filing, world.filing).files_destroyed_at is not None
    assert list((world.runtime.config.var / "vault").iterdir()) == []
    assert world.settle() == []


def test_a_transfer_needs_both_sides(world: World) -> None:
    offered = world.offer()
    assert world.offer() == offered  # the same form sent twice
    with pytest.raises(ConflictError, match="transfer_waits"):
        world.offer("designer", key="o2")
    for name in ("designer", "regulator"):
        with pytest.raises(MissingError):
            world.answer(agreements.accept, offered, name)
    with pytest.raises(MissingError):  # the giver can't answer for the other
        world.answer(agreements.accept, offered, "freelancer")
    for _ in range(2):
        world.answer(agreements.accept, offered, "rival")
    assert world.settle() == []
    with world.runtime.sessions() as session:
        filing = session.get_one(Filing, world.filing)
        old, new = account(session, "freelancer"), account(session, "rival")
        assert (filing.applicant_id, filing.owner_id) == (old.id, new.id)
        assert filing.owner_organization_id == new.organization_id
        for right, before, after in (
            (access.can_act_on_filing, False, True),
            (access.owns_filing, False, True),
        ):
            assert (right(old, filing), right(new, filing)) == (before, after), right
        assert access.can_see_filing(session, old, filing)
        said = [json.loads(act.filing.manifest)["applicant_commitment"] for act in acts.acts_of(session, filing)]
        assert len(set(said)) == 1
    with pytest.raises(PermissionDeniedError):
        world.amend()
    world.amend("rival")
    paper = bundle.build(world.runtime, world.filing, with_applicant=True, clock=world.clock)
    assert json.loads(verifier.read_zip(paper)["proof/applicant.json"])["applicant"] == "freelancer"


def test_the_log_holds_no_names(world: World) -> None:
    world.answer(agreements.accept, world.offer(), "rival")
    with world.runtime.sessions() as session:
        filing = session.get_one(Filing, world.filing)
        for act in acts.acts_of(session, filing):
            text = json.dumps(acts.statement(act, acts.parties_of(session, act)), ensure_ascii=False)
            assert "@" not in text and "freelancer" not in text and "rival" not in text


def test_an_offer_is_refused_taken_back_or_lapses(world: World) -> None:
    world.answer(agreements.refuse, world.offer(key="1"), "rival")
    world.answer(agreements.take_back, taken := world.offer(key="2"), "freelancer")
    with pytest.raises(ConflictError, match="offer_no_longer_good"):
        world.answer(agreements.accept, taken, "rival") if world.offer(key="3") else None
    late = world.offer(key="3")
    world.clock.move(days=31)
    with pytest.raises(ConflictError, match="offer_no_longer_good"):
        world.answer(agreements.accept, late, "rival")
    assert openings.run(world.runtime, clock=world.clock) == 0
    with world.runtime.sessions() as session:
        assert session.get_one(Agreement, late).state is AgreementState.EXPIRED
    assert world.settle() == []


def test_a_licensee_sees_the_design_and_only_that(world: World) -> None:
    with transaction(world.runtime.sessions) as session:
        world.filing = world.file(session, account(session, "freelancer"), sealed=True, key="s").id
    last = world.clock().date() + timedelta(days=60)
    terms = Terms(LicenceKind.ORDINARY, "深圳", ends_on=last, shops="快手小铺*\nhttps://shop.example/rival/*")
    licence = world.offer(terms=terms)

    def sees() -> tuple[bool, bool]:
        with world.runtime.sessions() as session:
            filing, taker = session.get_one(Filing, world.filing), account(session, "rival")
            return access.can_see_files(session, taker, filing), access.can_act_on_filing(taker, filing)

    assert sees() == (False, False)
    world.answer(agreements.accept, licence, "rival")
    assert sees() == (True, False)
    with world.runtime.sessions() as session:
        assert sorted(one.mark.value for one in session.scalars(select(AllowedSeller))) == ["address", "name"]
    with pytest.raises(PermissionDeniedError):  # the owner can't take it away before its day
        world.answer(agreements.end, licence, "freelancer")
    world.clock.move(days=62)
    openings.run(world.runtime, clock=world.clock)
    assert sees() == (False, False)
    with world.runtime.sessions() as session:
        assert session.get_one(Agreement, licence).state is AgreementState.ENDED
        assert session.scalars(select(AllowedSeller)).all() == []
    assert world.settle() == []


def test_a_licence_gives_nothing_before_its_first_day(world: World) -> None:
    with transaction(world.runtime.sessions) as session:
        world.filing = world.file(session, account(session, "freelancer"), sealed=True, key="s").id
    first = workdays.shanghai_day(world.clock()) + timedelta(days=10)
    licence = world.offer(terms=Terms(LicenceKind.ORDINARY, starts_on=first, shops="快手小铺"))
    world.answer(agreements.accept, licence, "rival")

    def given() -> tuple[bool, bool, int]:
        with world.runtime.sessions() as session:
            filing, taker = session.get_one(Filing, world.filing), account(session, "rival")
            return (
                access.can_see_filing(session, taker, filing),
                agreements.licence_of(session, filing, taker) is not None,
                len(sellers.allowed_sellers(session, filing)),
            )

    openings.run(world.runtime, clock=world.clock)
    assert given() == (False, False, 0)
    world.clock.now = datetime.combine(first, time(), workdays.SHANGHAI) - timedelta(seconds=1)
    openings.run(world.runtime, clock=world.clock)
    assert given() == (False, False, 0), "a second before the day begins in China"
    world.clock.move(seconds=1)
    for _ in range(2):
        openings.run(world.runtime, clock=world.clock)
    assert given() == (True, True, 1)


def test_shops_stay_while_any_licence_names_them_and_whoever_the_owner_is(world: World) -> None:
    def shops() -> list[str]:
        with world.runtime.sessions() as session:
            filing = session.get_one(Filing, world.filing)
            return sorted(one.pattern for one in sellers.allowed_sellers(session, filing))

    both = [
        world.offer(taker, terms=Terms(LicenceKind.ORDINARY, shops="快手小铺*"), key=taker)
        for taker in ("designer", "rival")
    ]
    for licence, name in zip(both, ("designer", "rival"), strict=True):
        world.answer(agreements.accept, licence, name)
    world.answer(agreements.end, both[0], "designer")
    assert shops() == ["快手小铺*"], "the other licence goes on"
    world.answer(agreements.accept, world.offer("designer", key="t"), "designer")
    assert shops() == ["快手小铺*"], "the licence goes on under the new owner"
    world.answer(agreements.end, both[1], "rival")
    assert shops() == []


@pytest.mark.parametrize("line", ["*", "? *", "x" * 301])
def test_shops_that_could_not_be_allowed_are_not_offered(world: World, line: str) -> None:
    with pytest.raises(CallerError, match="shop_line_wrong") as fault:
        world.offer(terms=Terms(LicenceKind.ORDINARY, shops=f"快手小铺\n{line}"))
    assert fault.value.field == "shops"


def test_an_address_that_is_not_confirmed_takes_nothing(world: World) -> None:
    offered = world.offer()
    world.act(lambda _, __, who: setattr(who("rival"), "email_verified_at", None))
    with pytest.raises(ConflictError, match="email_not_confirmed"):
        world.answer(agreements.accept, offered, "rival")


def test_both_sides_at_once_and_only_one_wins(world: World) -> None:
    """The taker accepts while the owner, in a page opened before, takes back, amends or withdraws."""
    offered = world.offer()
    with world.runtime.sessions() as slow:
        agreement = slow.get_one(Agreement, offered)
        filing, owner = agreement.filing, account(slow, "freelancer")
        slow.commit()  # read; nothing held
        world.answer(agreements.accept, offered, "rival")
        rivals: list[Callable[[], object]] = [
            lambda: agreements.take_back(slow, agreement=agreement, account=owner, now=world.clock()),
            lambda: withdrawing.withdraw(
                slow, filing=filing, account=owner, destroy=False, confirmed=filing.number, now=world.clock()
            ),
            lambda: sealing.set_opening(slow, filing=filing, account=owner, opens_at=None, now=world.clock()),
        ]
        for late in rivals:
            slow.connection(execution_options={"writes": True})
            with pytest.raises(IpregError):
                late()
            slow.rollback()
    with world.runtime.sessions() as session:
        assert session.get_one(Filing, world.filing).owner_id == account(session, "rival").id
    assert world.settle() == []


def copy_of(world: World, name: str) -> zipfile.ZipFile:
    """All data of an account, as it gets them."""
    with transaction(world.runtime.sessions) as session:
        file = exports.request(session, account=account(session, name), now=world.clock()).file
    assert export_job.run(world.runtime, clock=world.clock) == 1
    return zipfile.ZipFile(exports.place(world.runtime, file))


def test_a_copy_of_all_data_holds_every_version_the_drafts_and_the_papers(world: World) -> None:
    world.amend(keep=False)

    def more(session: Session, filing: Filing, who: Callable[[str], Account]) -> None:
        form = records.RightForm(ObtainedKind.TRADE_MARK, "12345678", world.clock().date())
        paper = Attached("受理.png", draw_picture(3, kind="PNG"))
        now = world.clock()
        records.record_right(
            session, world.runtime.store, filing=filing, account=filing.owner, form=form, paper=paper,
            request_key="r", now=now,
        )  # fmt: skip
        draft = drafts.start(session, account=filing.owner, now=now)
        looked = drafts.look(world.runtime.config, draw_picture(4))
        drafts.add_file(
            session,
            world.runtime.store,
            world.runtime.config,
            draft=draft,
            filename="新.jpg",
            looked=looked,
            now=now,
        )

    world.act(more)
    copy = copy_of(world, "freelancer")
    held = {name.split("/", 2)[-1] for name in copy.namelist() if name.startswith("filings/")}
    assert held == {
        "manifest.json", "applicant.json", "views/0-back.png", "versions/1/manifest.json",
        "versions/1/views/0-front.jpg", "rights/1-受理.png",
    }  # fmt: skip
    assert copy.read("drafts/1/0-新.jpg") == draw_picture(4) and "data/draft_files.json" in copy.namelist()


def test_who_passed_a_sealed_design_on_gets_no_copy_of_its_files(world: World) -> None:
    with transaction(world.runtime.sessions) as session:
        world.filing = world.file(session, account(session, "freelancer"), sealed=True, key="sealed").id
    offered = world.offer()
    world.answer(agreements.accept, offered, "rival")
    for name, sees in (("freelancer", False), ("rival", True)):
        held = [one for one in copy_of(world, name).namelist() if one.endswith("front.jpg")]
        sealed = [one for one in held if one.startswith(f"filings/{number_of(world)}/")]
        assert bool(sealed) is sees, name


def number_of(world: World) -> str:
    with world.runtime.sessions() as session:
        return session.get_one(Filing, world.filing).number


def test_whose_account_is_deleted_offers_nothing_any_more(world: World) -> None:
    offer = world.offer("rival")
    world.clock.move(days=1)
    world.act(
        lambda session, _, who: erasure.erase(
            session, account=who("freelancer"), password=PASSWORD, now=world.clock()
        )
    )
    with pytest.raises(ConflictError, match="offer_no_longer_good"):
        world.answer(agreements.accept, offer, "rival")
    assert world.settle() == []
