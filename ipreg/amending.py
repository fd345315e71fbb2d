"""Versions: an amendment is filed beside what was filed before, and chained to it. Nothing is overwritten.

The rows of ``Filing`` show the newest version; each version's manifest, pictures and log entry stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, acts, registry
from ipreg.designform import Creator, DesignForm, check_form, trimmed
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.manifest import NEWEST
from ipreg.models import Account, DesignFile, Filing, FilingState, FilingVersion, FilingView, RightKind, ViewKind
from ipreg.registry import Attached, Kept, Picture
from ipreg.storage import Store

NAMES = (
    "title", "industry", "locarno_class", "creator", "created_on", "description", "keywords", "materials",
    "colours", "rights_wanted", "disclosure", "first_disclosed_on", "district",
)  # fmt: skip
"""The fields of a manifest that two versions are compared by, in the order in which they are shown."""


@dataclass(frozen=True)
class Amendment:
    """What the new version is to be: its fields, which of the present files stay (SHA-256), which of them show
    another view than before, and what is new."""

    form: DesignForm
    keep: frozenset[str]
    pictures: Sequence[Picture] = ()
    design_files: Sequence[Attached] = ()
    kinds: Mapping[str, ViewKind] = field(default_factory=dict)


def form_of(filing: Filing) -> DesignForm:
    """What the present version states, as a form."""
    return DesignForm(
        title=filing.title,
        industry=filing.industry,
        creator=filing.creator,
        created_on=filing.created_on,
        description=filing.description,
        creators=tuple(
            Creator(one["name"], None if one["share"] is None else Decimal(one["share"])) for one in filing.creators
        ),
        locarno_class=filing.locarno_class,
        rights_wanted=tuple(RightKind(one) for one in filing.rights_wanted),
        disclosure=filing.disclosure,
        first_disclosed_on=filing.first_disclosed_on,
        keywords=filing.keywords,
        materials=filing.materials,
        colours=filing.colours,
        district=filing.district,
    )


def amend(
    session: Session,
    store: Store,
    *,
    filing: Filing,
    account: Account,
    amendment: Amendment,
    seen_version: int,
    request_key: str,
    max_views: int = 12,
    now: datetime,
) -> FilingVersion:
    """Files the next version; the same ``request_key`` again gives the same one.

    ``seen_version`` is the version that the account had before it. Raises ``PermissionDeniedError``,
    ``ConflictError`` (``changed_meanwhile``, ``filing_withdrawn``), ``CallerError`` as ``register_design`` does,
    and ``amend_nothing`` where nothing is another.
    """
    if not access.can_act_on_filing(account, filing):
        raise PermissionDeniedError("filing_not_yours_to_change")
    known = session.scalar(
        select(FilingVersion).where(FilingVersion.filing_id == filing.id, FilingVersion.request_key == request_key)
    )
    if known is not None:
        return known
    if filing.state is FilingState.WITHDRAWN:
        raise ConflictError("filing_withdrawn")
    if filing.version != seen_version:
        raise ConflictError("changed_meanwhile")
    form = check_form(amendment.form, now)
    before = {view.sha256: (view.compared_by, view.goods_by) for view in filing.views}
    kept = _content(session, store, filing, amendment, max_views, now)
    if form == trimmed(form_of(filing)) and _files(kept) == _files(_present(filing)):
        raise CallerError("amend_nothing")
    _state(filing, form)
    filing.version, filing.amended_at, filing.manifest_version = filing.version + 1, now, NEWEST
    acts.flush(session)
    registry.enter_version(session, filing=filing, account=account, kept=kept, request_key=request_key, now=now)
    for view in filing.views:  # what was compared with everything need not be again
        view.compared_by, view.goods_by = before.get(view.sha256, (None, None))
    acts.flush(session)
    return version_of(session, filing, filing.version)


def version_of(session: Session, filing: Filing, version: int) -> FilingVersion:
    """One version of a filing; raises ``MissingError``."""
    found = session.scalar(
        select(FilingVersion).where(FilingVersion.filing_id == filing.id, FilingVersion.version == version)
    )
    if found is None:
        raise MissingError("version_missing", version=version)
    return found


def versions_of(session: Session, filing: Filing) -> list[FilingVersion]:
    """All versions, the first first."""
    wanted = select(FilingVersion).where(FilingVersion.filing_id == filing.id).order_by(FilingVersion.version)
    return list(session.scalars(wanted))


def views_of(session: Session, version: FilingVersion) -> list[FilingView]:
    """The pictures of one version, in their order."""
    wanted = select(FilingView).where(
        FilingView.filing_id == version.filing_id, FilingView.version == version.version
    )
    return list(session.scalars(wanted.order_by(FilingView.position)))


def works_of(session: Session, version: FilingVersion) -> list[DesignFile]:
    """The designer's files of one version, in their order."""
    wanted = select(DesignFile).where(
        DesignFile.filing_id == version.filing_id, DesignFile.version == version.version
    )
    return list(session.scalars(wanted.order_by(DesignFile.position)))


