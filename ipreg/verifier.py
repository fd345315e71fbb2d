#!/usr/bin/env python3
"""Checks an evidence bundle of a design registry offline.

    python3 verifier.py FILE.zip [--key VKEY] [--tsa-root PEM]

One file, the standard library and the package ``cryptography``; it needs no network and no word of the registry.
What it is given is not trusted: every byte of the archive is compared with what the archive has to be, every file
with the list that the log's key signed, the filing with its leaf, the leaf with the signed tree, the tree with the
time stamps. Without ``--key`` it takes the log's key from the bundle itself and says so.

Formats: docs/proof-papers.md of the project. Hashing RFC 9162, notes c2sp.org/signed-note, proofs
c2sp.org/tlog-proof, cosignatures c2sp.org/tlog-cosignature, time stamps RFC 3161 and 5816 in CMS (RFC 5652).
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BUNDLE_FORMAT = "ipreg-bundle/1"
CASE_BUNDLE_FORMAT = "ipreg-case-bundle/2"
CASE_BUNDLE_FORMATS = ("ipreg-case-bundle/1", CASE_BUNDLE_FORMAT)  # the first one withheld nothing
EVENT_FORMATS = ("ipreg-case-event/1", "ipreg-case-event/2", "ipreg-case-event/3")
FIRST_FORMAT, FILING_FORMAT = "ipreg-filing/1", "ipreg-filing/2"
LEAF_FORMAT = "ipreg-leaf/1"
PROOF_FORMAT = "c2sp.org/tlog-proof@v1"
MAX_BYTES = 1 << 30
MAX_MEMBERS = 1000
MAX_VERSIONS = 90
# The registry's clock and an authority's may differ a little; a filing later than its own time stamp is a lie.
CLOCKS_APART = timedelta(minutes=15)

SUMS, CONTENTS, MANIFEST, SALT, LEAF = (
    "SHA256SUMS", "contents.note", "proof/manifest.json", "proof/salt.bin", "proof/leaf.json",
)  # fmt: skip
PROOF, CHECKPOINT, LOG_KEYS, WITNESS_KEYS = (
    "proof/inclusion.tlog-proof", "proof/checkpoint", "proof/log-keys", "proof/witness-keys",
)  # fmt: skip
CASE_CHECKPOINT, CASE_STAMP = "case/checkpoint", "case/stamp"
_OF_THE_RECORD = ("papers/", "received/", "documents/")

# --- What is said, in both languages ---------------------------------------------------------------------------

MESSAGES: dict[str, tuple[str, str]] = {
    "unreadable": ("读不了“{name}”：{why}。", "“{name}” can't be read: {why}."),
    "too_large": ("证据包超过 {most} 字节，不予读取。", "The bundle has more than {most} bytes and is not read."),
    "zip_malformed": (
        "这不是完整的证据包：第 {at} 字节处不是应有的 ZIP 结构（文件被截断、改动，或被其他程序重新打包；"
        "若为重新打包，请解压后核验文件夹）。",
        "This is no whole bundle: at byte {at} it does not have the ZIP structure that a bundle has "
        "(cut off, changed, or packed again by another program; if so, unpack it and check the folder).",
    ),
    "member_damaged": ("文件“{name}”在包内已损坏。", "The file “{name}” is damaged inside the bundle."),
    "name_unsafe": ("包内文件名“{name}”不安全。", "The file name “{name}” inside the bundle is not safe."),
    "name_twice": ("文件“{name}”在包内出现两次。", "The file “{name}” stands in the bundle twice."),
    "too_many": ("包内文件超过 {most} 个。", "There are more than {most} files in the bundle."),
    "file_missing": ("缺少文件“{name}”。", "The file “{name}” is missing."),
    "file_extra": (
        "多出文件“{name}”，登记处的清单里没有它。",
        "“{name}” is an extra file: the registry's list does not have it.",
    ),
    "file_renamed": ("文件“{was}”被改名为“{name}”。", "The file “{was}” was renamed to “{name}”."),
    "file_changed": (
        "文件“{name}”被改动：SHA-256 与清单不符。",
        "The file “{name}” was changed: its SHA-256 is not the listed one.",
    ),
    "sums_malformed": ("清单 SHA256SUMS 第 {line} 行格式不对。", "Line {line} of SHA256SUMS is malformed."),
    "sums_unsorted": (
        "清单 SHA256SUMS 的顺序与包内文件不一致。",
        "SHA256SUMS does not follow the order of the files.",
    ),
    "contents_malformed": ("contents.note 的格式不对。", "contents.note is malformed."),
    "contents_changed": (
        "清单 SHA256SUMS 不是登记处签过名的那一份。",
        "SHA256SUMS is not the list that the registry signed.",
    ),
    "contents_other_filing": (
        "清单属于另一件备案 {number}。",
        "The signed list belongs to another filing, {number}.",
    ),
    "note_malformed": ("“{name}”不是合格的签名文本。", "“{name}” is not a well-formed signed note."),
    "note_not_signed": (
        "“{name}”上没有所信任日志（{keys}）的签名。",
        "“{name}” bears no signature of a trusted log ({keys}).",
    ),
    "note_signature_wrong": ("“{name}”上 {key} 的签名无效。", "The signature of {key} on “{name}” is wrong."),
    "key_malformed": ("密钥行“{line}”格式不对。", "The key “{line}” is malformed."),
    "manifest_malformed": (
        "备案清单 manifest.json 的格式不对（{why}）。",
        "The filing's manifest.json is malformed ({why}).",
    ),
    "original_missing": ("备案列有的图片“{name}”不在包内。", "The filing's picture “{name}” is not in the bundle."),
    "original_extra": ("包内“{name}”不属于这件备案。", "“{name}” is not part of this filing."),
    "original_changed": (
        "图片“{name}”不是备案的那一张：{what} 不符。",
        "The picture “{name}” is not the filed one: its {what} differs.",
    ),
    "version_chain_wrong": (
        "第 {version} 版与其后的版本不相衔接：后一版所载的清单摘要或日志条目不符。",
        "Version {version} is not the one that the version after it names: its manifest or log entry differs.",
    ),
    "version_extra": ("包内“{name}”不属于这一版的沿革。", "“{name}” is not part of the chain of this version."),
    "applicant_wrong": (
        "申请人信息与备案时的承诺不符。",
        "The applicant's names are not those that the filing committed to.",
    ),
    "leaf_malformed": ("日志条目 leaf.json 的格式不对。", "The log entry leaf.json is malformed."),
    "leaf_not_a_filing": ("日志条目不是备案。", "The log entry is not a filing."),
    "commitment_wrong": (
        "备案内容或盐值与日志条目不符：备案内容被改动过。",
        "The filing or its salt does not open the log entry: the filing was changed.",
    ),
    "proof_malformed": ("包含证明的格式不对。", "The inclusion proof is malformed."),
    "proof_other_checkpoint": (
        "包含证明所附的检查点与“{name}”不是同一个。",
        "The inclusion proof carries another checkpoint than “{name}”.",
    ),
    "proof_stale": (
        "检查点只覆盖 {size} 条，覆盖不到第 {index} 条：检查点过旧。",
        "The checkpoint covers {size} entries and so not entry {index}: it is too old.",
    ),
    "proof_wrong": (
        "包含证明不成立：第 {index} 条不在该检查点的树里（证明被换，或来自另一棵树）。",
        "The inclusion proof does not hold: entry {index} is not in the checkpoint's tree (another proof or tree).",
    ),
    "checkpoint_malformed": ("检查点的格式不对。", "The checkpoint is malformed."),
    "checkpoint_other_log": ("检查点属于另一份日志 {origin}。", "The checkpoint belongs to another log, {origin}."),
    "witness_unknown": (
        "联署行 {name} 没有对应的见证密钥。",
        "There is no witness key for the cosignature of {name}.",
    ),
    "stamp_malformed": (
        "时间戳“{name}”不是合格的 RFC 3161 应答（{why}）。",
        "The time stamp “{name}” is not a well-formed RFC 3161 answer ({why}).",
    ),
    "stamp_other_data": ("时间戳“{name}”盖在别的数据上。", "The time stamp “{name}” stands on other data."),
    "stamp_signature": (
        "时间戳“{name}”的签名无效（{why}）。",
        "The signature of the time stamp “{name}” is wrong ({why}).",
    ),
    "stamp_certificate": (
        "时间戳“{name}”的证书不合格（{why}）。",
        "The certificate of the time stamp “{name}” is not good ({why}).",
    ),
    "stamp_untrusted": (
        "时间戳“{name}”的证书链不通向所信任的根证书。",
        "The chain of the time stamp “{name}” leads to no trusted root.",
    ),
    "stamp_before_filing": (
        "时间戳“{name}”（{at}）早于备案时间（{filed}）。",
        "The time stamp “{name}” ({at}) is earlier than the filing ({filed}).",
    ),
    "step_wrong": (
        "案件第 {position} 步的记录不合格（{why}）。",
        "Step {position} of the case is not as it has to be ({why}).",
    ),
    "step_commitment_wrong": (
        "案件第 {position} 步与日志条目不符：记录被改动过。",
        "Step {position} of the case does not open its log entry: it was changed.",
    ),
    "case_file_unlisted": (
        "文件“{name}”不在案件记录里：不是案件出具或收到的那一份。",
        "“{name}” is not in the record of the case: it is not what was issued or received.",
    ),
    "pem_malformed": ("“{name}”里的证书读不了。", "The certificates in “{name}” can't be read."),
    "unexpected": ("证据包不合格（{why}）。", "The bundle is not good ({why})."),
}


class Refused(Exception):
    """The bundle is refused: ``code`` is a key of ``MESSAGES``, ``values`` fill it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values

    def words(self, language: str = "en") -> str:
        """The message in ``zh`` or ``en``."""
        shown = {name: _printable(str(value)) for name, value in self.values.items()}
        return MESSAGES[self.code][language != "zh"].format(**shown)

    def __str__(self) -> str:
        return self.words()


