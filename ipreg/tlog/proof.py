"""An entry's proof as one text that needs nothing else (c2sp.org/tlog-proof@v1)."""

from __future__ import annotations

from dataclasses import dataclass

from ipreg.errors import ProofError
from ipreg.tlog import merkle
from ipreg.tlog.note import (
    TreeHead,
    Verifier,
    decode_base64,
    encode_base64,
    open_checkpoint,
    parse_size,
    split_note,
)

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PATH = 63


@dataclass(frozen=True)
class LogProof:
    """Entry ``index``, the hashes from its sibling up (32 bytes each), the checkpoint; ``extra`` is not proved."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def __str__(self) -> str:
        extra = "" if self.extra is None else f"extra {encode_base64(self.extra)}\n"
        return f"{HEADER}\n{extra}index {self.index}\n{hash_lines(self.path)}\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> LogProof:
        """Reads the format strictly; raises ``ProofError``. The checkpoint's signatures are not looked at."""
        head, gap, checkpoint = text.partition("\n\n")
        first, *lines = head.split("\n")
        if first != HEADER or not gap:
            raise ProofError("log_proof_malformed")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = decode_base64(lines.pop(0)[len("extra ") :], "log_proof_malformed")
        if not lines or not lines[0].startswith("index "):
            raise ProofError("log_proof_malformed")
        index = parse_size(lines.pop(0)[len("index ") :])
        path = parse_hashes(lines, "log_proof_malformed")
        split_note(checkpoint)
        return cls(index, path, checkpoint, extra)

    def verify(self, leaf: bytes, *verifiers: Verifier) -> TreeHead:
        """The signed tree that holds the entry whose data is ``leaf``; raises ``ProofError``."""
        head = open_checkpoint(self.checkpoint, *verifiers)
        merkle.verify_inclusion(
            merkle.hash_leaf(leaf), index=self.index, size=head.size, path=self.path, root=head.root
        )
        return head


def hash_lines(path: tuple[bytes, ...]) -> str:
    """One line of base 64 a hash."""
    return "".join(f"{encode_base64(one)}\n" for one in path)


def parse_hashes(lines: list[str], code: str) -> tuple[bytes, ...]:
    """The hashes of such lines, at most 63; raises ``ProofError`` of that code."""
    path = tuple(decode_base64(line, code) for line in lines)
    if len(path) > MAX_PATH or any(len(one) != merkle.HASH_SIZE for one in path):
        raise ProofError(code)
    return path
