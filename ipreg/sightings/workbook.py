"""The first sheet of an XLSX (ECMA-376) as rows of text, in bounded memory whatever the file claims or hides.

Read as it unpacks and not by openpyxl, which builds a row, a table of styles or a chart whole, however large.
Formulas are not computed: what a cell was last seen to show counts. No I/O.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from ipreg.batchzip import directory_bytes
from ipreg.errors import CallerError

MAX_BYTES = 100 * 2**20
MIN_BYTES = 8 * 2**20
MAX_RATIO = 40
MAX_PARTS = 2000
MAX_DIRECTORY = 2**20
MAX_FRAME = 4 * 2**20  # of a part that says how the others hang together
MAX_COLUMNS = 100
# Excel's own limits
MAX_LINES, MAX_CELL = 2**20, 32_767
MAX_STRINGS = 2_000_000
MAX_DEPTH = 64
MAX_TAG = 2**20
_CHUNK = 2**16
_FAULTS = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, NotImplementedError, EOFError, RuntimeError, OSError,
    ValueError, LookupError, ArithmeticError, StopIteration,
)  # fmt: skip
_NUMBERED = re.compile(r"([A-Za-z]{1,3})\d*")


def sheet_rows(data: bytes, *, most_bytes: int = MAX_BYTES) -> Iterator[tuple[int, list[str]]]:
    """Each row that shows something, with its number; of a row the first ``MAX_COLUMNS`` cells.

    Raises ``CallerError`` (``xlsx_malformed``, ``xlsx_too_large``, ``feed_too_long``). ``most_bytes``: what all
    parts may say that they unpack to, and more is never unpacked.
    """
    try:
        with _opened(data) as archive:
            _check_size(archive, len(data), most_bytes)
            book = _Book(archive)
            yield from _sheet(archive, book)
    except _FAULTS as fault:
        raise CallerError("xlsx_malformed", field="feed") from fault


def is_workbook(data: bytes) -> bool:
    """Whether these bytes, which begin as a ZIP does, are an XLSX."""
    try:
        with _opened(data) as archive:
            return "[Content_Types].xml" in archive.NameToInfo
    except (CallerError, *_FAULTS):
        return False


def _opened(data: bytes) -> zipfile.ZipFile:
    if directory_bytes(io.BytesIO(data)) > MAX_DIRECTORY:
        raise CallerError("xlsx_too_large", field="feed")
    return zipfile.ZipFile(io.BytesIO(data))


def _check_size(archive: zipfile.ZipFile, packed: int, most_bytes: int) -> None:
    """Honest workbooks are packed to a tenth; what is packed much better costs more to read than to send."""
    parts = archive.infolist()
    most = min(most_bytes, max(MIN_BYTES, MAX_RATIO * packed))
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > most:
        raise CallerError("xlsx_too_large", field="feed")


# Walking over a part


@dataclass
class _Walk:
    """A walk over one part: ``opens`` and ``closes`` are told each element's plain name, ``says`` each text."""

    opens: Callable[[str, dict[str, str]], None]
    closes: Callable[[str], None] = lambda name: None
    says: Callable[[str], None] = lambda text: None
    _depth: int = 0

    def over(self, archive: zipfile.ZipFile, name: str) -> Iterator[None]:
        """Goes on by a piece at each step. No tag may be endless, no element lie too deep, nothing be declared."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._open, self._close
        parser.CharacterDataHandler = self.says
        parser.StartDoctypeDeclHandler = _refuse_declarations
        fed = 0
        with archive.open(name) as part:
            while piece := part.read(_CHUNK):
                parser.Parse(piece)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > MAX_TAG:
                    raise ValueError("a tag without end")
                yield
        parser.Parse(b"", True)
        yield

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError("too deep")
        self.opens(_plain(name), attributes)

    def _close(self, name: str) -> None:
        self._depth -= 1
        self.closes(_plain(name))


def _refuse_declarations(*_declared: object) -> None:
    raise ValueError("a document type")


def _plain(name: str) -> str:
    return name.rpartition(":")[2]


# How the parts hang together


@dataclass
class _Book:
    """Where the first sheet and the texts that cells share are, and which styles show a date."""

    archive: zipfile.ZipFile
    sheet: str = ""
    shared: list[str] = field(default_factory=list)
    dates: frozenset[int] = frozenset()
    epoch: datetime = WINDOWS_EPOCH

    def __post_init__(self) -> None:
        main = next(target for kind, target in _related(self.archive, "").values() if kind == "officeDocument")
        related = _related(self.archive, main)
        for name, attributes in _elements(self.archive, main, {"sheet", "workbookPr"}):
            if name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
                self.epoch = MAC_EPOCH
            kind, target = related.get(_named(attributes, "id"), ("", ""))
            if kind == "worksheet" and not self.sheet:
                self.sheet = target
        if not self.sheet:
            raise ValueError("no sheet")
        for kind, target in related.values():
            if kind == "sharedStrings":
                self.shared = _shared_texts(self.archive, target)
            elif kind == "styles":
                self.dates = _date_styles(self.archive, target)


def _related(archive: zipfile.ZipFile, name: str) -> dict[str, tuple[str, str]]:
    """What a part refers to, by id: kind and name of each."""
    folder, own = posixpath.split(name)
    found = {}
    for _name, told in _elements(archive, posixpath.join(folder, "_rels", f"{own}.rels"), {"Relationship"}):
        target = posixpath.normpath(posixpath.join("/", folder, told.get("Target", ""))).lstrip("/")
        found[told.get("Id", "")] = (told.get("Type", "").rpartition("/")[2], target)
    return found


def _elements(archive: zipfile.ZipFile, part: str, names: set[str]) -> list[tuple[str, dict[str, str]]]:
    """The elements of those names in a small part."""
    if archive.getinfo(part).file_size > MAX_FRAME:
        raise CallerError("xlsx_too_large", field="feed")
    found: list[tuple[str, dict[str, str]]] = []
    walk = _Walk(lambda name, attributes: found.append((name, attributes)) if name in names else None)
    for _ in walk.over(archive, part):
        pass
    return found


def _named(attributes: dict[str, str], name: str) -> str:
    """An attribute with whatever prefix: the relation's id, not the sheet's own number."""
    return next((value for key, value in attributes.items() if ":" in key and _plain(key) == name), "")


def _date_styles(archive: zipfile.ZipFile, part: str) -> frozenset[int]:
    """Which of the cells' styles show a number as a date."""
    formats: dict[str, str] = {str(number): code for number, code in BUILTIN_FORMATS.items()}
    styles, at = set(), -1
    inside = False
    for name, told in _elements(archive, part, {"numFmt", "xf", "cellXfs", "cellStyles", "cellStyleXfs"}):
        if name == "numFmt":
            formats[told.get("numFmtId", "")] = told.get("formatCode", "")
        elif name != "xf":
            inside = name == "cellXfs"
        elif inside:
            at += 1
            if is_date_format(formats.get(told.get("numFmtId", ""), "")):
                styles.add(at)
    return frozenset(styles)


