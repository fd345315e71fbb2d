"""The command line: the same path as on the pages, for those who script."""

from __future__ import annotations

import errno
import mimetypes
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ipreg import (
    access,
    accounts,
    alerts,
    audit,
    backupcommands,
    cases,
    dbcommands,
    filecommands,
    registry,
    schema,
    vaultcommands,
)
from ipreg.config import Config
from ipreg.db import is_gone, transaction, utc_now, waited_in_vain
from ipreg.errors import CallerError, ConfigError, IpregError
from ipreg.i18n import translator
from ipreg.messages import message_for
from ipreg.models import (
    Account,
    AlertState,
    CaseOutcome,
    DismissReason,
    FeedImport,
    Industry,
    Role,
    ViewKind,
)
from ipreg.reasons import KINDS, UNKNOWN, describe, told
from ipreg.runtime import Runtime, open_runtime

if TYPE_CHECKING:
    from similarity import Fingerprint, Kind, Reason

Command = TypeVar("Command", bound=Callable[..., Any])
_PICTURE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SERVER: dict[str, Any] = {"threads": 8, "ident": None, "connection_limit": 500, "asyncore_use_poll": True}
"""How the server serves. A hundred callers who never end what they send keep no others out; ``select`` ends at 1024
open files, ``poll`` does not."""


class Commands(click.Group):
    """Tells our own errors in words, in the language of ``LANG``, with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with audit.acting("command line", "command line", via="command line") as work:
                work.action = lambda: click.get_current_context().command_path.partition(" ")[2]
                return super().invoke(ctx)
        except ConfigError as fault:
            raise click.ClickException("\n".join(fault.faults)) from fault
        except IpregError as fault:
            field = f"{fault.field}: " if isinstance(fault, CallerError) and fault.field else ""
            raise click.ClickException(field + message_for(fault.code, fault.values, _say())) from fault
        except OperationalError as fault:
            code = "database_busy" if waited_in_vain(fault) else "database_gone"
            if code == "database_gone" and not is_gone(fault):
                raise
            # What the database itself says comes below our words: the operator has to mend it.
            raise click.ClickException(f"{message_for(code, {}, _say())}\n{fault.orig}") from fault
        except OSError as fault:
            if fault.errno not in _PLACES_AT_FAULT:
                raise
            raise click.ClickException(f"{fault.filename or ''}: {fault.strerror}".removeprefix(": ")) from fault


_PLACES_AT_FAULT = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOENT, errno.ENOTDIR)


def _say() -> Callable[[str], str]:
    return translator("zh" if os.environ.get("LANG", "").startswith("zh") else "en")


def _runtime() -> Runtime:
    runtime = open_runtime(Config.from_env(os.environ))
    schema.upgrade(runtime.sessions.kw["bind"])
    return runtime


def _as_account(command: Command) -> Command:
    return click.option("--as", "email", required=True, metavar="EMAIL", help="The account that acts.")(command)


def _account(session: Session, email: str) -> Account:
    found = session.scalar(select(Account).where(Account.email == email.strip().lower()))
    if found is None:
        raise click.ClickException(f"no account has the address {email}")
    work = audit.current()
    if work is not None:
        work.actor = lambda: audit.label(found)
    return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Pre-register designs, watch listings for copies, decide cases.

    \b
    The way of a design:
      ipreg account add designer me@example.com --name "..."
      ipreg file --as me@example.com --title "..." --industry clothing --created-on 2026-01-31 front=a.jpg
      ipreg feed import listings.csv --as enterprise@example.com
      ipreg jobs run
      ipreg alerts list --as me@example.com;  ipreg alerts confirm 1 --as ...
      ipreg cases list --as ...;  ipreg cases assign NUMBER --as ...;  ipreg cases decide NUMBER ...
      ipreg certificate NUMBER --as ...;  ipreg bundle NUMBER --as ...;  ipreg verify NUMBER.zip
      ipreg log check;  ipreg audit check

    \b
    Without a database:
      ipreg compare A.jpg B.jpg;  ipreg search QUERIES --registry FOLDER --output FILE.csv

    The settings are environment variables (IPREG_VAR, IPREG_DATABASE_URL, IPREG_SMTP_URL, ...): docs/settings.md.
    """