def _printable(text: str) -> str:
    """What comes out of a bundle must not steer a terminal: no control and no invisible characters."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)[:300]


@dataclass
class Report:
    """What was found to hold. ``lines`` and ``warnings`` are pairs (Chinese, English)."""

    number: str = ""
    title: str = ""
    filed_at: datetime | None = None
    version: Any = 1
    earlier: list[tuple[int, int, datetime]] = field(default_factory=list)
    index: int = -1
    size: int = 0
    origin: str = ""
    stamps: list[Stamp] = field(default_factory=list)
    witnesses: list[str] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Stamp:
    """A verified time stamp: the authority's name as its certificate has it, its time and policy."""

    authority: str
    at: datetime
    policy: str
    serial: int


# --- The archive: one form only, so that every byte of it is covered --------------------------------------------

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(/[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*)?")
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_DATE = 0x5C21  # 2026-01-01: times are inside the proof and not on the files


def canonical_zip(members: Sequence[tuple[str, bytes]]) -> Iterator[bytes]:
    """The only archive of these members: stored, in this order, no date, no attribute, no comment."""
    central, offset = b"", 0
    for name, data in members:
        head = _member_head(name, data)
        yield _LOCAL + head + name.encode()
        yield data
        central += (
            _CENTRAL + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, offset) + name.encode()
        )
        offset += 30 + len(name) + len(data)
    yield central
    yield _END + struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(central), offset, 0)


def _member_head(name: str, data: bytes) -> bytes:
    """The fields that local and central headers have in common, from the version to the extra field's length."""
    crc = zlib.crc32(data)
    return struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, _DATE, crc, len(data), len(data), len(name), 0)


def read_zip(data: bytes) -> dict[str, bytes]:
    """The members of a canonical archive; raises ``Refused`` where one byte is not as it has to be."""
    members: list[tuple[str, bytes]] = []
    at = 0
    while data[at : at + 4] == _LOCAL and len(members) <= MAX_MEMBERS:
        if len(data) < at + 30:
            raise Refused("zip_malformed", at=at)
        size, length = struct.unpack("<IH", data[at + 22 : at + 28])
        start = at + 30 + length
        if start + size > len(data):
            raise Refused("zip_malformed", at=at)
        name, content = _name_of(data[at + 30 : start]), data[start : start + size]
        if data[at + 4 : at + 30] != _member_head(name, content):
            damaged = data[at + 18 : at + 22] == data[at + 22 : at + 26] and data[at + 4 : at + 14] == _FIXED
            raise Refused("member_damaged", name=name) if damaged else Refused("zip_malformed", at=at)
        members.append((name, content))
        at = start + size
    _compare_rest(data, at, members)
    return _by_name(members)


_FIXED = struct.pack("<HHHHH", 20, 0, 0, 0, _DATE)


def _compare_rest(data: bytes, at: int, members: list[tuple[str, bytes]]) -> None:
    """Central directory and end, byte for byte."""
    wanted = b"".join(list(canonical_zip(members))[-2:])
    if len(members) > MAX_MEMBERS:
        raise Refused("too_many", most=MAX_MEMBERS)
    if data[at:] != wanted:
        rest = data[at:]
        same = next(
            (i for i, (a, b) in enumerate(zip(rest, wanted, strict=False)) if a != b), min(len(rest), len(wanted))
        )
        raise Refused("zip_malformed", at=at + same)


def _name_of(raw: bytes) -> str:
    name = raw.decode("ascii", "backslashreplace")
    if len(name) > 200 or not _NAME.fullmatch(name):
        raise Refused("name_unsafe", name=name)
    return name


