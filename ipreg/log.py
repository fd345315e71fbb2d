"""The transparency log: entries are appended, checkpoints signed, inclusion proved.

Order of writes: an entry and its hashes are stored in the transaction that moves the head; a checkpoint covers
only entries of transactions that are done. So after a crash at any point the log has no gap, no second head, and
no checkpoint over an entry that was lost.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import rfc8785
from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from ipreg.errors import ConflictError, MissingError, ProofError
from ipreg.models.log import LogCheckpoint, LogEntry, LogHead, LogNode
from ipreg.tlog import merkle
from ipreg.tlog.note import Signer, TreeHead, Verifier, open_checkpoint

LEAF_FORMAT = "ipreg-leaf/1"
SALT_SIZE = 32
# Requests take their time at their start and reach the log in another order; more than this is a wrong clock.
CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True)
class InclusionProof:
    """That leaf ``index`` stands in the tree of the signed ``checkpoint``; hashes are 32 bytes each."""

    index: int
    leaf_hash: bytes
    path: tuple[bytes, ...]
    head: TreeHead
    checkpoint: str

    def verify(self, verifier: Verifier) -> None:
        """Raises ``ProofError`` unless the log of ``verifier`` signed a tree that holds the leaf."""
        head = open_checkpoint(self.checkpoint, verifier)
        merkle.verify_inclusion(self.leaf_hash, index=self.index, size=head.size, path=self.path, root=head.root)


def leaf_data(*, kind: str, statement: str, salt: bytes) -> bytes:
    """The public leaf: canonical JSON of format, kind and commitment = SHA-256(salt || statement)."""
    commitment = hashlib.sha256(salt + statement.encode()).hexdigest()
    return rfc8785.dumps({"format": LEAF_FORMAT, "kind": kind, "commitment": commitment})


def append_entry(
    session: Session, *, kind: str, subject: str, statement: Mapping[str, object], now: datetime
) -> LogEntry:
    """Appends what ``statement`` says (canonical JSON, salted) and returns the entry with its index.

    Raises ``ConflictError`` (``log_busy``) where another writer moved the head first: roll back and try again;
    and ``ConflictError`` (``clock_went_back``) where ``now`` lies well before the last entry.
    """
    index = _move_head(session, now)
    text = rfc8785.dumps(cast("dict[str, Any]", dict(statement))).decode()
    salt = secrets.token_bytes(SALT_SIZE)
    leaf = leaf_data(kind=kind, statement=text, salt=salt)
    entry = LogEntry(index=index, kind=kind, subject=subject, statement=text, salt=salt, leaf=leaf, created_at=now)
    session.add(entry)
    for level, position, node in merkle.completed_nodes(index, merkle.hash_leaf(leaf), _reader(session)):
        session.add(LogNode(level=level, position=position, hash=node))
    session.flush()
    return entry


def sign_checkpoint(session: Session, *, signer: Signer, now: datetime) -> LogCheckpoint | None:
    """Signs the tree as it stands; None for an empty log, the same checkpoint again where nothing was added.

    Call it in a transaction of its own, after the one that appended is committed.
    """
    head = session.get(LogHead, 1)
    if head is None or head.size == 0:
        return None
    known = session.get(LogCheckpoint, head.size)
    if known is not None:
        return known
    tree = TreeHead(signer.name, head.size, merkle.root_hash(head.size, _reader(session)))
    made = LogCheckpoint(size=head.size, note=signer.sign(tree.to_text()), signed_at=now)
    session.add(made)
    session.flush()
    return made


def latest_checkpoint(session: Session) -> LogCheckpoint | None:
    """The checkpoint over the most entries, or None."""
    return session.scalar(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1))


def prove_inclusion(session: Session, *, index: int, size: int | None = None) -> InclusionProof:
    """The proof that entry ``index`` stands in the tree of the latest checkpoint, or of that over ``size`` entries.

    Raises ``MissingError``: ``log_entry_missing``, or ``log_entry_not_covered`` before a checkpoint covers it.
    """
    entry = session.get(LogEntry, index)
    if entry is None:
        raise MissingError("log_entry_missing", index=index)
    checkpoint = latest_checkpoint(session) if size is None else session.get(LogCheckpoint, size)
    if checkpoint is None or checkpoint.size <= index:
        raise MissingError("log_entry_not_covered", index=index)
    return InclusionProof(
        index=index,
        leaf_hash=merkle.hash_leaf(entry.leaf),
        path=merkle.inclusion_path(index, checkpoint.size, _reader(session)),
        head=TreeHead.parse(checkpoint.note.rpartition("\n\n")[0] + "\n"),
        checkpoint=checkpoint.note,
    )


def verify_log(session: Session, *, verifier: Verifier) -> int:
    """Checks every entry, hash and checkpoint against each other; returns how many entries there are.

    Raises ``ProofError`` at the first that does not hold.
    """
    head = session.get(LogHead, 1)
    size = head.size if head else 0
    nodes: dict[tuple[int, int], bytes] = {}
    for index, entry in enumerate(session.scalars(select(LogEntry).order_by(LogEntry.index))):
        if entry.index != index:
            raise ProofError("log_entry_lost", index=index)
        if entry.leaf != leaf_data(kind=entry.kind, statement=entry.statement, salt=entry.salt):
            raise ProofError("log_statement_changed", index=index)
        for level, position, node in merkle.completed_nodes(
            index, merkle.hash_leaf(entry.leaf), lambda level, position: nodes[level, position]
        ):
            nodes[level, position] = node
    if sum(1 for level, _ in nodes if level == 0) != size:
        raise ProofError("log_head_wrong", size=size)
    _verify_nodes(session, nodes)
    for checkpoint in session.scalars(select(LogCheckpoint)):
        found = open_checkpoint(checkpoint.note, verifier)
        if found.size != checkpoint.size or found.size > size:
            raise ProofError("checkpoint_beyond_log", size=found.size)
        if found.root != merkle.root_hash(found.size, lambda level, position: nodes[level, position]):
            raise ProofError("checkpoint_other_root", size=found.size)
    return size


def _verify_nodes(session: Session, nodes: dict[tuple[int, int], bytes]) -> None:
    stored = {(node.level, node.position): node.hash for node in session.scalars(select(LogNode))}
    if stored != nodes:
        raise ProofError("log_hashes_changed")


def _move_head(session: Session, now: datetime) -> int:
    """Claims the next index. The write comes first, so that a second writer waits here and not half way."""
    first = session.execute(update(LogHead).where(LogHead.id == 1).values(size=LogHead.size))
    if cast("CursorResult[Any]", first).rowcount == 0:
        session.add(LogHead(id=1, size=0))
        session.flush()
    size, last_at = session.execute(select(LogHead.size, LogHead.last_at)).one()
    if last_at is not None and now < last_at - CLOCK_TOLERANCE:
        raise ConflictError("clock_went_back", last=last_at.isoformat())
    latest = now if last_at is None else max(now, last_at)
    moved = session.execute(
        update(LogHead).where(LogHead.id == 1, LogHead.size == size).values(size=size + 1, last_at=latest)
    )
    if cast("CursorResult[Any]", moved).rowcount != 1:
        raise ConflictError("log_busy")
    return int(size)


def _reader(session: Session) -> merkle.ReadNode:
    def read(level: int, position: int) -> bytes:
        node = session.get(LogNode, (level, position))
        if node is None:
            raise ProofError("log_hash_lost", level=level, position=position)
        return node.hash

    return read