def files_of(session: Session, version: FilingVersion) -> set[str]:
    """The SHA-256 of all files of one version."""
    views, works = views_of(session, version), works_of(session, version)
    return {one.sha256 for one in views} | {one.sha256 for one in works}


@dataclass(frozen=True)
class Compared:
    """One field of two versions; ``before`` and ``after`` are as the manifests have them."""

    name: str
    before: Any
    after: Any

    @property
    def changed(self) -> bool:
        return bool(self.before != self.after)


def compare(one: FilingVersion, other: FilingVersion) -> list[Compared]:
    """Field by field, from the manifests, which nobody can have changed since. A field neither has is left out."""
    before, after = json.loads(one.manifest), json.loads(other.manifest)
    found = (Compared(name, before.get(name), after.get(name)) for name in NAMES)
    return [each for each in found if each.before or each.after]


def _content(
    session: Session, store: Store, filing: Filing, amendment: Amendment, max_views: int, now: datetime
) -> Kept:
    """The files that stay, and the new ones after them."""
    stay = _present(filing, amendment.keep, amendment.kinds)
    if not stay.views and not amendment.pictures:
        raise CallerError("pictures_none", field="pictures")
    shelf, new = store.shelf(filing.vault_key), Kept((), ())
    if amendment.pictures:
        new = registry.keep_content(session, shelf, amendment.pictures, (), max_views=max_views, now=now)
    others = registry.keep_design_files(session, shelf, amendment.design_files, [], now)
    for position, (_, name, file) in enumerate(new.views):
        if file.sha256 in {one.sha256 for _, _, one in stay.views}:
            raise CallerError("picture_twice", field=f"pictures-{position}", name=name)
    views = (*stay.views, *new.views)
    if len(views) > max_views:
        raise CallerError("pictures_too_many", field="pictures", most=max_views)
    added = tuple(
        (registry.base_name(one.filename), file)
        for one, file in zip(amendment.design_files, others, strict=True)
        if file.sha256 not in {known.sha256 for _, known in stay.design_files}
    )
    return Kept(views, (*stay.design_files, *added))


def _present(
    filing: Filing, keep: frozenset[str] | None = None, kinds: Mapping[str, ViewKind] | None = None
) -> Kept:
    views = [one for one in filing.views if keep is None or one.sha256 in keep]
    return Kept(
        tuple(((kinds or {}).get(one.sha256, one.kind), one.filename, one.file) for one in views),
        tuple((one.filename, one.file) for one in filing.design_files if keep is None or one.sha256 in keep),
    )


def _files(kept: Kept) -> list[tuple[str, str]]:
    views = [(kind.value, file.sha256) for kind, _, file in kept.views]
    return views + [("", file.sha256) for _, file in kept.design_files]


def _state(filing: Filing, form: DesignForm) -> None:
    filing.title, filing.industry, filing.creator = form.title, form.industry, form.creator
    filing.creators = [one.to_json() for one in form.creators]
    filing.created_on, filing.description = form.created_on, form.description
    filing.locarno_class, filing.rights_wanted = form.locarno_class, tuple(form.rights_wanted)
    filing.disclosure, filing.first_disclosed_on = form.disclosure, form.first_disclosed_on
    filing.keywords, filing.materials, filing.colours = form.keywords, form.materials, form.colours
    filing.district = form.district
