"""The ZIP of a batch or a feed: read by name and bounded, whatever its headers claim and however its names are
encoded. Nothing is unpacked but what is asked for."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from typing import BinaryIO

from ipreg.errors import CallerError

MAX_MEMBERS = 8_000
MAX_TABLE = 5 * 2**20
MAX_NAME = 400
_UTF8 = 0x800
_END = struct.Struct("<4s4H2LH")
_LONGEST_REMARK = 2**16
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError, ValueError)


class BatchZip:
    """``file`` as a ZIP of one table and files; raises ``CallerError`` (``zip_malformed``, ``zip_too_large``).

    ``field`` is where on the form it was given.
    """

    def __init__(
        self, file: BinaryIO, *, most_bytes: int, most_members: int = MAX_MEMBERS, field: str = "batch"
    ) -> None:
        self._most, self._field = most_bytes, field
        if directory_bytes(file) > most_members * MAX_NAME:
            raise CallerError("zip_too_large", field=self._field)
        try:
            self._archive = zipfile.ZipFile(file)
        except _BROKEN as fault:
            raise CallerError("zip_malformed", field=self._field) from fault
        members = [one for one in self._archive.infolist() if not one.is_dir()]
        if len(members) > most_members:
            raise CallerError("zip_too_large", field=self._field)
        self._members = {key: one for one in members for name in _names(one) if (key := _key(name))}

    def table(
        self,
        kinds: tuple[tuple[str, ...], ...] = ((".csv", ".tsv"),),
        *,
        most_bytes: int = MAX_TABLE,
        missing: str = "batch_without_table",
    ) -> bytes:
        """The one file of the first of ``kinds`` (endings) that there is; raises ``CallerError`` (``missing``)."""
        for endings in kinds:
            found = {one.header_offset: one for key, one in self._members.items() if key.endswith(endings)}
            if len(found) == 1:
                return self._read(next(iter(found.values())), most_bytes)
            if found:
                break
        raise CallerError(missing, field=self._field)

    def read(self, name: str) -> bytes:
        """A file by its path in the ZIP, or by its last part where only one has it.

        Raises ``CallerError`` (``batch_file_missing``, ``file_too_large``, ``zip_malformed``).
        """
        key = _key(name)
        found = self._members.get(key)
        if found is None:
            ends = {one.header_offset: one for path, one in self._members.items() if path.endswith(f"/{key}")}
            found = next(iter(ends.values())) if len(ends) == 1 else None
        if found is None:
            raise CallerError("batch_file_missing", field=self._field, name=name)
        return self._read(found, self._most)

    def _read(self, member: zipfile.ZipInfo, most: int) -> bytes:
        """Never more than ``most`` bytes are unpacked, even where the header lies."""
        if member.flag_bits & 1:
            raise CallerError("zip_malformed", field=self._field)
        try:
            with self._archive.open(member) as file:
                data = file.read(most + 1)
        except _BROKEN as fault:
            raise CallerError("zip_malformed", field=self._field) from fault
        if len(data) > most:
            raise CallerError("file_too_large", field=self._field, megabytes=most // 2**20)
        return data


def directory_bytes(file: BinaryIO) -> int:
    """How long the list of a ZIP's members is, as its end says (APPNOTE.TXT, 4.3.16). Whoever opens a ZIP holds all
    of that list in memory, at many times its size; 0 where there is no such end."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _LONGEST_REMARK - _END.size))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    file.seek(0)
    return int(_END.unpack_from(tail, at)[5]) if 0 <= at <= len(tail) - _END.size else 0


def _names(member: zipfile.ZipInfo) -> list[str]:
    """What it may be called: Windows in China writes GBK and says nothing of it, others UTF-8 likewise, and
    short names are good in both."""
    if member.flag_bits & _UTF8:
        return [member.filename]
    raw, found = member.filename.encode("cp437", "replace"), []
    for encoding in ("utf-8", "gb18030"):
        try:
            found.append(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    return found or [member.filename]


def _key(name: str) -> str:
    """One spelling of a path; empty for what is no file of a batch (macOS's own, or leading out of the ZIP)."""
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").strip().lower()
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or parts[0] == "__macosx" or parts[-1].startswith("._"):
        return ""
    return "/".join(parts)
