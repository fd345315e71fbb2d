"""What anybody may ask, without a token: was this filed, and where does the log stand. And whose token this is."""

from __future__ import annotations

import json

from flask import Blueprint, g, url_for

from ipreg import amending, log, logkeys, lookup
from ipreg.api import shapes
from ipreg.api.operation import Routes
from ipreg.errors import MissingError
from ipreg.models import Filing, FilingVersion, Role
from ipreg.tlog.note import TreeHead, split_note
from ipreg.web.filings import proof_of, stamps_of
from ipreg.web.session import db, me, runtime

N_ = str  # marks a text for extraction
bp = Blueprint("api_public", __name__)
routes = Routes(bp, N_("Verification and log"))


@routes.get(
    "/verify",
    N_("The earliest filing that holds a file of this digest"),
    query=shapes.DigestAsked,
    answer=shapes.Record,
    errors=(404,),
)
def by_digest(query: shapes.DigestAsked) -> shapes.Record:
    found = lookup.by_digest(db(), query.digest)
    if found is None:
        raise MissingError("digest_unknown")
    return _record(found.filing, lookup.clean_digest(query.digest), found)


@routes.get(
    "/verify/<number>",
    N_("The public record of a filing, and whether a file is part of it"),
    query=shapes.VerifyAsked,
    answer=shapes.Record,
    errors=(404,),
)
def by_number(number: str, query: shapes.VerifyAsked) -> shapes.Record:
    filing = lookup.by_number(db(), number)
    if not query.digest.strip():
        return _record(filing, version=query.version)
    digest = lookup.clean_digest(query.digest)
    found = lookup.by_digest(db(), digest, number=filing.number)
    return _record(filing, digest, found, version=query.version)


@routes.get("/log", N_("Where the transparency log stands, and where to read it"), answer=shapes.LogState)
def log_state() -> shapes.LogState:
    newest, address = log.latest_checkpoint(db()), f"{runtime().config.public_url}/log"
    head = TreeHead.parse(split_note(newest.note)[0]) if newest is not None else None
    return shapes.LogState(
        origin=runtime().log_key.name,
        size=newest.size if newest else 0,
        root_hash=head.root.hex() if head else None,
        signed_at=newest.signed_at if newest else None,
        verifier=str(logkeys.current_verifier(db(), first=runtime().log_key)),
        checkpoint=f"{address}/checkpoint",
        tiles=f"{address}/tile/",
        keys=f"{address}/keys",
    )


@routes.get("/me", N_("Whose token this is, and what it may be used for"), roles=tuple(Role), answer=shapes.Whoami)
def whoami() -> shapes.Whoami:
    account = me()
    return shapes.Whoami(
        id=account.id,
        name=account.name,
        email=account.email,
        role=account.role.value,
        organization=account.organization.name if account.organization else None,
        scopes=list(g.token.scopes),
        expires_at=g.token.expires_at,
    )


def _record(
    filing: Filing, digest: str = "", found: lookup.Found | None = None, *, version: int | None = None
) -> shapes.Record:
    versions = amending.versions_of(db(), filing)
    shown = _shown(versions, digest, version)
    return shapes.Record(
        number=filing.number,
        version=shown.version,
        versions=len(versions),
        filed_at=shown.filed_at,
        withdrawn_at=filing.withdrawn_at,
        files=[shapes.Digests(sha256=one["sha256"], sm3=one["sm3"]) for one in json.loads(shown.manifest)["files"]],
        matches=found is not None if digest else None,
        certificate=found is not None and found.certificate,
        later_filings=found.later if found is not None else 0,
        proof=_proof(shown.log_index),
    )


def _shown(versions: list[FilingVersion], digest: str, asked: int | None) -> FilingVersion:
    """The version that is asked for, else the first that holds the file, else the newest."""
    if asked is not None:
        named = next((one for one in versions if one.version == asked), None)
        if named is None:
            raise MissingError("version_missing", version=asked)
        return named
    return next((one for one in versions if digest and digest in one.manifest), versions[-1])


def _proof(index: int) -> shapes.ProofRef:
    home = runtime().config.public_url
    return shapes.ProofRef(
        index=index,
        held=proof_of(index).held,
        proof=home + url_for("log.proof", index=index),
        log_key=str(logkeys.current_verifier(db(), first=runtime().log_key)),
        stamps=[
            shapes.StampRef(
                authority=one.authority,
                issuer=issuer,
                size=one.size,
                token=home + url_for("log.token", size=one.size, authority=one.authority),
                certificates=home + url_for("log.token_certificates", size=one.size, authority=one.authority),
                checkpoint=home + url_for("log.signed_checkpoint", size=one.size),
            )
            for one, issuer in stamps_of(index)
        ],
    )