@main.command()
def init() -> None:
    """Make the database and the secrets, or bring them up to date."""
    _runtime()


@main.group()
def account() -> None:
    """Accounts."""


@account.command("add")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.argument("email")
@click.option("--name", required=True)
@click.option("--organization", help="The name of a new enterprise.")
@click.option("--join-code", help="The code of an enterprise that is there.")
@click.password_option("--password", envvar="IPREG_PASSWORD")
def add_account(
    role: str, email: str, name: str, organization: str | None, join_code: str | None, password: str
) -> None:
    """Open an account of any role. The password is asked for, or read from IPREG_PASSWORD."""
    with transaction(_runtime().sessions) as session:
        made = accounts.create_account(
            session,
            email=email,
            password=password,
            name=name,
            role=Role(role),
            organization_name=organization,
            join_code=join_code,
            now=utc_now(),
        )
        code = made.organization.join_code if made.organization else ""
        click.echo(f"{made.email}\t{made.role}\t{code}".rstrip())


@account.command("supervisor")
@click.argument("email")
@click.option("--off", is_flag=True, help="No longer one.")
def supervisor(email: str, off: bool) -> None:
    """Make a regulator a supervisor: he assigns cases, grants time, reopens, and is told of delays."""
    from ipreg.casework import together

    with transaction(_runtime().sessions) as session:
        together.set_supervisor(session, account=_account(session, email), supervisor=not off)


@account.command("reset-two-factor")
@click.argument("email")
def reset_two_factor(email: str) -> None:
    """Switch the second factor off, for who lost phone and recovery codes. Ends every sign-in of the account."""
    from ipreg import signins, twofactor

    with transaction(_runtime().sessions) as session:
        found = _account(session, email)
        twofactor.switch_off(session, account=found)
        signins.end_all(session, account=found, now=utc_now())