def _by_name(members: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, data in members:
        if name in found:
            raise Refused("name_twice", name=name)
        found[name] = data
    return found


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of an unpacked bundle. Links are not followed."""
    places = sorted(place for place in folder.rglob("*") if place.is_symlink() or not place.is_dir())
    if len(places) > MAX_MEMBERS:
        raise Refused("too_many", most=MAX_MEMBERS)
    if sum(place.lstat().st_size for place in places) > MAX_BYTES:
        raise Refused("too_large", most=MAX_BYTES)
    found = {}
    for place in places:
        name = place.relative_to(folder).as_posix()
        if place.is_symlink() or not place.is_file():
            raise Refused("name_unsafe", name=name)
        found[_name_of(name.encode())] = place.read_bytes()
    return found


def read_bundle(place: Path) -> dict[str, bytes]:
    """The files of the bundle at ``place``: a ZIP, or a folder that it was unpacked into."""
    try:
        if place.is_dir():
            return read_folder(place)
        if place.stat().st_size > MAX_BYTES:
            raise Refused("too_large", most=MAX_BYTES)
        return read_zip(place.read_bytes())
    except OSError as fault:
        raise Refused("unreadable", name=str(place), why=fault.strerror or "?") from fault


# --- The list of files ------------------------------------------------------------------------------------------


def sums_of(members: Iterable[tuple[str, bytes]]) -> bytes:
    """SHA256SUMS as ``sha256sum -c`` reads it."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in members).encode()


def contents_text(number: str, sums: bytes, form: str = BUNDLE_FORMAT) -> str:
    """What the log's key signs about a bundle. Its first line can't be that of a checkpoint."""
    return f"{form}\n{number}\nSHA256SUMS {hashlib.sha256(sums).hexdigest()}\n"


def _check_sums(files: dict[str, bytes], *, ordered: bool) -> None:
    """Every file is listed and every listed file is there, with that digest and, in an archive, in that order."""
    for needed in (SUMS, CONTENTS):
        if needed not in files:
            raise Refused("file_missing", name=needed)
    listed: dict[str, str] = {}
    for number, line in enumerate(_text(files[SUMS], "sums_malformed", line=1).split("\n")[:-1], 1):
        found = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
        if found is None or found[2] in listed or found[2] in (SUMS, CONTENTS):
            raise Refused("sums_malformed", line=number)
        listed[_name_of(found[2].encode())] = found[1]
    held = {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name not in (SUMS, CONTENTS)}
    for name in held.keys() - listed.keys():
        was = next((one for one in listed.keys() - held.keys() if listed[one] == held[name]), None)
        raise Refused("file_renamed", was=was, name=name) if was else Refused("file_extra", name=name)
    for name, digest in listed.items():
        if name not in held:
            raise Refused("file_missing", name=name)
        if held[name] != digest:
            raise Refused("file_changed", name=name)
    if "".join(f"{digest}  {name}\n" for name, digest in listed.items()).encode() != files[SUMS]:
        raise Refused("sums_malformed", line=len(listed) + 1)
    if ordered and [*[*files][:2], *listed] != [*files]:
        raise Refused("sums_unsorted")


def _text(data: bytes, code: str, **values: object) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as fault:
        raise Refused(code, **values) from fault
    if any(ord(letter) < 32 and letter != "\n" for letter in text) or not text.endswith("\n"):
        raise Refused(code, **values)
    return text


# --- Signed notes -----------------------------------------------------------------------------------------------

_LOG_TYPE, _WITNESS_TYPE = 1, 4


@dataclass(frozen=True)
class Key:
    """``name+hash+key`` of c2sp.org/signed-note: type 1 signs notes, type 4 is a witness's cosignature."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    @classmethod
    def parse(cls, line: str) -> Key:
        """Raises ``Refused`` (``key_malformed``)."""
        parts = line.strip().split("+", 2)
        raw = _unb64(parts[-1], "key_malformed", line=line)
        if len(parts) != 3 or len(raw) != 33 or raw[0] not in (_LOG_TYPE, _WITNESS_TYPE) or not parts[0]:
            raise Refused("key_malformed", line=line)
        key = cls(parts[0], raw[0], raw[1:])
        if key.key_id.hex() != parts[1] or re.search(r"[\s+]", key.name):
            raise Refused("key_malformed", line=line)
        return key

    def signed(self, signature: bytes, text: str) -> bool:
        """Whether ``signature`` (without the key's id) is this key's under ``text``."""
        body = text.encode()
        if self.kind == _WITNESS_TYPE:
            if len(signature) != 72:
                return False
            body = f"cosignature/v1\ntime {int.from_bytes(signature[:8], 'big')}\n".encode() + body
            signature = signature[8:]
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.public).verify(signature, body)
        except InvalidSignature:
            return False
        return True


def _unb64(text: str, code: str, **values: object) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise Refused(code, **values) from fault
    if base64.b64encode(data).decode() != text:  # one value, one spelling
        raise Refused(code, **values)
    return data


def _open_note(
    data: bytes, name: str, keys: Sequence[Key], known: Sequence[Key] = ()
) -> tuple[str, list[tuple[str, bytes]]]:
    """The text that one of ``keys`` signed, and the lines of others; those of ``known`` keys must hold too."""
    text, gap, signatures = _text(data, "note_malformed", name=name).rpartition("\n\n")
    others: list[tuple[str, bytes]] = []
    signed: list[Key] = []
    for line in signatures[:-1].split("\n"):
        parts = line.split(" ")
        if not gap or len(parts) != 3 or parts[0] != "\u2014":
            raise Refused("note_malformed", name=name)
        raw = _unb64(parts[2], "note_malformed", name=name)
        key = next((one for one in (*keys, *known) if one.name == parts[1] and one.key_id == raw[:4]), None)
        if key is None:
            others.append((parts[1], raw))
        elif key in signed or not key.signed(raw[4:], text + "\n"):
            raise Refused("note_signature_wrong", name=name, key=key.name)
        else:
            signed.append(key)
    if not any(key in keys for key in signed):
        raise Refused("note_not_signed", name=name, keys=", ".join(sorted({one.name for one in keys})) or "-")
    return text + "\n", others


# --- The filing and the log -------------------------------------------------------------------------------------


def _check_contents(files: dict[str, bytes], keys: Sequence[Key], own: Sequence[Key]) -> tuple[str, str]:
    """The number of the filing or case whose bundle this is, and its form, as one of ``keys`` signed them.

    What it signed names all keys that the log ever had (``own``), and so vouches for the older ones.
    """
    if {one.name for one in own} - {one.name for one in keys}:
        raise Refused("key_malformed", line=LOG_KEYS)
    text, others = _open_note(files[CONTENTS], CONTENTS, keys, own)
    lines = text.split("\n")
    if others or len(lines) != 4 or lines[0] not in (BUNDLE_FORMAT, *CASE_BUNDLE_FORMATS):
        raise Refused("contents_malformed")
    if text != contents_text(lines[1], files[SUMS], lines[0]):
        raise Refused("contents_changed")
    return lines[1], lines[0]


def _canonical(data: bytes, code: str, **values: object) -> dict[str, Any]:
    """Canonical JSON (RFC 8785): strings, whole numbers, lists, objects; nothing else is in our statements."""
    try:
        found = json.loads(data, parse_float=_no_float, parse_constant=_no_float)
        again = json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    except (ValueError, RecursionError) as fault:
        raise Refused(code, **values) from fault
    if again != data or not isinstance(found, dict):
        raise Refused(code, **values)
    return found


def _no_float(text: str) -> object:
    raise ValueError(text)


_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/avif": "avif",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/tiff": "tif",
}


_SINCE_VERSION_2 = {
    **_EXTENSIONS,
    "image/svg+xml": "svg",
    "image/vnd.adobe.photoshop": "psd",
    "image/jp2": "jp2",
    "image/vnd.dwg": "dwg",
    "image/vnd.dxf": "dxf",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/postscript": "ps",
    "application/vnd.adobe.illustrator": "ai",
    "application/vnd.corel-draw": "cdr",
    "application/x-indesign": "indd",
    "application/x-blender": "blend",
    "application/x-fbx": "fbx",
    "model/gltf-binary": "glb",
    "model/step": "step",
    "model/stl": "stl",
    "model/vnd.3dm": "3dm",
}


def original_name(position: int, view: str, media_type: str, filing_format: str = FILING_FORMAT) -> str:
    """Where the file at ``position`` (from 0) of a filing lies in its bundle; version 1 knew fewer endings."""
    plain = re.sub(r"[^a-z0-9]", "-", view.lower())[:40] or "view"
    endings = _EXTENSIONS if filing_format == FIRST_FORMAT else _SINCE_VERSION_2
    return f"originals/{position + 1:02d}-{plain}.{endings.get(media_type, 'bin')}"


def _check_filing(files: dict[str, bytes], number: str) -> dict[str, Any]:
    """The manifest, and the originals against it."""
    found = _canonical(_member(files, MANIFEST), "manifest_malformed", why="canonical JSON")
    words = ("number", "title", "creator", "filed_at", "applicant_commitment")
    known = found.get("format") in (FIRST_FORMAT, FILING_FORMAT)
    if not known or not all(isinstance(found.get(word), str) for word in words):
        raise Refused("manifest_malformed", why="fields")
    if found["number"] != number:
        raise Refused("contents_other_filing", number=number)
    named = set()
    for position, one in enumerate(_files_of(found)):
        name = original_name(position, one["view"], one["media_type"], found["format"])
        named.add(name)
        if name not in files:
            raise Refused("original_missing", name=name)
        data = files[name]
        for what, held, wanted in (
            ("size", len(data), one["size"]),
            ("SHA-256", hashlib.sha256(data).hexdigest(), one["sha256"]),
            ("SM3", _sm3(data), one["sm3"]),
        ):
            if held != wanted:
                raise Refused("original_changed", name=name, what=what)
    for name in files:
        if name.startswith("originals/") and name not in named:
            raise Refused("original_extra", name=name)
    return found


def _files_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found = manifest.get("files")
    if not isinstance(found, list) or not found:
        raise Refused("manifest_malformed", why="files")
    kinds = {"view": str, "name": str, "media_type": str, "size": int, "sha256": str, "sm3": str}
    for one in found:
        if not isinstance(one, dict) or not all(isinstance(one.get(key), kind) for key, kind in kinds.items()):
            raise Refused("manifest_malformed", why="files")
    return found


def _sm3(data: bytes) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize().hex()


def _check_applicant(files: dict[str, bytes], manifest: dict[str, Any]) -> dict[str, Any] | None:
    """The names behind the applicant's commitment, where the bundle opens it."""
    if APPLICANT not in files:
        return None
    if hashlib.sha256(files[APPLICANT]).hexdigest() != manifest["applicant_commitment"]:
        raise Refused("applicant_wrong")
    return _canonical(files[APPLICANT], "applicant_wrong")


APPLICANT = "proof/applicant.json"


def _member(files: dict[str, bytes], name: str) -> bytes:
    if name not in files:
        raise Refused("file_missing", name=name)
    return files[name]


def _check_leaf(files: dict[str, bytes], manifest: str = MANIFEST, salted: str = SALT, entry: str = LEAF) -> bytes:
    """The leaf's hash, after its commitment was opened with salt and manifest."""
    leaf = _canonical(_member(files, entry), "leaf_malformed")
    if set(leaf) != {"format", "kind", "commitment"} or leaf["format"] != LEAF_FORMAT:
        raise Refused("leaf_malformed")
    if leaf["kind"] != "filing":
        raise Refused("leaf_not_a_filing")
    salt = _member(files, salted)
    if len(salt) != 32 or hashlib.sha256(salt + files[manifest]).hexdigest() != leaf["commitment"]:
        raise Refused("commitment_wrong")
    return hashlib.sha256(b"\0" + files[entry]).digest()


def version_names(version: int) -> tuple[str, str, str, str]:
    """Where manifest, salt, leaf and proof of an earlier version lie in a bundle."""
    stem = f"versions/{version:02d}"
    return f"{stem}-manifest.json", f"{stem}-salt.bin", f"{stem}-leaf.json", f"{stem}.tlog-proof"


def _check_versions(files: dict[str, bytes], manifest: dict[str, Any], keys: Sequence[Key], report: Report) -> None:
    """From this version back to the first: each names the manifest and the log entry of the one before it."""
    report.version = manifest.get("version")
    if type(report.version) is not int or not 1 <= report.version <= MAX_VERSIONS:
        raise Refused("manifest_malformed", why="version")
    named: set[str] = set()
    later, index = manifest, report.index
    for version in range(report.version - 1, 0, -1):
        names = version_names(version)
        named.update(names)
        found = _canonical(_member(files, names[0]), "manifest_malformed", why="canonical JSON")
        leaf = _check_leaf(files, *names[:3])
        proved = _check_proof(files, (CHECKPOINT, names[3]), leaf, keys)
        amends = {
            "version": version,
            "log_index": proved.index,
            "manifest_sha256": hashlib.sha256(files[names[0]]).hexdigest(),
        }
        itself = (found.get("version"), found.get("number")) == (version, manifest["number"])
        if later.get("amends") != amends or not itself or proved.index >= index or proved.origin != report.origin:
            raise Refused("version_chain_wrong", version=version)
        report.earlier.append((version, proved.index, _filed_at(found)))
        later, index = found, proved.index
    if later.get("amends") is not None:
        raise Refused("version_chain_wrong", version=0)
    for name in files:
        if name.startswith("versions/") and name not in named:
            raise Refused("version_extra", name=name)


def root_of(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that ``path`` leads to from the leaf's hash (RFC 9162, 2.1.3.2); None where it does not fit."""
    node, position, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if position & 1 or position == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while position & 1 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        position, last = position >> 1, last >> 1
    return node if last == 0 else None


def _whole(text: str, code: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", text):
        raise Refused(code)
    return int(text)


@dataclass(frozen=True)
class Proved:
    """A leaf proved to stand at ``index`` in the log's signed tree; ``others`` are the witnesses' lines."""

    origin: str
    size: int
    index: int
    text: str
    others: list[tuple[str, bytes]]


def _check_proof(files: dict[str, bytes], names: tuple[str, str], leaf: bytes, keys: Sequence[Key]) -> Proved:
    """``names``: the signed checkpoint and the proof that leads from the leaf to it."""
    checkpoint, proof = names
    text, _ = _open_note(_member(files, checkpoint), checkpoint, keys)
    lines = text.split("\n")
    if len(lines) != 4:
        raise Refused("checkpoint_malformed")
    origin, size = lines[0], _whole(lines[1], "checkpoint_malformed")
    root = _unb64(lines[2], "checkpoint_malformed")
    if origin not in {key.name for key in keys}:
        raise Refused("checkpoint_other_log", origin=origin)
    head, gap, note = _text(_member(files, proof), "proof_malformed").partition("\n\n")
    found = head.split("\n")
    if not gap or len(found) < 2 or found[0] != PROOF_FORMAT or not found[1].startswith("index "):
        raise Refused("proof_malformed")
    index = _whole(found[1][6:], "proof_malformed")
    path = [_unb64(line, "proof_malformed") for line in found[2:]]
    proved, others = _open_note(note.encode(), proof, keys)
    if proved != text:
        raise Refused("proof_other_checkpoint", name=checkpoint)
    if index >= size:
        raise Refused("proof_stale", index=index, size=size)
    if any(len(one) != 32 for one in path) or root_of(leaf, index, size, path) != root:
        raise Refused("proof_wrong", index=index)
    return Proved(origin, size, index, text, others)


def _check_log(files: dict[str, bytes], leaf: bytes, keys: Sequence[Key], report: Report) -> None:
    """Proof, checkpoint and cosignatures; fills the report's index, size, origin and witnesses."""
    found = _check_proof(files, (CHECKPOINT, PROOF), leaf, keys)
    report.origin, report.size, report.index = found.origin, found.size, found.index
    report.witnesses = _check_witnesses(files, found.text, found.others)


def _check_witnesses(files: dict[str, bytes], text: str, lines: list[tuple[str, bytes]]) -> list[str]:
    keys = _keys(files[WITNESS_KEYS], _WITNESS_TYPE) if WITNESS_KEYS in files else []
    seen = []
    for name, raw in lines:
        key = next((one for one in keys if one.name == name and one.key_id == raw[:4]), None)
        if key is None:
            raise Refused("witness_unknown", name=name)
        if not key.signed(raw[4:], text):
            raise Refused("note_signature_wrong", name=PROOF, key=name)
        at = datetime.fromtimestamp(int.from_bytes(raw[4:12], "big"), UTC)
        seen.append(f"{name} {_moment(at)}")
    return seen


def _keys(data: bytes, kind: int) -> list[Key]:
    found = [Key.parse(line) for line in _text(data, "key_malformed", line="?").split("\n")[:-1]]
    if not found or any(one.kind != kind for one in found):
        raise Refused("key_malformed", line="?")
    return found


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


# --- Time stamps: RFC 3161 in CMS, read by a strict DER reader --------------------------------------------------


class DerError(ValueError):
    """These bytes are not the DER that is expected here."""


@dataclass(frozen=True)
class Node:
    """One DER element: its tag byte, its content, and its whole encoding."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> list[Node]:
        if not self.tag & 0x20:
            raise DerError("a constructed element was expected")
        found, rest = [], self.content
        while rest:
            node, rest = _element(rest)
            found.append(node)
        return found


def _element(data: bytes) -> tuple[Node, bytes]:
    """The first element and what follows it. Short tags, definite and shortest lengths only."""
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        raise DerError("tag")
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
        if not 0 < count <= 4 or len(data) < start or length < 0x80 or data[2] == 0:
            raise DerError("length")
    if len(data) < start + length:
        raise DerError("cut off")
    end = start + length
    return Node(data[0], data[start:end], data[:end]), data[end:]


def _single(data: bytes, tag: int) -> Node:
    node, rest = _element(data)
    if rest or node.tag != tag:
        raise DerError(f"element {tag:#x} was expected")
    return node


def _fields(node: Node, *tags: int | None) -> list[Node | None]:
    """The children of a SEQUENCE by tag, in order; a negative tag may be missing, None stands for any tag."""
    rest, found = node.children(), list[Node | None]()
    for tag in tags:
        if rest and (tag is None or rest[0].tag == abs(tag)):
            found.append(rest.pop(0))
        elif tag is not None and tag < 0:
            found.append(None)
        else:
            raise DerError("a field is missing")
    if rest:
        raise DerError("there are more fields than there should be")
    return found


def _oid(node: Node | None) -> str:
    if node is None or node.tag != 6 or not node.content or node.content[-1] & 0x80:
        raise DerError("OBJECT IDENTIFIER")
    arcs, value, fresh = list[int](), 0, True
    for byte in node.content:
        if fresh and byte == 0x80:
            raise DerError("OBJECT IDENTIFIER")
        value, fresh = value << 7 | byte & 0x7F, not byte & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def _integer(node: Node | None) -> int:
    raw = node.content if node is not None and node.tag == 2 else b""
    if not raw or (len(raw) > 1 and raw[0] in (0, 0xFF) and (raw[0] ^ raw[1]) < 0x80):
        raise DerError("INTEGER")
    return int.from_bytes(raw, "big", signed=True)


def _time(node: Node | None) -> datetime:
    """GeneralizedTime as RFC 3161 wants it: in UTC, with seconds; a fraction has no trailing zero."""
    text = node.content.decode("ascii", "replace") if node is not None and node.tag == 0x18 else ""
    found = re.fullmatch(r"(\d{14})(?:\.(\d*[1-9]))?Z", text)
    if found is None:
        raise DerError("GeneralizedTime")
    at = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return at + timedelta(seconds=float(f"0.{found[2] or 0}"))


SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
    "1.2.156.10197.1.401": hashes.SM3(),
}
_RSA, _RSA_PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
_RSA_WITH = {"1.2.840.113549.1.1.11": "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.12": "2.16.840.1.101.3.4.2.2",
             "1.2.840.113549.1.1.13": "2.16.840.1.101.3.4.2.3"}  # fmt: skip
_ECDSA_WITH = {"1.2.840.10045.4.3.2": "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.3": "2.16.840.1.101.3.4.2.2",
               "1.2.840.10045.4.3.4": "2.16.840.1.101.3.4.2.3"}  # fmt: skip
_ED25519, _ED448 = "1.3.101.112", "1.3.101.113"


def _hash(oid: str, data: bytes) -> bytes:
    if oid not in _HASHES:
        raise DerError(f"digest algorithm {oid}")
    digest = hashes.Hash(_HASHES[oid])
    digest.update(data)
    return digest.finalize()


def _algorithm(node: Node | None) -> tuple[str, Node | None]:
    """(object identifier, parameters) of an AlgorithmIdentifier."""
    if node is None or node.tag != 0x30:
        raise DerError("AlgorithmIdentifier")
    parts = node.children()
    if not 1 <= len(parts) <= 2:
        raise DerError("AlgorithmIdentifier")
    return _oid(parts[0]), parts[1] if len(parts) == 2 else None


@dataclass(frozen=True)
class Token:
    """A time-stamp token taken apart; nothing of it is verified yet."""

    info: bytes
    imprint: tuple[str, bytes]
    at: datetime
    policy: str
    serial: int
    certificates: list[x509.Certificate]
    signer: Node

    @classmethod
    def parse(cls, answer: bytes) -> Token:
        """Reads a TimeStampResp (DER); raises ``DerError``."""
        status, token = _fields(_single(answer, 0x30), 0x30, 0x30)
        if status is None or token is None or _integer(status.children()[0]) not in (0, 1):
            raise DerError("not granted")
        kind, wrapped = _fields(token, 6, 0xA0)
        if wrapped is None or _oid(kind) != SIGNED_DATA:
            raise DerError("SignedData")
        signed = _fields(_single(wrapped.content, 0x30), 2, 0x31, 0x30, -0xA0, -0xA1, 0x31)
        encapsulated, certificates, signers = signed[2], signed[3], signed[5]
        if encapsulated is None or signers is None or len(signers.children()) != 1:
            raise DerError("one signer")
        kind, content = _fields(encapsulated, 6, 0xA0)
        if content is None or _oid(kind) != TST_INFO:
            raise DerError("TSTInfo")
        info = _single(content.content, 4).content
        found = [] if certificates is None else [_certificate(one.whole) for one in certificates.children()]
        return cls(info, *_read_info(info), found, signers.children()[0])


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise DerError("certificate") from fault


def _read_info(info: bytes) -> tuple[tuple[str, bytes], datetime, str, int]:
    """(imprint, time, policy, serial number) of a TSTInfo."""
    parts = _fields(_single(info, 0x30), 2, 6, 0x30, 2, 0x18, -0x30, -1, -2, -0xA0, -0xA1)
    imprint = parts[2]
    if imprint is None or _integer(parts[0]) != 1:
        raise DerError("TSTInfo")
    if parts[9] is not None and any(len(one.children()) == 3 for one in parts[9].children()):
        raise DerError("a critical extension")  # three fields: the middle one says that it is critical
    algorithm, digest = _fields(imprint, 0x30, 4)
    if digest is None:
        raise DerError("MessageImprint")
    return (_algorithm(algorithm)[0], digest.content), _time(parts[4]), _oid(parts[1]), _integer(parts[3])


def verify_stamp(
    answer: bytes,
    data: bytes,
    *,
    roots: Sequence[x509.Certificate],
    others: Sequence[x509.Certificate] = (),
    name: str = "",
) -> Stamp:
    """Verifies the TimeStampResp ``answer`` on ``data`` up to one of ``roots``; raises ``Refused``."""
    return verify_stamp_on(answer, lambda oid: _hash(oid, data), roots=roots, others=others, name=name)


def verify_stamp_on(
    answer: bytes,
    digest_by: Callable[[str], bytes],
    *,
    roots: Sequence[x509.Certificate],
    others: Sequence[x509.Certificate] = (),
    name: str = "",
) -> Stamp:
    """As ``verify_stamp``, where only a digest of the data is at hand: ``digest_by`` gives it by algorithm."""
    try:
        token = Token.parse(answer)
        oid, digest = token.imprint
        if digest_by(oid) != digest:
            raise Refused("stamp_other_data", name=name)
        certificates = [*token.certificates, *others]
        signer = _signer_of(token, certificates, name)
        _check_signer(signer, name)
        _check_chain(signer, certificates, roots, token.at, name)
        return Stamp(_common_name(signer), token.at, token.policy, token.serial)
    except Refused:
        raise
    except Exception as fault:  # a stranger's bytes; the certificates' parser has many errors of its own
        raise Refused("stamp_malformed", name=name, why=str(fault)) from fault


def _signer_of(token: Token, candidates: Sequence[x509.Certificate], name: str) -> x509.Certificate:
    """The certificate whose key signed the token, after the signed attributes and the signature were checked."""
    parts = _fields(token.signer, 2, None, 0x30, 0xA0, 0x30, 4, -0xA1)
    identifier, digest_algorithm, attributes, algorithm, signature = parts[1:6]
    if identifier is None or attributes is None or signature is None:
        raise DerError("SignerInfo")
    digest = _algorithm(digest_algorithm)[0]
    values = _attributes(attributes)
    if _oid(values.get(_CONTENT_TYPE)) != TST_INFO:
        raise DerError("content type")
    stated = values.get(_MESSAGE_DIGEST)
    if stated is None or stated.tag != 4 or stated.content != _hash(digest, token.info):
        raise Refused("stamp_signature", name=name, why="message digest")
    signer = next((one for one in candidates if _is_signer(one, identifier)), None)
    if signer is None:
        raise Refused("stamp_certificate", name=name, why="signer not found")
    if not _is_named(signer, values):
        raise Refused("stamp_certificate", name=name, why="signing certificate attribute")
    # The signature is over the attributes as a SET, whatever tag they have inside the SignerInfo (RFC 5652, 5.4).
    body = b"\x31" + attributes.whole[1:]
    if not _verify(signer.public_key(), algorithm, digest, signature.content, body):
        raise Refused("stamp_signature", name=name, why="key")
    return signer


def _attributes(node: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for one in node.children():
        kind, values = _fields(one, 6, 0x31)
        if values is None or len(values.children()) != 1 or _oid(kind) in found:
            raise DerError("signed attributes")
        found[_oid(kind)] = values.children()[0]
    return found


def _is_signer(certificate: x509.Certificate, identifier: Node) -> bool:
    if identifier.tag == 0x80:
        try:
            known = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        except (x509.ExtensionNotFound, ValueError):
            return False
        return known == identifier.content
    issuer, serial = _fields(identifier, 0x30, 2)
    same = issuer is not None and issuer.whole == certificate.issuer.public_bytes()
    return same and _integer(serial) == certificate.serial_number


def _is_named(certificate: x509.Certificate, values: dict[str, Node]) -> bool:
    """Whether the signed attribute names this certificate by digest (RFC 2634, RFC 5816), and no other."""
    der = certificate.public_bytes(Encoding.DER)
    if (found := values.get(_SIGNING_CERTIFICATE_V2)) is not None:
        parts = found.children()[0].children()[0].children()
        named = parts[0].tag == 0x30
        oid = _algorithm(parts[0])[0] if named else "2.16.840.1.101.3.4.2.1"
        return parts[named].tag == 4 and parts[named].content == _hash(oid, der)
    if (found := values.get(_SIGNING_CERTIFICATE)) is not None:
        parts = found.children()[0].children()[0].children()
        return parts[0].content == hashlib.sha1(der, usedforsecurity=False).digest()
    return False


def _verify(key: object, algorithm: Node | None, digest: str, signature: bytes, body: bytes) -> bool:
    """Whether the signature holds; an algorithm that is not known is a ``DerError``."""
    oid, parameters = _algorithm(algorithm)
    try:
        if isinstance(key, rsa.RSAPublicKey) and oid == _RSA_PSS:
            key.verify(signature, body, *_pss(parameters))
        elif isinstance(key, rsa.RSAPublicKey) and (oid == _RSA or oid in _RSA_WITH):
            key.verify(signature, body, padding.PKCS1v15(), _HASHES[_RSA_WITH.get(oid, digest)])
        elif isinstance(key, ec.EllipticCurvePublicKey) and oid in _ECDSA_WITH:
            key.verify(signature, body, ec.ECDSA(_HASHES[_ECDSA_WITH[oid]]))
        elif (isinstance(key, ed25519.Ed25519PublicKey) and oid == _ED25519) or (
            isinstance(key, ed448.Ed448PublicKey) and oid == _ED448
        ):
            key.verify(signature, body)
        else:
            raise DerError(f"signature algorithm {oid}")
    except InvalidSignature:
        return False
    return True


def _pss(parameters: Node | None) -> tuple[padding.PSS, hashes.HashAlgorithm]:
    """Padding and hash of RSASSA-PSS-params (RFC 4055); SHA-1, its default, is not taken."""
    if parameters is None:
        raise DerError("RSASSA-PSS")
    hashed, mask, salt, _trailer = _fields(parameters, 0xA0, 0xA1, -0xA2, -0xA3)
    if hashed is None or mask is None:
        raise DerError("RSASSA-PSS")
    oid = _algorithm(_single(hashed.content, 0x30))[0]
    inner = _algorithm(_single(mask.content, 0x30))[1]
    inner_oid = _algorithm(inner)[0]
    if oid not in _HASHES or inner_oid not in _HASHES:
        raise DerError("RSASSA-PSS")
    length = _integer(_single(salt.content, 2)) if salt is not None else 20
    return padding.PSS(padding.MGF1(_HASHES[inner_oid]), length), _HASHES[oid]


def _check_signer(certificate: x509.Certificate, name: str) -> None:
    """RFC 3161, 2.3: the key is for time stamping and for nothing else, and the certificate was valid then."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        allowed = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        signs = allowed.digital_signature or allowed.content_commitment
    except x509.ExtensionNotFound as fault:
        if fault.oid != x509.KeyUsage.oid:
            raise Refused("stamp_certificate", name=name, why="extended key usage") from fault
        signs = True
    except ValueError as fault:
        raise Refused("stamp_certificate", name=name, why="extensions") from fault
    if not signs:
        raise Refused("stamp_certificate", name=name, why="key usage")
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise Refused("stamp_certificate", name=name, why="extended key usage")


_UNDERSTOOD = {
    x509.BasicConstraints.oid,
    x509.KeyUsage.oid,
    x509.ExtendedKeyUsage.oid,
    x509.CertificatePolicies.oid,
}
_LONGEST_CHAIN = 6


def _check_chain(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
    name: str,
) -> None:
    """From the signer up to a trusted root, every certificate valid at ``at``; tries every way there is."""
    for one in (certificate, *others, *roots):
        critical = {extension.oid for extension in _extensions(one, name) if extension.critical}
        if critical - _UNDERSTOOD and one in (certificate, *roots):
            raise Refused("stamp_certificate", name=name, why="critical extension")
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise Refused("stamp_certificate", name=name, why=f"not valid at {_moment(at)}")
    if not _leads(certificate, list(others), list(roots), at, 0):
        raise Refused("stamp_untrusted", name=name)


def _leads(
    one: x509.Certificate, others: list[x509.Certificate], roots: list[x509.Certificate], at: datetime, below: int
) -> bool:
    if one in roots:
        return True
    for issuer in [*roots, *others]:
        if issuer != one and below < _LONGEST_CHAIN and _issued(issuer, one, at, below):
            rest = [other for other in others if other != issuer]
            if _leads(issuer, rest, roots, at, below + 1):
                return True
    return False


def _issued(issuer: x509.Certificate, one: x509.Certificate, at: datetime, below: int) -> bool:
    """Whether ``issuer`` was a certification authority at ``at`` and signed ``one``."""
    if issuer.subject != one.issuer or not issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc:
        return False
    try:
        limits = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not limits.ca or (limits.path_length is not None and limits.path_length < below):
            return False
        critical = {extension.oid for extension in issuer.extensions if extension.critical}
        if critical - _UNDERSTOOD:
            return False
        if x509.KeyUsage.oid in {extension.oid for extension in issuer.extensions} and not (
            issuer.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
        ):
            return False
        one.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _extensions(certificate: x509.Certificate, name: str) -> list[x509.Extension[x509.ExtensionType]]:
    try:
        return list(certificate.extensions)
    except (ValueError, x509.DuplicateExtension) as fault:
        raise Refused("stamp_certificate", name=name, why="extensions") from fault


def _common_name(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else certificate.subject.rfc4514_string()


def _load_pem(data: bytes, name: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(data)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise Refused("pem_malformed", name=name) from fault


# --- A case -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step of a case: its statement, empty where it is withheld, and its leaf's hash, proved in the log."""

    said: dict[str, Any]
    leaf: bytes
    proved: Proved

    @property
    def index(self) -> int:
        return self.proved.index


def step_stem(position: int) -> str:
    """Where step ``position`` (from 0) of a case lies in its bundle."""
    return f"case/{position:03d}"


def _check_steps(files: dict[str, bytes], number: str, keys: Sequence[Key], form: str) -> list[Step]:
    """All steps from the first on, each opened in the log or withheld, none left out between them."""
    steps: list[Step] = []
    known: set[str] = set()
    while step := _next_step(files, number, len(steps), keys, form):
        filings = {one.said["filing"] for one in (*steps, step) if one.said}
        if (steps and step.index <= steps[-1].index) or len(filings) > 1:
            raise Refused("step_wrong", position=len(steps), why="order")
        ends = (".json", ".salt", ".tlog-proof") if step.said else (".leaf", ".tlog-proof")
        known.update(f"{step_stem(len(steps))}{end}" for end in ends)
        steps.append(step)
    if not steps:
        raise Refused("file_missing", name=f"{step_stem(0)}.json")
    if not any(one.said for one in steps):
        raise Refused("step_wrong", position=0, why="all withheld")
    for name in files:
        if name.startswith("case/") and name not in known and not name.startswith((CASE_CHECKPOINT, CASE_STAMP)):
            raise Refused("file_extra", name=name)
    return steps


def _next_step(files: dict[str, bytes], number: str, position: int, keys: Sequence[Key], form: str) -> Step | None:
    stem = step_stem(position)
    if f"{stem}.json" in files:
        return _check_step(files, number, position, keys)
    if f"{stem}.leaf" in files and form == CASE_BUNDLE_FORMAT:
        return _check_withheld(files, position, keys)
    return None


def _check_withheld(files: dict[str, bytes], position: int, keys: Sequence[Key]) -> Step:
    """A step whose words are not told: that a case's step stands at its place in the log is proved all the same."""
    stem = step_stem(position)
    entry = _canonical(files[f"{stem}.leaf"], "leaf_malformed")
    if set(entry) != {"format", "kind", "commitment"} or entry["format"] != LEAF_FORMAT:
        raise Refused("leaf_malformed")
    if entry["kind"] != "case_event":
        raise Refused("step_wrong", position=position, why="no step of a case")
    return _step_in_log(files, position, {}, hashlib.sha256(b"\0" + files[f"{stem}.leaf"]).digest(), keys)


def _check_step(files: dict[str, bytes], number: str, position: int, keys: Sequence[Key]) -> Step:
    stem = step_stem(position)
    data, salt = files[f"{stem}.json"], _member(files, f"{stem}.salt")
    said = _canonical(data, "step_wrong", position=position, why="canonical JSON")
    if said.get("format") not in EVENT_FORMATS or not all(
        isinstance(said.get(word), str) for word in ("case", "at", "action", "filing", "note")
    ):
        raise Refused("step_wrong", position=position, why="fields")
    if (said["case"], said.get("position")) != (number, position):
        raise Refused("step_wrong", position=position, why="another case or place")
    if len(salt) != 32:
        raise Refused("step_commitment_wrong", position=position)
    commitment = hashlib.sha256(salt + data).hexdigest()
    entry = {"commitment": commitment, "format": LEAF_FORMAT, "kind": "case_event"}
    leaf = hashlib.sha256(b"\0" + json.dumps(entry, separators=(",", ":"), sort_keys=True).encode()).digest()
    return _step_in_log(files, position, said, leaf, keys)


def _step_in_log(
    files: dict[str, bytes], position: int, said: dict[str, Any], leaf: bytes, keys: Sequence[Key]
) -> Step:
    try:
        proved = _check_proof(files, (CASE_CHECKPOINT, f"{step_stem(position)}.tlog-proof"), leaf, keys)
    except Refused as fault:
        raise (
            Refused("step_commitment_wrong", position=position) if fault.code == "proof_wrong" else fault
        ) from fault
    return Step(said, leaf, proved)


def _documents(steps: Iterable[Step]) -> dict[str, str]:
    """Digest and name of every paper that the steps name."""
    found: dict[str, str] = {}
    for step in steps:
        details = step.said.get("details")
        listed = details.get("documents") if isinstance(details, dict) else None
        for one in listed if isinstance(listed, list) else []:
            if isinstance(one, dict) and isinstance(one.get("sha256"), str):
                found[one["sha256"]] = str(one.get("name"))
    return found


def _check_case(
    files: dict[str, bytes],
    steps: Sequence[Step],
    keys: Sequence[Key],
    roots: Sequence[x509.Certificate],
    report: Report,
) -> None:
    """Every paper is one that the steps name, and the last step is under a time stamp."""
    named = _documents(steps)
    held = {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name.startswith(_OF_THE_RECORD)
    }
    for name, digest in held.items():
        if digest not in named:
            raise Refused("case_file_unlisted", name=name)
    last, told = steps[-1], [one for one in steps if one.said]
    proved = _check_proof(files, (f"{CASE_STAMP}.checkpoint", f"{CASE_STAMP}.tlog-proof"), last.leaf, keys)
    if (proved.origin, proved.index) != (report.origin, last.index):
        raise Refused("proof_wrong", index=proved.index)
    try:
        at = datetime.fromisoformat(told[-1].said["at"]).astimezone(UTC)
    except ValueError as fault:
        raise Refused("step_wrong", position=told[-1].said["position"], why="at") from fault
    report.stamps.append(_check_stamp(files, f"{CASE_STAMP}.tsr", roots, at))
    missing = len(named.keys() - set(held.values()))
    if missing:
        report.warnings.append(
            (
                f"案件记录里有 {missing} 份材料未收入本包（只有摘要）。",
                f"{missing} papers of the record are not in this bundle (only their digests are).",
            )
        )
    if withheld := len(steps) - len(told):
        report.warnings.append(
            (
                f"有 {withheld} 步的内容未公开：只证明日志在这些位置有案件步骤的条目，"
                "不证明它们说了什么、属于哪个案件。",
                f"The words of {withheld} steps are withheld: that steps of a case stand at these places of the "
                "log is proved, not what they say nor of which case they are.",
            )
        )


def _told_steps(files: dict[str, bytes], steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    if not steps:
        return
    number = next(_printable(one.said["case"]) for one in steps if one.said)
    yield (f"案件 {number}，共 {len(steps)} 步", f"Case {number}, {len(steps)} steps")
    for position, step in enumerate(steps, 1):
        what = _printable(f"{step.said['at']} {step.said['action']}") if step.said else "（未公开 withheld）"
        yield (
            f"第 {position} 步，日志第 {step.index} 条：{what}",
            f"Step {position}, log entry {step.index}: {what}",
        )
    for name in files:
        if name.startswith(_OF_THE_RECORD):
            digest = hashlib.sha256(files[name]).hexdigest()
            yield (f"案卷材料：{name}  SHA-256 {digest}", f"Of the record: {name}  SHA-256 {digest}")


# --- All of it --------------------------------------------------------------------------------------------------


def verify_files(
    files: dict[str, bytes],
    *,
    keys: Sequence[Key] = (),
    roots: Sequence[x509.Certificate] = (),
    ordered: bool = False,
) -> Report:
    """Verifies the files of a bundle. ``keys`` and ``roots`` are what the caller trusts; where one of them is
    empty the bundle's own are used, and the report warns. Raises ``Refused``."""
    report = Report()
    _check_sums(files, ordered=ordered)
    own = _keys(_member(files, LOG_KEYS), _LOG_TYPE)
    report.number, form = _check_contents(files, list(keys) or own, own)
    trusted = [*keys, *(one for one in own if one not in keys)]
    steps = _check_steps(files, report.number, trusted, form) if form in CASE_BUNDLE_FORMATS else []
    if form == CASE_BUNDLE_FORMAT and MANIFEST not in files:
        _check_alone(files, steps, report)
    else:
        number = next((one.said["filing"] for one in steps if one.said), report.number)
        _check_whole_filing(files, number, trusted, roots, report)
    if steps:
        _check_case(files, steps, trusted, roots, report)
        report.lines[:0] = _told_steps(files, steps)
    _tell_stamps(report)
    _warn(report, keys, roots, own)
    return report


def _check_whole_filing(
    files: dict[str, bytes], number: str, keys: Sequence[Key], roots: Sequence[x509.Certificate], report: Report
) -> None:
    """The filing against its leaf, the leaf in the signed tree, the tree under the time stamps."""
    manifest = _check_filing(files, number)
    report.title, report.filed_at = manifest["title"], _filed_at(manifest)
    applicant = _check_applicant(files, manifest)
    leaf = _check_leaf(files)
    _check_log(files, leaf, keys, report)
    _check_versions(files, manifest, keys, report)
    for name in sorted(one for one in files if one.startswith("stamps/") and one.endswith(".tsr")):
        stem = name.removesuffix(".tsr")
        proved = _check_proof(files, (f"{stem}.checkpoint", f"{stem}.tlog-proof"), leaf, keys)
        if (proved.origin, proved.index) != (report.origin, report.index):
            raise Refused("proof_wrong", index=proved.index)
        report.stamps.append(_check_stamp(files, name, roots, report.filed_at))
    _tell(report, manifest, applicant)


def _check_alone(files: dict[str, bytes], steps: Sequence[Step], report: Report) -> None:
    """A case without its filing, for whoever may not see that: then nothing of the filing is in the bundle."""
    last = steps[-1].proved
    report.origin, report.size, report.index = last.origin, last.size, last.index
    for name in files:
        if name.startswith(("originals/", "versions/", "stamps/", "proof/")) and name not in _WITHOUT_FILING:
            raise Refused("file_extra", name=name)
    number = next(_printable(one.said["filing"]) for one in steps if one.said)
    report.warnings.append(
        (
            f"备案 {number} 不在本包内：它的图片和证明不对您公开。",
            f"The filing {number} is not in this bundle: its pictures and its proof are not yours to see.",
        )
    )


_WITHOUT_FILING = (LOG_KEYS, "proof/registry-ca.pem")


def _filed_at(manifest: dict[str, Any]) -> datetime:
    try:
        at = datetime.fromisoformat(manifest["filed_at"])
    except (ValueError, KeyError, TypeError) as fault:
        raise Refused("manifest_malformed", why="filed_at") from fault
    if at.tzinfo is None:
        raise Refused("manifest_malformed", why="filed_at")
    return at


def _check_stamp(
    files: dict[str, bytes], name: str, roots: Sequence[x509.Certificate], filed_at: datetime
) -> Stamp:
    stem = name.removesuffix(".tsr")
    own = _load_pem(_member(files, f"{stem}.root.pem"), f"{stem}.root.pem")
    chain = f"{stem}.chain.pem"
    others = _load_pem(files[chain], chain) if chain in files else []
    stamp = verify_stamp(
        files[name], files[f"{stem}.checkpoint"], roots=list(roots) or own, others=[*others, *own], name=name
    )
    if filed_at > stamp.at + CLOCKS_APART:
        raise Refused("stamp_before_filing", name=name, at=_moment(stamp.at), filed=_moment(filed_at))
    return stamp


def _tell(report: Report, manifest: dict[str, Any], applicant: dict[str, Any] | None) -> None:
    """What the bundle proves of the filing, sentence by sentence."""
    say = report.lines.append
    filed = _moment(report.filed_at or datetime.now(UTC))
    title, creator = _printable(report.title), _printable(manifest["creator"])
    say(
        (
            f"备案号 {manifest['number']}，《{title}》，创作者 {creator}",
            f"Filing {manifest['number']}, “{title}”, by {creator}",
        )
    )
    if applicant is not None:
        names = _printable(
            " · ".join(str(applicant.get(key) or "") for key in ("applicant", "organization"))
        ).strip(" ·")
        say((f"申请人 {names}", f"Applicant {names}"))
    say((f"备案时间（登记处所记）{filed}", f"Filed at {filed} (as the registry recorded it)"))
    for position, one in enumerate(_files_of(manifest)):
        name = original_name(position, one["view"], one["media_type"], manifest["format"])
        both = f"{name}  SHA-256 {one['sha256']}  SM3 {one['sm3']}"
        say((f"文件未改动：{both}", f"File unchanged: {both}"))
    say(
        (
            f"为日志 {report.origin} 的第 {report.index} 条（从 0 起），在覆盖 {report.size} 条的签名检查点之内",
            f"Entry {report.index} (from 0) of the log {report.origin}, "
            f"inside its signed checkpoint over {report.size} entries",
        )
    )
    for version, index, then in report.earlier:
        before = _moment(then)
        say(
            (
                f"本包为第 {report.version} 版，接续第 {version} 版（日志第 {index} 条，{before} 提交）",
                f"This is version {report.version}; it continues version {version} (entry {index}, {before})",
            )
        )
    for name in report.witnesses:
        say((f"见证方联署：{name}", f"Cosigned by the witness {name}"))


def _tell_stamps(report: Report) -> None:
    for stamp in report.stamps:
        at, by = _moment(stamp.at), _printable(stamp.authority)
        report.lines.append(
            (f"时间戳机构“{by}”证明检查点在 {at} 已存在", f"“{by}” stamped the checkpoint: it existed at {at}")
        )


def _warn(report: Report, keys: Sequence[Key], roots: Sequence[x509.Certificate], trusted: Sequence[Key]) -> None:
    warn = report.warnings.append
    if not keys:
        line = "  ".join(_vkey(one) for one in trusted)
        warn(
            (
                f"日志密钥取自证据包本身。请与登记处公布的密钥核对，或用 --key 指定：{line}",
                "The log's key came from the bundle itself. Compare it with the published one, "
                f"or give it by --key: {line}",
            )
        )
    if report.stamps and not roots:
        warn(
            (
                "时间戳根证书取自证据包本身。可用 --tsa-root 指定您信任的根证书。",
                "The root of the time stamps came from the bundle itself. Give one that you trust by --tsa-root.",
            )
        )
    if not report.stamps:
        warn(
            (
                "包内没有时间戳：时间只有登记处的记载。",
                "There is no time stamp: the time is the registry's word only.",
            )
        )
    elif all("not independent" in one.authority for one in report.stamps):
        warn(
            (
                "时间戳出自登记处内置的机构，不是独立第三方。",
                "The time stamps are the registry's own embedded authority's, not an independent one's.",
            )
        )


def _vkey(key: Key) -> str:
    raw = base64.b64encode(bytes([key.kind]) + key.public).decode()
    return f"{key.name}+{key.key_id.hex()}+{raw}"


def verify_bundle(place: Path, *, keys: Sequence[Key] = (), roots: Sequence[x509.Certificate] = ()) -> Report:
    """Verifies the bundle at ``place`` (ZIP or unpacked folder); raises ``Refused``."""
    try:
        return verify_files(read_bundle(place), keys=keys, roots=roots, ordered=not place.is_dir())
    except (Refused, OSError):
        raise
    except Exception as fault:  # whatever a hostile file brings about is a refusal and never a success
        raise Refused("unexpected", why=type(fault).__name__) from fault


def main(arguments: Sequence[str] | None = None, *, echo: Callable[[str], object] = print) -> int:
    """The program: 0 where everything holds, 1 where the bundle is refused, 2 for wrong arguments."""
    parser = argparse.ArgumentParser(
        prog="verifier.py", description="离线核验设计预备案证据包。Checks an evidence bundle offline."
    )
    parser.add_argument("bundle", type=Path, metavar="FILE.zip")
    parser.add_argument(
        "--key", action="append", default=[], metavar="VKEY", help="name+hash+key of the trusted log"
    )
    parser.add_argument("--tsa-root", action="append", default=[], type=Path, metavar="PEM", help="trusted root")
    given = parser.parse_args(arguments)
    try:
        keys = [Key.parse(line) for line in given.key]
        roots = [one for place in given.tsa_root for one in _load_pem(_read(place), str(place))]
        report = verify_bundle(given.bundle, keys=keys, roots=roots)
    except Refused as fault:
        echo(f"不通过：{fault.words('zh')}")
        echo(f"REFUSED: {fault.words('en')}")
        return 1
    for chinese, english in report.lines:
        echo(f"  ✓ {chinese}\n    {english}")
    for chinese, english in report.warnings:
        echo(f"  ! {chinese}\n    {english}")
    echo("核验通过。\nVERIFIED.")
    return 0


def _read(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError as fault:
        raise Refused("unreadable", name=str(place), why=fault.strerror or "?") from fault


if __name__ == "__main__":
    for _stream in (
        sys.stdout,
        sys.stderr,
    ):  # a console of another code page must not keep anybody from the verdict
        getattr(_stream, "reconfigure", lambda **_: None)(encoding="utf-8", errors="replace")
    sys.exit(main())
