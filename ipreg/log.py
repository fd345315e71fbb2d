"""The transparency log: entries are appended, checkpoints signed, inclusion proved.

Order of writes: an entry and its hashes are stored in the transaction that moves the head; a checkpoint covers
only entries of transactions that are done. So after a crash at any point the log has no gap, no second head, and
no checkpoint over an entry that was lost.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import rfc8785
from sqlalchemy import CursorResult, Table, TextualSelect, bindparam, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ipreg.errors import ConflictError, MissingError, ProofError
from ipreg.models.log import LogCheckpoint, LogCosignature, LogEntry, LogHead, LogKey, LogNode
from ipreg.tlog import merkle
from ipreg.tlog.note import Signer, TreeHead, Verifier, open_checkpoint, sign_note, split_note
from ipreg.tlog.proof import LogProof
from ipreg.tlog.tiles import HEIGHT, Tile, join_entries, join_hashes

LEAF_FORMAT = "ipreg-leaf/1"
SALT_SIZE = 32
# Requests take their time at their start and reach the log in another order; more than this is a wrong clock.
CLOCK_TOLERANCE = timedelta(minutes=2)
Found = TypeVar("Found")


@dataclass(frozen=True)
class InclusionProof:
    """That leaf ``index`` stands in the tree of the signed ``checkpoint``; hashes are 32 bytes each.

    ``checkpoint`` is the note as the log signed it, the very bytes that are time-stamped; ``cosignatures`` are the
    witnesses' lines, and ``published`` is both.
    """

    index: int
    leaf_hash: bytes
    path: tuple[bytes, ...]
    head: TreeHead
    checkpoint: str
    cosignatures: tuple[str, ...] = ()

    @property
    def published(self) -> str:
        return self.checkpoint + "".join(self.cosignatures)

    def to_log_proof(self) -> LogProof:
        """The same as one text (c2sp.org/tlog-proof)."""
        return LogProof(self.index, self.path, self.published)

    def verify(self, *verifiers: Verifier) -> None:
        """Raises ``ProofError`` unless the log, by one of its keys, signed a tree that holds the leaf."""
        head = open_checkpoint(self.checkpoint, *verifiers)
        merkle.verify_inclusion(self.leaf_hash, index=self.index, size=head.size, path=self.path, root=head.root)


@dataclass(frozen=True)
class ConsistencyProof:
    """That the tree of ``old`` leaves is the beginning of that of ``new`` leaves; hashes are 32 bytes each."""

    old: int
    new: int
    path: tuple[bytes, ...]
    old_root: bytes
    new_root: bytes

    def verify(self) -> None:
        """Raises ``ProofError`` where it is not. Compare the roots with those of signed checkpoints."""
        merkle.verify_consistency(
            old=self.old, new=self.new, old_root=self.old_root, new_root=self.new_root, path=self.path
        )


@dataclass(frozen=True)
class NewEntry:
    """What an entry is to say: its kind, what it is about, and the statement that its leaf commits to."""

    kind: str
    subject: str
    statement: Mapping[str, object]


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
    return append_entries(session, entries=[NewEntry(kind, subject, statement)], now=now)[0]


def append_entries(session: Session, *, entries: Sequence[NewEntry], now: datetime) -> list[LogEntry]:
    """Appends many at once, in order, all or none; raises as ``append_entry``."""
    if not entries:
        return []
    start = _move_head(session, len(entries), now)
    nodes = _nodes(session, merkle.frontier(start))
    added: list[dict[str, object]] = []
    made: list[LogEntry] = []
    for index, new in enumerate(entries, start):
        made.append(_entry(index, new, now))
        leaf = merkle.hash_leaf(made[-1].leaf)
        for level, position, node in merkle.completed_nodes(index, leaf, lambda *at: nodes[at]):
            nodes[level, position] = node
            added.append({"level": level, "position": position, "hash": node})
    session.add_all(made)
    session.execute(insert(LogNode), added)
    session.flush()
    return made


def _entry(index: int, new: NewEntry, now: datetime) -> LogEntry:
    text = rfc8785.dumps(cast("dict[str, Any]", dict(new.statement))).decode()
    salt = secrets.token_bytes(SALT_SIZE)
    leaf = leaf_data(kind=new.kind, statement=text, salt=salt)
    return LogEntry(
        index=index, kind=new.kind, subject=new.subject, statement=text, salt=salt, leaf=leaf, created_at=now
    )


def sign_checkpoint(session: Session, *, signer: Signer | Sequence[Signer], now: datetime) -> LogCheckpoint | None:
    """Signs the tree as it stands; None for an empty log, the same checkpoint again where nothing was added.

    Several signers are several keys of one log. Call it in a transaction of its own, after the one that appended
    is committed. Raises ``ProofError`` where the signers are not the keys that sign now (``ipreg.logkeys``).
    """
    signers = [signer] if isinstance(signer, Signer) else list(signer)
    _require_all_keys(session, signers)
    size = _size(session)
    if size == 0:
        return None
    known = session.get(LogCheckpoint, size)
    if known is not None:
        return known
    root = _reading(session, lambda read: merkle.root_hash(size, read))
    note = sign_note(TreeHead(signers[0].name, size, root).to_text(), signers)
    try:
        with session.begin_nested():
            session.add(made := LogCheckpoint(size=size, note=note, signed_at=now))
    except IntegrityError:  # another process signed the same tree in the same moment: its note is as good
        return session.get_one(LogCheckpoint, size)
    return made


def _require_all_keys(session: Session, signers: Sequence[Signer]) -> None:
    """A checkpoint by a retired key, or by one of two, could be taken for a forged one by those who follow."""
    signing = set(session.scalars(select(LogKey.key_id).where(LogKey.retired_at.is_(None))))
    if signing and signing != {one.verifier.key_id.hex() for one in signers}:
        raise ProofError("log_keys_not_current")


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
    covered = checkpoint.size
    return InclusionProof(
        index=index,
        leaf_hash=merkle.hash_leaf(entry.leaf),
        path=_reading(session, lambda read: merkle.inclusion_path(index, covered, read)),
        head=TreeHead.parse(split_note(checkpoint.note)[0]),
        checkpoint=checkpoint.note,
        cosignatures=cosignature_lines(session, size=covered),
    )


def prove_consistency(session: Session, *, old: int, new: int) -> ConsistencyProof:
    """The proof that the first ``old`` of ``new`` leaves are the same in both trees.

    Raises ``ProofError`` for sizes that are out of order, ``MissingError`` for a tree that no checkpoint covers.
    """
    latest = latest_checkpoint(session)
    if latest is None or new > latest.size:
        raise MissingError("checkpoint_missing", size=new)

    def prove(read: merkle.ReadNode) -> ConsistencyProof:
        path = merkle.consistency_path(old, new, read)
        return ConsistencyProof(old, new, path, merkle.root_hash(old, read), merkle.root_hash(new, read))

    return _reading(session, prove)


def cosignature_lines(session: Session, *, size: int) -> tuple[str, ...]:
    """The witnesses' signature lines for the checkpoint over ``size`` entries."""
    wanted = select(LogCosignature.line).where(LogCosignature.size == size)
    return tuple(session.scalars(wanted.order_by(LogCosignature.witness)))