@main.command("file")
@_as_account
@click.option("--title", required=True)
@click.option("--industry", required=True, type=click.Choice([one.value for one in Industry]))
@click.option("--creator", help="Who made the design; the applicant where it is not given.")
@click.option("--created-on", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--description", default="")
@click.option("--request-key", help="The same key again gives the same filing.")
@click.argument("pictures", nargs=-1, required=True, metavar="VIEW=PICTURE...")
def file_design(
    email: str,
    title: str,
    industry: str,
    creator: str | None,
    created_on: datetime,
    description: str,
    request_key: str | None,
    pictures: tuple[str, ...],
) -> None:
    """File a design. VIEW is front, back, left, right, top, bottom, perspective, in_use or detail."""
    runtime = _runtime()
    with transaction(runtime.sessions) as session:
        applicant = _account(session, email)
        filing = registry.register_design(
            session,
            runtime.store,
            applicant=applicant,
            form=registry.DesignForm(
                title, Industry(industry), creator or applicant.name, created_on.date(), description
            ),
            pictures=[_picture(one) for one in pictures],
            request_key=request_key or secrets.token_hex(16),
            max_views=runtime.config.max_views,
            now=utc_now(),
        )
        click.echo(f"{filing.number}\t{filing.filed_at.isoformat()}\tlog entry {filing.log_index}")
        for view in filing.views:
            click.echo(f"{view.kind}\t{view.filename}\tsha256 {view.sha256}\tsm3 {view.file.sm3}")
    from jobs import checkpoints

    checkpoints.run(runtime)


def _picture(text: str) -> registry.Picture:
    view, equals, name = text.partition("=")
    if not equals or view not in list(ViewKind):
        raise click.BadParameter(f"{text!r} is not of the form front=picture.jpg")
    place = Path(name)
    if not place.is_file():
        raise click.BadParameter(f"there is no file {name}")
    return registry.Picture(ViewKind(view), place.name, place.read_bytes())


@main.group()
def feed() -> None:
    """Listings that come in as files."""


@feed.command("import")
@click.argument("csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_as_account
def import_feed(csv: Path, email: str) -> None:
    """Import a CSV (or a ZIP of it and its pictures); file names in it are relative to it."""
    from ipreg.sightings import feeds

    runtime = _runtime()
    with transaction(runtime.sessions) as session:
        import_id = feeds.accept_feed(
            session,
            runtime.config,
            account=_account(session, email),
            filename=csv.name,
            data=csv.read_bytes(),
            pictures_folder=None if csv.suffix.lower() == ".zip" else csv.parent,
            now=utc_now(),
        ).id
    audit.end()  # that the feed came is on record; its rows are scheduled work
    with click.progressbar(length=1, label=csv.name, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        while feeds.run_import(runtime, import_id, clock=utc_now, progress=show) is not feeds.Turn.OVER:
            time.sleep(1)  # a host of its pictures asked for time
    with runtime.sessions() as session:
        work = session.get_one(FeedImport, import_id)
        if work.fault:
            raise click.ClickException(message_for(work.fault, work.fault_values, _say()))
        for fault in work.faults:
            click.echo(f"line {fault.line}: {message_for(fault.code, fault.values, _say())}", err=True)
        click.echo(f"{work.kept_rows} of {work.total_rows} rows kept")


@main.command()
@click.argument("registered", type=_PICTURE)
@click.argument("sighted", type=_PICTURE)
@click.option("--view", "views", type=_PICTURE, multiple=True, help="A further filed view of the same design.")
@click.option(
    "--overlay", "drawing", type=click.Path(dir_okay=False, path_type=Path), help="Draw the matched regions."
)
def compare(registered: Path, sighted: Path, views: tuple[Path, ...], drawing: Path | None) -> None:
    """How probable it is that the second picture copies the first, and why; and whether it shows the same design.

    With further views all of them stand for the design. Needs no database.
    """
    import similarity
    from ipreg.notify.likeness import likelihood
    from similarity import designs

    _need_model()
    filed = [registered, *views]
    other = _fingerprint(sighted)
    prints = [_fingerprint(path) for path in filed]
    judged = [similarity.judge(one, other) for one in prints]
    at = max(range(len(filed)), key=lambda one: judged[one].probability)
    verdict = judged[at]
    click.echo(f"{verdict.probability:.3f}\t{_say()(likelihood(verdict.probability))}")
    if prints[at].blank or other.blank:
        click.echo(_say()(UNKNOWN))
    else:
        click.echo(", ".join(describe(verdict.reason.to_dict(), _say())))
    goods = designs.judge_design(
        [designs.design_print(path.read_bytes()) for path in filed], designs.design_print(sighted.read_bytes())
    )
    told = designs.tell_apart(verdict, goods)
    nearest = filed[at if told.kind is designs.Kind.COPY else goods.nearest]
    click.echo(f"{goods.same:.3f}\t{_say()(KINDS[told.kind])}\t{nearest.name}")
    if drawing is not None:
        drawing.write_bytes(_drawn(nearest, sighted, told.kind, verdict.reason))


def _drawn(registered: Path, sighted: Path, kind: Kind, reason: Reason) -> bytes:
    """Regions of a copied picture; of goods photographed anew, the parts that correspond."""
    import similarity
    from similarity.parts import corresponding

    one, other = registered.read_bytes(), sighted.read_bytes()
    if kind in (similarity.Kind.NEW_PHOTOGRAPH, similarity.Kind.SIMILAR):
        return similarity.overlay(one, other, similarity.Reason(lines=corresponding(one, other).lines), marks=True)
    return similarity.overlay(one, other, reason)


def _need_model() -> None:
    from similarity import designs, embedding

    for kind in (embedding, designs):
        try:
            kind.model()
        except embedding.ModelError as fault:
            raise click.ClickException(f"{kind.SETTING}: {fault}") from fault


def _fingerprint(path: Path) -> Fingerprint:
    import similarity

    try:
        return similarity.fingerprint(path.read_bytes())
    except similarity.PictureError as fault:
        raise click.ClickException(f"{path}: {message_for(fault.code, fault.values, _say())}") from fault


@main.command()
@click.argument("queries", type=_FOLDER)
@click.option("--registry", required=True, type=_FOLDER, help="The folder of registered pictures.")
@click.option("--output", required=True, type=_NEW_FILE, help="The CSV to write.")
@click.option("--processes", type=click.IntRange(1), help="How many work at once; one a core by default.")
@click.option(
    "--kinds", is_flag=True, help="A fourth column: found as a copy, or as the same design photographed anew."
)
def search(queries: Path, registry: Path, output: Path, processes: int | None, kinds: bool) -> None:
    """Search a folder of pictures for copies of another folder's, and for new photographs of its goods.

    Writes query, source, score; no database. Files named DESIGN__VIEW are views of one design.
    """
    from similarity.search import Unread, search_folders, write_rows

    _need_model()
    bars: dict[str, Any] = {}

    def step(label: str, done: int, total: int) -> None:
        if label not in bars:
            bars[label] = click.progressbar(length=total, label=label, file=sys.stderr)
        bars[label].update(1)
        if done == total:
            bars[label].render_finish()

    def report(one: Unread) -> None:
        click.echo(f"{one.path}: {message_for(one.fault.code, one.fault.values, _say())}", err=True)

    rows = search_folders(queries, registry, processes=processes, report=report, step=step)
    click.echo(f"{write_rows(rows, output, kinds=kinds)} rows", err=True)


@main.group()
def jobs() -> None:
    """Scheduled work."""


@jobs.command("run")
@click.argument("names", nargs=-1)
def run_jobs(names: tuple[str, ...]) -> None:
    """Run every job once, or only those named; where a scheduler is at work, it does it."""
    from jobs import schedule

    unknown = set(names) - {job.name for job in schedule.SCHEDULE}
    if unknown:
        raise click.BadParameter(f"no such job: {', '.join(sorted(unknown))}")
    audit.end()  # scheduled work is nobody's
    schedule.run_apart(_runtime(), names)


@main.group("alerts")
def alerts_group() -> None:
    """The inbox."""


@alerts_group.command("list")
@_as_account
@click.option("--state", type=click.Choice([one.value for one in AlertState]), default="open")
def list_alerts(email: str, state: str) -> None:
    """Alerts of the account: id, probability, filing, listing, reason."""
    with _runtime().sessions() as session:
        for one in alerts.inbox(session, account=_account(session, email), state=AlertState(state), limit=1000):
            match = one.match
            seen = (
                f"{match.listing.platform} {match.listing.external_id}"
                if match.listing
                else match.later_filing and match.later_filing.number
            )
            why = ", ".join(told(match.kind, match.reason, _say()))
            click.echo(f"{one.id}\t{match.probability:.3f}\t{match.filing.number}\t{seen}\t{why}")


@alerts_group.command("confirm")
@click.argument("alert_id", type=int)
@_as_account
@click.option("--note", default="")
def confirm_alert(alert_id: int, email: str, note: str) -> None:
    """Confirm: the alert becomes a case."""
    with transaction(_runtime().sessions) as session:
        acting = _account(session, email)
        found = alerts.get_alert(session, alert_id=alert_id, account=acting)
        click.echo(alerts.confirm(session, alert=found, account=acting, note=note, now=utc_now()).number)


@alerts_group.command("dismiss")
@click.argument("alert_id", type=int)
@_as_account
@click.option("--reason", required=True, type=click.Choice([one.value for one in DismissReason]))
def dismiss_alert(alert_id: int, email: str, reason: str) -> None:
    """Dismiss, for a reason."""
    with transaction(_runtime().sessions) as session:
        acting = _account(session, email)
        found = alerts.get_alert(session, alert_id=alert_id, account=acting)
        alerts.dismiss(session, alert=found, account=acting, reason=DismissReason(reason), now=utc_now())


@main.group("cases")
def cases_group() -> None:
    """The regulator's queue."""


@cases_group.command("list")
@_as_account
def list_cases(email: str) -> None:
    """Cases that the account may see."""
    with _runtime().sessions() as session:
        for one in cases.queue(session, account=_account(session, email)):
            officer = one.officer.email if one.officer else "-"
            click.echo(f"{one.number}\t{one.state}\t{officer}\t{one.match.filing.number}")


@cases_group.command("show")
@click.argument("number")
@_as_account
def show_case(number: str, email: str) -> None:
    """A case with its history."""
    with _runtime().sessions() as session:
        found = cases.get_case(session, number=number, account=_account(session, email))
        click.echo(f"{found.number}\t{found.state}\t{found.outcome or '-'}\t{found.decision_reason}")
        for event in found.events:
            click.echo(
                f"{event.at.isoformat()}\t{event.who}\t{event.action}\tlog entry {event.log_index}"
                f"\t{event.note}".rstrip()
            )


@cases_group.command("assign")
@click.argument("number")
@_as_account
def assign_case(number: str, email: str) -> None:
    """Assign the case to the account."""
    with transaction(_runtime().sessions) as session:
        officer = _account(session, email)
        found = cases.get_case(session, number=number, account=officer)
        cases.assign(session, case=found, officer=officer, row_version=found.row_version, now=utc_now())


@cases_group.command("decide")
@click.argument("number")
@_as_account
@click.option("--outcome", required=True, type=click.Choice([one.value for one in CaseOutcome]))
@click.option("--reason", required=True)
@click.option("--unheard", default="", help="Why the seller is found to infringe without having been heard.")
def decide_case(number: str, email: str, outcome: str, reason: str, unheard: str) -> None:
    """Decide the case, with the reason that stays on the record."""
    with transaction(_runtime().sessions) as session:
        officer = _account(session, email)
        found = cases.get_case(session, number=number, account=officer)
        cases.decide(
            session,
            case=found,
            officer=officer,
            outcome=CaseOutcome(outcome),
            reason=reason,
            unheard=unheard,
            row_version=found.row_version,
            now=utc_now(),
        )


def _may_see(runtime: Runtime, number: str, email: str, action: str) -> tuple[int, bool]:
    """The filing's id, and whether the account may have the applicant's names with it. Who takes a copy of what is
    sealed stands in the audit trail, and first of all."""
    with transaction(runtime.sessions) as session:
        account = _account(session, email)
        found = registry.get_filing(session, number=number, account=account)
        if found.vault_key_id is not None:
            audit.record(session, actor=account, action=action, subject=f"filing:{found.number}", now=utc_now())
        return found.id, access.owns_filing(account, found) or account.role is Role.REGULATOR


@main.command("certificate")
@click.argument("number")
@_as_account
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="NUMBER.pdf where not given.")
def issue_certificate(number: str, email: str, output: Path | None) -> None:
    """Write the signed certificate of a filing (PDF)."""
    from ipreg import certificate

    runtime = _runtime()
    filing_id, _ = _may_see(runtime, number, email, "filing.certificate")
    _write(output or Path(f"{number.strip().upper()}.pdf"), certificate.obtain(runtime, filing_id, clock=utc_now))


@main.command("bundle")
@click.argument("number")
@_as_account
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="NUMBER.zip where not given.")
def write_bundle(number: str, email: str, output: Path | None) -> None:
    """Write the evidence bundle of a filing (ZIP), which strangers check without us."""
    from ipreg import bundle

    runtime = _runtime()
    filing_id, named = _may_see(runtime, number, email, "filing.bundle")
    data = bundle.build(runtime, filing_id, with_applicant=named, clock=utc_now)
    _write(output or Path(f"{number.strip().upper()}.zip"), data)


def _write(place: Path, data: bytes) -> None:
    try:
        place.write_bytes(data)
    except OSError as fault:
        raise click.ClickException(f"{place}: {fault.strerror}") from fault
    click.echo(f"{place}\t{len(data)} bytes")


@main.command("verify", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify_bundle(arguments: tuple[str, ...]) -> None:
    """Check an evidence bundle offline: FILE.zip [--key VKEY] [--tsa-root PEM]."""
    from ipreg import verifier

    sys.exit(verifier.main(arguments))


main.add_command(backupcommands.take_command())
main.add_command(backupcommands.restore_command(_say))
main.add_command(dbcommands.commands(Commands))
main.add_command(filecommands.commands(Commands, _runtime))
main.add_command(vaultcommands.commands(Commands, _runtime))
main.add_command(vaultcommands.new_key_file())


@main.group("log")
def log_group() -> None:
    """The transparency log."""


@log_group.command("check")
def check_log() -> None:
    """Check the log against itself, the database and the stored files, and name all that differs."""
    from ipreg import logcheck, logkeys

    runtime = _runtime()
    with runtime.sessions() as session:
        keys = logkeys.verifiers(session, first=runtime.log_key)
        witnesses = [one.cosigner for one in runtime.config.witnesses]
        found = logcheck.check_log(session, runtime.store, verifiers=keys, witnesses=witnesses)
    for one in found.differences:
        place = "-" if one.index is None else one.index
        click.echo(f"log entry {place}\t{one.code}\t{message_for(one.code, one.values, _say())}", err=True)
    if found.differences:
        raise click.ClickException(f"{len(found.differences)} differences")
    click.echo(f"{found.size} entries hold")


@main.group("audit")
def audit_group() -> None:
    """The audit trail."""


@audit_group.command("check")
def check_audit() -> None:
    """Check every row of the audit trail against the others and the log, and name all that was tampered with."""
    from ipreg import auditcheck, logkeys

    runtime = _runtime()
    with runtime.sessions() as session:
        found = auditcheck.check(session, verifiers=logkeys.verifiers(session, first=runtime.log_key))
    for one in found.faults:
        click.echo(f"{one.code}\t{message_for(one.code, one.values, _say())}", err=True)
    if found.faults:
        raise click.ClickException(f"{len(found.faults)} faults")
    click.echo(f"{found.size} rows hold, {found.committed} of them are committed to the log")


@log_group.command("prove")
@click.argument("index", type=click.IntRange(min=0))
@click.option("--size", type=click.IntRange(min=1), help="Of an older checkpoint, by its number of entries.")
def prove_entry(index: int, size: int | None) -> None:
    """The proof of log entry INDEX, in the form of c2sp.org/tlog-proof."""
    from ipreg.log import prove_inclusion

    with _runtime().sessions() as session:
        click.echo(str(prove_inclusion(session, index=index, size=size).to_log_proof()), nl=False)


@log_group.command("prove-growth")
@click.argument("old", type=click.IntRange(min=0))
@click.argument("new", type=click.IntRange(min=0))
def prove_growth(old: int, new: int) -> None:
    """The proof that the tree of OLD entries is the beginning of that of NEW entries, hash by hash."""
    from ipreg.log import prove_consistency
    from ipreg.tlog.note import encode_base64

    with _runtime().sessions() as session:
        proof = prove_consistency(session, old=old, new=new)
    click.echo(f"{old} {encode_base64(proof.old_root)}\n{new} {encode_base64(proof.new_root)}")
    for one in proof.path:
        click.echo(encode_base64(one))


@log_group.command("stamps")
def list_stamps() -> None:
    """Time stamps and witnesses: what there is, and what is still waited for."""
    from ipreg.models import LogTimeStamp, LogWitness

    with _runtime().sessions() as session:
        for one in session.scalars(select(LogTimeStamp).order_by(LogTimeStamp.size, LogTimeStamp.id)):
            when = one.gen_time.isoformat() if one.gen_time else f"next try {one.next_try_at.isoformat()}"
            click.echo(f"{one.size}\t{one.authority}\t{one.state}\t{when}\t{one.last_fault}".rstrip())
        for witness in session.scalars(select(LogWitness).order_by(LogWitness.name)):
            click.echo(f"{witness.last_size}\twitness {witness.name}\t{witness.last_fault}".rstrip())


@log_group.command("rotate-key")
def rotate_key() -> None:
    """Make a new key; it signs beside the old one until that is retired."""
    from ipreg import logkeys
    from jobs import checkpoints

    runtime = _runtime()
    with transaction(runtime.sessions) as session:
        made = logkeys.rotate(session, first=runtime.log_key, folder=runtime.secrets, now=utc_now())
    checkpoints.run(runtime)
    click.echo(str(made))


@log_group.command("retire-key")
@click.argument("key_id")
def retire_key(key_id: str) -> None:
    """The key of that id (eight hex digits) signs no more. Old proofs under it stay valid."""
    from ipreg import logkeys
    from jobs import checkpoints

    runtime = _runtime()
    with transaction(runtime.sessions) as session:
        logkeys.retire(session, key_id=key_id, now=utc_now())
    checkpoints.run(runtime)


@log_group.command("monitor")
@click.argument("url")
@click.option("--key", "keys", required=True, multiple=True, help="The log's key (name+hash+key), or several.")
@click.option("--state", required=True, type=click.Path(dir_okay=False, path_type=Path), help="What was seen last.")
@click.option("--witness", "witnesses", multiple=True, help="A witness's key.")
@click.option("--need", default=0, type=click.IntRange(min=0), help="How many witnesses must have cosigned.")
@click.option("--every", type=click.IntRange(min=1), help="Go on, looking every so many seconds.")
def monitor_log(
    url: str, keys: tuple[str, ...], state: Path, witnesses: tuple[str, ...], need: int, every: int | None
) -> None:
    """Follow the log at URL (as https://registry.example/log) and scream where it is not honest.

    Exit code 0: all verified. 1: the log forked, went back, lost or changed something; the signed notes that show
    it are kept beside the state file. 3: the log could not be reached.
    """
    from ipreg import monitor
    from ipreg.errors import UpstreamError
    from ipreg.tlog.cosignature import Cosigner
    from ipreg.tlog.note import Verifier

    verifiers, cosigners = [Verifier.parse(one) for one in keys], [Cosigner.parse(one) for one in witnesses]
    fetch = monitor.fetch_over_http(url)
    while True:
        seen = monitor.load_seen(state)
        try:
            now = monitor.look(fetch, seen, verifiers=verifiers, witnesses=cosigners, needed=need)
            monitor.keep_seen(state, now)
            click.echo(f"ok\t{now.size} entries\t{now.size - seen.size} new\troot {now.root.hex()}")
        except monitor.Alarm as alarm:
            kept = monitor.keep_evidence(state, alarm)
            click.echo(f"ALARM\t{alarm.code}\t{message_for(alarm.code, alarm.values, _say())}\t{kept}", err=True)
            sys.exit(1)
        except UpstreamError as fault:
            click.echo(f"unreachable\t{message_for(fault.code, fault.values, _say())}", err=True)
            if every is None:
                sys.exit(3)
        if every is None:
            return
        time.sleep(every)


@main.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
def serve(port: int, host: str) -> None:
    """Serve the pages."""
    from waitress import serve as serve_pages

    from ipreg import logs, metrics
    from ipreg.app import create_app

    config = Config.from_env(os.environ)
    logs.set_up(config.log_format)
    metrics.share(config.var)
    mimetypes.add_type("text/javascript", ".js")
    serve_pages(create_app(config), host=host, port=port, **SERVER)


@main.command()
def scheduler() -> None:
    """Keep the schedule: imports, fingerprints, matches, alerts, mail. Of several such processes one leads."""
    import logging

    from ipreg import logs, metrics
    from jobs import schedule

    config = Config.from_env(os.environ)
    logs.set_up(config.log_format)
    metrics.share(config.var)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a long job skips a turn: no news
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    schedule.keep(_runtime(), stop)


@main.command()
@click.option("--port", default=8000, show_default=True, envvar="PORT")
def up(port: int) -> None:
    """Start everything with sample data: the pages and the scheduler, as two processes."""
    from ipreg import demo, democases

    environ = {"IPREG_PUBLIC_URL": f"http://127.0.0.1:{port}", **os.environ}
    os.environ.update(environ)
    people = demo.load(_runtime(), clock=utc_now)
    democases.walk_when_alerted(_runtime(), utc_now)
    program = [sys.executable, "-m", "ipreg"]
    # In a session of their own, so that Ctrl-C reaches them once, from here, and not twice.
    running = [
        subprocess.Popen([*program, *words], start_new_session=True)  # noqa: S603 - our own program
        for words in (["serve", "--port", str(port)], ["scheduler"])
    ]
    click.echo(f"\n  {environ['IPREG_PUBLIC_URL']}\n")
    for one in people:
        click.echo(f"  {one.role:<14} {one.email:<26} {one.password}")
    click.echo("\n  Ctrl-C stops.\n")
    sys.exit(_watch(running))


def _watch(running: list[subprocess.Popen[bytes]]) -> int:
    """Waits for Ctrl-C, or for either process to end; then ends both."""
    stop = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    while not stop.wait(0.3) and all(one.poll() is None for one in running):
        pass
    failed = not stop.is_set()
    for one in running:
        one.terminate()
    for one in running:
        try:
            one.wait(20)
        except subprocess.TimeoutExpired:
            one.kill()
    return 1 if failed else 0
