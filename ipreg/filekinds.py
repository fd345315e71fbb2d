"""What a designer's file is, told from its bytes alone; and which files are refused because they could do harm.

Only kinds that designers work with are taken as they are; whatever else belongs to the work goes into a ZIP, whose
members are looked at one by one. Signatures: the formats' own specifications, and for the rest the list of the
``file`` program (https://github.com/file/file, magic/Magdir).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from ipreg.errors import CallerError
from similarity.drawings import drawing_kind
from similarity.image import sniff

UNKNOWN = "application/octet-stream"
ZIP = "application/zip"
ILLUSTRATOR = "application/vnd.adobe.illustrator"
MAX_MEMBERS, MAX_UNPACKED, MAX_DEPTH = 2_000, 500 * 2**20, 3
_HEAD = 64 * 1024
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"%!PS-Adobe", "application/postscript"),
    (b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (b"8BPB", "image/vnd.adobe.photoshop"),
    (b"\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d", "application/x-indesign"),
    (b"\x00\xffKA", "application/x-affinity"),
    (b"AC10", "image/vnd.dwg"),
    (b"  0\r\nSECTION", "image/vnd.dxf"),
    (b"  0\nSECTION", "image/vnd.dxf"),
    (b"0\r\nSECTION", "image/vnd.dxf"),
    (b"0\nSECTION", "image/vnd.dxf"),
    (b"AutoCAD Binary DXF", "image/vnd.dxf"),
    (b"ISO-10303-21;", "model/step"),
    (b"solid ", "model/stl"),
    (b"glTF", "model/gltf-binary"),
    (b"Kaydara FBX Binary", "application/x-fbx"),
    (b"3D Geometry File Format", "model/vnd.3dm"),
    (b"BLENDER", "application/x-blender"),
    (b"gimp xcf", "image/x-xcf"),
)
_PROGRAMS: tuple[bytes, ...] = (
    b"\x7fELF",
    b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",  # Mach-O
    b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf", b"\xbe\xba\xfe\xca",  # Mach-O for several processors, Java
    b"dex\n",
    b"\x00asm",
    b"L\x00\x00\x00\x01\x14\x02\x00",  # a Windows shortcut
    b"!<arch>\n",
    b"ITSF",  # compiled HTML help
)  # fmt: skip
_ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"MSCF", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"xar!")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")  # the class of a Windows installer's root
_MACROS = ("_VBA_PROJECT".encode("utf-16-le"), "Macros".encode("utf-16-le"))
# The harmless file that all virus scanners know (eicar.org), put together here so that none finds it in our source.
_EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
_SCRIPT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:#!|@echo\s+off|<\?php|<(?:!doctype\s+html|html|script|job|hta:)|set\s+shell\s*=)"
    rb"|\bwscript\.|\bcreateobject\s*\(|\bpowershell(?:\.exe)?\s+-|\binvoke-expression\b|frombase64string",
    re.IGNORECASE,
)


_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError)


def kind_of(data: bytes) -> str:
    """The media type; raises ``CallerError``: ``file_harmful``, ``file_locked`` (a ZIP with a password),
    ``file_archive_wrong`` (damaged, or too much inside) or ``file_kind_unknown``."""
    refuse_harmful(data)
    if found := next((kind for start, kind in _KINDS if data.startswith(start)), None):
        return found
    if data.startswith(b"RIFF") and data[8:11] == b"CDR":
        return "application/vnd.corel-draw"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZIP
    if found := sniff(data):
        return ILLUSTRATOR if found == "application/pdf" and b"/AIPrivateData" in data else found
    if _is_binary_stl(data):
        return "model/stl"
    raise CallerError("file_kind_unknown", field=None)


def refuse_harmful(data: bytes) -> None:
    """Raises ``CallerError`` where ``data`` is a program, a script, has macros, or holds such a file."""
    _refuse(data, depth=0)


def _refuse(data: bytes, depth: int) -> None:
    if _EICAR in data or _is_program(data) or _has_macros(data):
        raise CallerError("file_harmful", field=None)
    if not data.startswith(b"PK\x03\x04"):
        return
    if depth == MAX_DEPTH:
        raise CallerError("file_archive_wrong", field=None)
    for name, content in _members(data):
        if name.lower().endswith("vbaproject.bin"):
            raise CallerError("file_harmful", field=None)
        if content.startswith(_ARCHIVES) and drawing_kind(content) is None:
            raise CallerError("file_archive_inside", field=None, name=name[-100:])
        _refuse(content, depth + 1)


def _is_program(data: bytes) -> bool:
    if data.startswith(_PROGRAMS) or _is_windows_program(data):
        return True
    head = data[:_HEAD]
    # Pictures and drawings are binary, or start with a mark of their own: scripts are looked for in text only.
    return b"\0" not in head[:1024] and not head.startswith((b"%PDF", b"%!PS")) and bool(_SCRIPT.search(head))


def _is_windows_program(data: bytes) -> bool:
    """ "MZ" alone begins many a text; with the header that it leads to, it is a program. DOS programs have none."""
    if not data.startswith(b"MZ") or len(data) < 64:
        return False
    (at,) = struct.unpack_from("<I", data, 60)
    return data[at : at + 2] in (b"PE", b"NE", b"LE", b"LX") or b"\0" in data[:64]


def _has_macros(data: bytes) -> bool:
    return data.startswith(_OLE) and (any(one in data for one in _MACROS) or _INSTALLER in data)


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Each member's name and beginning, or the whole of what is an archive or an old Office file itself."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = archive.infolist()
            if len(inside) > MAX_MEMBERS or sum(one.file_size for one in inside) > MAX_UNPACKED:
                raise CallerError("file_archive_wrong", field=None)
            for one in inside:
                if one.flag_bits & 1:
                    raise CallerError("file_locked", field=None)
                if not one.is_dir():
                    yield one.filename, _beginning(archive, one)
    except (*_BROKEN, OSError, ValueError) as fault:
        raise CallerError("file_archive_wrong", field=None) from fault


def _beginning(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        head = file.read(_HEAD)
        return head + file.read(MAX_UNPACKED // 10) if head.startswith((b"PK\x03\x04", _OLE)) else head


def _is_binary_stl(data: bytes) -> bool:
    """80 bytes, a count of triangles, 50 bytes for each of them, and nothing else."""
    return len(data) >= 84 and len(data) == 84 + 50 * struct.unpack_from("<I", data, 80)[0]