def tile_content(session: Session, tile: Tile) -> bytes:
    """The bytes of a hash tile or entry bundle; ``MissingError`` where no checkpoint covers all of it."""
    latest = latest_checkpoint(session)
    if latest is None or not tile.in_tree_of(latest.size):
        raise MissingError("tile_missing")
    end = tile.start + tile.width
    if tile.level < 0:
        wanted = select(LogEntry.leaf).where(LogEntry.index >= tile.start, LogEntry.index < end)
        return join_entries(session.scalars(wanted.order_by(LogEntry.index)).all())
    hashes = select(LogNode.hash).where(
        LogNode.level == tile.level * HEIGHT, LogNode.position >= tile.start, LogNode.position < end
    )
    return join_hashes(session.scalars(hashes.order_by(LogNode.position)).all())


def verify_log(session: Session, *, verifier: Verifier | Sequence[Verifier]) -> int:
    """Checks every entry, hash and checkpoint against each other; returns how many entries there are.

    ``verifier`` is the log's key, or all that it ever had. Raises ``ProofError`` at the first that does not hold.
    """
    verifiers = [verifier] if isinstance(verifier, Verifier) else list(verifier)
    size = _size(session)
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
        found = open_checkpoint(checkpoint.note, *verifiers)
        if found.size != checkpoint.size or found.size > size:
            raise ProofError("checkpoint_beyond_log", size=found.size)
        if found.root != merkle.root_hash(found.size, lambda level, position: nodes[level, position]):
            raise ProofError("checkpoint_other_root", size=found.size)
    return size


