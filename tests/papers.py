"""One filing in a log of several, with its bundle, and bundles that a forger might make of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from databases import Databases
from scenery import HandClock, People, Picture, design_form, draw_picture, one_picture

from ipreg import bundle, registry, verifier
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.keys import keep_once
from ipreg.models import Filing, ViewKind
from ipreg.runtime import Runtime, open_runtime
from ipreg.tlog.note import Signer
from jobs import checkpoints, timestamps

Files = dict[str, bytes]


def open_prepared(var: Path, databases: Databases, seal_file: Path) -> Runtime:
    """A runtime in the empty folder ``var``, with a migrated database and a seal that are there already."""
    databases.make(var)
    (var / "secrets").mkdir(parents=True, mode=0o700)
    keep_once(var / "secrets" / "seal.pem", seal_file.read_bytes())
    return open_runtime(Config.from_env(databases.environ(var)))


def open_copy(prepared: Path, databases: Databases, var: Path) -> Runtime:
    """A runtime in the new folder ``var``, with all that ``prepared`` has."""
    databases.copy(prepared, var)
    return open_runtime(Config.from_env(databases.environ(var)))


def file_some(runtime: Runtime, clock: HandClock, count: int = 5) -> tuple[int, str]:
    """``count`` filings, stamped; the (id, number) of the middle one, which has two pictures."""
    with transaction(runtime.sessions) as session:
        people = People(session, clock())
        made = [
            registry.register_design(
                session,
                runtime.store,
                applicant=people.designer,
                form=design_form(f"云纹外套 {serial}"),
                pictures=[*one_picture(serial), Picture(ViewKind.BACK, "back.png", draw_picture(50, kind="PNG"))],
                request_key=f"r{serial}",
                now=clock(),
            )
            for serial in range(count)
        ]
        middle: Filing = made[count // 2]
        found = middle.id, middle.number
    checkpoints.run(runtime, clock=clock)
    timestamps.run(runtime, clock=clock)
    return found


def make_bundle(runtime: Runtime, clock: HandClock) -> bytes:
    filing_id, _ = file_some(runtime, clock)
    return bundle.build(runtime, filing_id, with_applicant=True, clock=clock)


def resealed(files: Files, signer: Signer, number: str | None = None) -> Files:
    """The same files, listed and signed again, as only the log's key can: each later check stands alone."""
    number = number or files[verifier.CONTENTS].decode().split("\n")[1]
    rest = [(name, data) for name, data in files.items() if name not in (verifier.SUMS, verifier.CONTENTS)]
    sums = verifier.sums_of(rest)
    note = signer.sign(verifier.contents_text(number, sums)).encode()
    return {verifier.SUMS: sums, verifier.CONTENTS: note, **dict(rest)}


def refusal(act: Callable[[], object]) -> str:
    """The code with which ``act`` is refused, after its words were formed in both languages."""
    try:
        act()
    except verifier.Refused as fault:
        assert fault.words("zh") != fault.words("en")
        return fault.code
    raise AssertionError("it was accepted")


def code_of(files: Files, **trusted: object) -> str:
    return refusal(functools.partial(verifier.verify_files, files, **trusted))  # type: ignore[arg-type]
