from __future__ import annotations

import io
import struct
import zipfile

import pytest
from kinds import all_kinds, pdf_scene, svg_scene

from ipreg.errors import CallerError
from ipreg.filekinds import _EICAR, MAX_UNPACKED, kind_of

PE = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(200)
FIVE = struct.pack("<I", 5)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


HARMFUL = {
    "a Windows program": PE,
    "a DOS program": b"MZ\x90\x00" + bytes(100),
    "an ELF program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "a Mach-O program": b"\xcf\xfa\xed\xfe\x07\x00\x00\x01" + bytes(60),
    "a universal Mach-O": b"\xca\xfe\xba\xbe\x00\x00\x00\x02" + bytes(60),
    "a Java class": b"\xca\xfe\xba\xbe\x00\x00\x00\x41" + bytes(60),
    "a Windows shortcut": b"L\x00\x00\x00\x01\x14\x02\x00" + bytes(60),
    "a shell script": b"#!/bin/sh\nrm -rf ~\n",
    "a batch file": b"\xef\xbb\xbf@ECHO OFF\r\ndel *.*\r\n",
    "PHP": b"<?php system($_GET['x']); ?>",
    "a script for Windows": b'Set x = CreateObject("WScript.Shell")\r\n',
    "PowerShell": b"powershell -enc AAAA",
    "a page with script": b"<html><script>alert(1)</script></html>",
    "EICAR": _EICAR,
    "EICAR behind a picture": all_kinds()["PNG"] + _EICAR,
    "old Office with macros": OLE + "_VBA_PROJECT".encode("utf-16-le"),
    "a Windows installer": OLE + bytes.fromhex("84100c0000000000c000000000000046"),
}
TAKEN = {
    "AI": (b"%PDF-1.6\n1 0 obj<</AIPrivateData1 2 0 R>>" + pdf_scene(), "application/vnd.adobe.illustrator"),
    "PDF": (pdf_scene(), "application/pdf"),
    "SVG": (svg_scene(), "image/svg+xml"),
    "PSD": (all_kinds()["PSD"], "image/vnd.adobe.photoshop"),
    "TIFF": (all_kinds()["TIFF"], "image/tiff"),
    "HEIC": (all_kinds()["HEIF"], "image/heif"),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "application/postscript"),
    "DXF": (b"  0\nSECTION\n  2\nHEADER\n", "image/vnd.dxf"),
    "STEP": (b"ISO-10303-21;\nHEADER;\n", "model/step"),
    "binary STL": (bytes(80) + struct.pack("<I", 1) + bytes(50), "model/stl"),
    "ZIP": (
        packed(**{"款式/云纹.svg": svg_scene(), "notes.txt": b"MZ is how this begins"}),
        "application/zip",
    ),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_programs_scripts_and_macros_are_refused_by_themselves_and_inside_archives(name: str) -> None:
    inside = packed(**{"design.psd": HARMFUL[name]})
    for data in (HARMFUL[name], inside, packed(**{"sources.zip": inside})):
        with pytest.raises(CallerError, match="file_harmful"):
            kind_of(data)


def test_office_with_macros_is_refused() -> None:
    with pytest.raises(CallerError, match="file_harmful"):
        kind_of(packed(**{"word/document.xml": b"<w/>", "word/vbaProject.bin": b"x"}))


@pytest.mark.parametrize("name", TAKEN)
def test_what_designers_work_with_is_known_by_its_bytes(name: str) -> None:
    data, kind = TAKEN[name]
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"just words", "file_kind_unknown"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(30), "file_kind_unknown"),
        (packed(inner=b"Rar!\x1a\x07\x01\x00"), "file_archive_inside"),
        (packed(a=b"x")[:-30], "file_archive_wrong"),
        (packed(a=packed(b=packed(c=packed(d=b"x")))), "file_archive_wrong"),
        (
            packed(zeros=bytes(5)).replace(struct.pack("<I", 5), struct.pack("<I", MAX_UNPACKED + 1)),
            "file_archive_wrong",
        ),
    ],
    ids=["words", "7z", "rar inside", "cut short", "too deep", "too large"],
)
def test_what_cannot_be_checked_is_not_taken(data: bytes, code: str) -> None:
    with pytest.raises(CallerError, match=code):
        kind_of(data)


def test_a_zip_with_a_password_is_not_taken() -> None:
    data = bytearray(packed(a=b"secret"))
    data[6] |= 1  # the flag in the member's own header, and in the list at the end
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(CallerError, match="file_locked"):
        kind_of(bytes(data))