def _verify_nodes(session: Session, nodes: dict[tuple[int, int], bytes]) -> None:
    stored = {(node.level, node.position): node.hash for node in session.scalars(select(LogNode))}
    if stored != nodes:
        raise ProofError("log_hashes_changed")


def _size(session: Session) -> int:
    """How many entries the head counts, as the database has it now."""
    row = session.execute(_READ_HEAD).first()
    return row.size if row else 0


def hold(session: Session) -> None:
    """Until the transaction ends nobody else appends: the write comes first, so that a second writer waits here
    and not half way."""
    first = session.execute(_HOLD_HEAD)
    if cast("CursorResult[Any]", first).rowcount == 0:
        try:
            with session.begin_nested():
                session.add(LogHead(id=1, size=0))
        except IntegrityError:  # of the first two writers the other was faster
            session.execute(_HOLD_HEAD)


def _move_head(session: Session, count: int, now: datetime) -> int:
    """Claims the next ``count`` indices and returns the first."""
    hold(session)
    size, last_at = session.execute(_READ_HEAD).one()
    if last_at is not None and now < last_at - CLOCK_TOLERANCE:
        raise ConflictError("clock_went_back", last=last_at.isoformat())
    latest = now if last_at is None else max(now, last_at)
    moved = session.execute(_MOVE_HEAD, {"seen": size, "new_size": size + count, "new_last_at": latest})
    if cast("CursorResult[Any]", moved).rowcount != 1:
        raise ConflictError("log_busy")
    return int(size)


# Built once: at a thousand filings the building took longer than the database.
_HEAD = cast("Table", LogHead.__table__)
_HOLD_HEAD = update(_HEAD).where(_HEAD.c.id == 1).values(size=_HEAD.c.size)
_READ_HEAD = select(_HEAD.c.size, _HEAD.c.last_at)
_MOVE_HEAD = (
    update(_HEAD)
    .where(_HEAD.c.id == 1, _HEAD.c.size == bindparam("seen"))
    .values(size=bindparam("new_size"), last_at=bindparam("new_last_at"))
)


def _reading(session: Session, work: Callable[[merkle.ReadNode], Found]) -> Found:
    """What ``work`` makes of the tree's hashes, all of them read in one query: a first pass only notes which."""
    wanted: set[tuple[int, int]] = set()

    def note(level: int, position: int) -> bytes:
        wanted.add((level, position))
        return bytes(merkle.HASH_SIZE)

    work(note)
    nodes = _nodes(session, wanted)
    return work(lambda level, position: nodes[level, position])


def _nodes(session: Session, places: Collection[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """The hashes at (level, position); raises ``ProofError`` where one is lost."""
    values: dict[str, int] = {}
    for at, (level, position) in enumerate(places):
        values[f"l{at}"], values[f"p{at}"] = level, position
    nodes: dict[tuple[int, int], bytes] = {}
    if places:
        for level, position, node in session.execute(_nodes_query(len(places)), values):
            nodes[level, position] = node
    for level, position in places:
        if (level, position) not in nodes:
            raise ProofError("log_hash_lost", level=level, position=position)
    return nodes


@functools.lru_cache(maxsize=256)
def _nodes_query(count: int) -> TextualSelect:
    """``count`` hashes by their places.

    Written out: "(level, position) in (...)" makes SQLite read the whole table, and an expression that is built
    anew each time costs more than its answer.
    """
    wanted = ", ".join(f"(:l{at}, :p{at})" for at in range(count))
    query = text(
        f"with wanted (level, position) as (values {wanted}) "  # noqa: S608 - numbers that we count ourselves
        "select log_nodes.level, log_nodes.position, log_nodes.hash from wanted join log_nodes "
        "on log_nodes.level = wanted.level and log_nodes.position = wanted.position"
    )
    return query.columns(LogNode.level, LogNode.position, LogNode.hash)