# Texts and cells


@dataclass
class _Texts:
    """Gathers what is said in ``t`` and ``v``, without how Japanese is spoken (``rPh``), up to a cell's length."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    listens: bool = False
    spoken: bool = False

    def open(self, name: str) -> None:
        self.spoken = self.spoken or name == "rPh"
        self.listens = name in ("t", "v") and not self.spoken

    def close(self, name: str) -> None:
        self.spoken = self.spoken and name != "rPh"
        self.listens = False

    def say(self, text: str) -> None:
        if self.listens and self.length < MAX_CELL:
            self.parts.append(text[: MAX_CELL - self.length])
            self.length += len(text)

    def taken(self) -> str:
        text, self.parts, self.length = "".join(self.parts), [], 0
        return text


def _shared_texts(archive: zipfile.ZipFile, part: str) -> list[str]:
    found: list[str] = []
    texts = _Texts()

    def close(name: str) -> None:
        texts.close(name)
        if name == "si":
            found.append(texts.taken())
            if len(found) > MAX_STRINGS:
                raise CallerError("xlsx_too_large", field="feed")

    for _ in _Walk(lambda name, _told: texts.open(name), close, texts.say).over(archive, part):
        pass
    return found


@dataclass
class _Rows:
    """Gathers the rows of a sheet as they go by."""

    book: _Book
    ready: list[tuple[int, list[str]]] = field(default_factory=list)
    _texts: _Texts = field(default_factory=_Texts)
    _line: int = 0
    _column: int = -1
    _cells: list[str] = field(default_factory=list)
    _cell: dict[str, str] = field(default_factory=dict)

    def open(self, name: str, told: dict[str, str]) -> None:
        if name == "row":
            self._line = int(told.get("r", self._line + 1))
            self._cells, self._column = [], -1
            if not 0 < self._line <= MAX_LINES:
                raise CallerError("feed_too_long", field="feed", most=MAX_LINES)
        elif name == "c":
            place = _NUMBERED.fullmatch(told.get("r", ""))
            self._column = _number_of(place[1]) if place else self._column + 1
            self._cell = told
        elif self._column < MAX_COLUMNS:
            self._texts.open(name)

    def close(self, name: str) -> None:
        self._texts.close(name)
        if name == "c" and self._column < MAX_COLUMNS:
            value = self._shown(self._texts.taken())
            if value:
                self._cells += [""] * (self._column + 1 - len(self._cells))
                self._cells[self._column] = value
        elif name == "row" and any(cell.strip() for cell in self._cells):
            self.ready.append((self._line, self._cells))

    def say(self, text: str) -> None:
        self._texts.say(text)

    def _shown(self, text: str) -> str:
        kind = self._cell.get("t", "n")
        if kind == "s":
            return self.book.shared[int(text)] if text else ""
        if kind == "b":
            return {"1": "True", "0": "False"}.get(text, text)
        if kind != "n" or not text:
            return text
        if int(self._cell.get("s") or 0) in self.book.dates:
            return _date(text, self.book.epoch)
        return _number(text)


def _sheet(archive: zipfile.ZipFile, book: _Book) -> Iterator[tuple[int, list[str]]]:
    rows = _Rows(book)
    for _ in _Walk(rows.open, rows.close, rows.say).over(archive, book.sheet):
        yield from rows.ready
        rows.ready.clear()


def _number_of(letters: str) -> int:
    """A column's number, from 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _number(text: str) -> str:
    """As people write it, without an exponent; 0.30000000000000004 is what Excel keeps of 0.3."""
    if re.fullmatch(r"-?\d{1,18}", text):
        return text
    value = float(text)
    return format(Decimal(f"{value:.15g}").normalize(), "f") if abs(value) < 1e18 else ""


def _date(text: str, epoch: datetime) -> str:
    try:
        value: Any = from_excel(float(text), epoch)
    except (ValueError, OverflowError):
        return text
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return str(value) if isinstance(value, timedelta) else str(value.isoformat())
