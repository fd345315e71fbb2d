"""The public verification page: what anybody is told, and what nobody is."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
import segno
from scenery import draw_picture
from site_of_tests import Site
from wizard import file_by_wizard

from ipreg import numbers, verifier
from ipreg.digests import digests
from jobs import timestamps

MINE = digests(draw_picture(1))


def see(site: Site, path: str, status: int = 200) -> str:
    answer = site.app.test_client().get(path, follow_redirects=True)
    assert answer.status_code == status, path
    return str(answer.text)


@pytest.mark.parametrize("spelling", ["{}", " {} ", "{lower}", "{bare}", "{wide}"])
def test_a_number_is_found_however_it_is_typed(site: Site, spelling: str) -> None:
    number = site.filing
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in number)
    text = spelling.format(number, lower=number.lower(), bare=number.replace("-", ""), wide=wide)
    page = see(site, f"/verify?number={text}")
    assert number in page and "2026-03-02 09:00:00 UTC" in page and MINE.sm3 in page and "刚刚验证通过" in page


def test_nobody_is_told_what_it_shows_or_whose_it_is(site: Site) -> None:
    timestamps.run(site.runtime)
    page = see(site, f"/verify/{site.filing}")
    for secret in (
        "云纹外套",
        "林晓",
        "designer",
        "锦绣",
        "front.jpg",
        "clothing",
        "服装",
        f"/filings/{site.filing}",
    ):
        assert secret not in page, secret
    assert "登记处内置时间戳机构" in page


@pytest.mark.parametrize(
    "text",
    [
        MINE.sha256,
        MINE.sm3,
        MINE.sha256.upper(),
        f"{MINE.sha256}  front.jpg",
        f"SM3(front.jpg)= {MINE.sm3}",
        " ".join(MINE.sha256[at : at + 8] for at in range(0, 64, 8)),
    ],
)
def test_a_file_is_found_by_either_digest(site: Site, text: str) -> None:
    page = site.app.test_client().get("/verify", query_string={"digest": text})
    assert page.status_code == 200 and "这个文件确已备案" in page.text and site.filing in page.text


def test_what_is_not_found_is_worded_with_care(site: Site) -> None:
    page = see(site, f"/verify?digest={'ab' * 32}", 404)
    assert "没有备案包含此摘要的文件" in page and "不说明有无近似的设计" in page and "YB2026-0000001" not in page
    absent = numbers.make_number(numbers.FILING, year=2026, serial=99)
    assert "没有编号为" in see(site, f"/verify?number={absent}", 404)


@pytest.mark.parametrize(
    "part", [MINE.sha256[:63], MINE.sha256[:8], "%", "' or 1=1 --", f"{MINE.sha256}0", "*" * 64]
)
def test_no_part_of_a_digest_finds_anything(site: Site, part: str) -> None:
    """Nor does a pattern: the register can't be read out by guessing."""
    answer = site.app.test_client().get("/verify", query_string={"digest": part})
    assert answer.status_code == 400 and "这不是摘要" in answer.text and site.filing not in answer.text


@pytest.mark.parametrize("number", ["YB2026-0000001-A", "YB2026-1", "AJ2026-0000001-0", "<b>"])
def test_a_slip_in_a_number_is_told(site: Site, number: str) -> None:
    assert "这不是备案号" in see(site, f"/verify?number={number}", 400)


def test_a_file_is_checked_against_one_filing(site: Site) -> None:
    assert "这个文件确已备案" in see(site, f"/verify/{site.filing}?digest={MINE.sm3}")
    assert "这个文件不属于本备案" in see(site, f"/verify/{site.filing}?digest={'cd' * 32}")


def test_the_earliest_filing_of_a_file_answers(site: Site) -> None:
    client = site.sign_in("rival")
    assert file_by_wizard(client, {"a.jpg": draw_picture(1)}, title="抄").status_code == 302
    page = see(site, f"/verify?digest={MINE.sha256}")
    assert site.filing in page and "这是最早的一次备案" in page and "YB2026-0000002" not in page


def test_certificate_and_bundle_come_from_the_filing_s_page(site: Site) -> None:
    client = site.sign_in("designer")
    page = client.get(f"/filings/{site.filing}").text
    assert f"/filings/{site.filing}/certificate.pdf" in page and f"/filings/{site.filing}/evidence.zip" in page
    pdf = client.get(f"/filings/{site.filing}/certificate.pdf")
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    assert "我们为本备案出具的证书" in see(site, f"/verify?digest={digests(pdf.data).sha256}")
    whole = client.get(f"/filings/{site.filing}/evidence.zip").data
    assert verifier.verify_files(verifier.read_zip(whole)).number == site.filing
    assert b"proof/applicant.json" in whole


def test_the_verifier_and_the_root_are_to_be_had(site: Site) -> None:
    client = site.app.test_client()
    assert b"def verify_bundle" in client.get("/verify/verifier.py").data
    assert client.get("/verify/registry-ca.pem").data.startswith(b"-----BEGIN CERTIFICATE")


def code(text: str) -> bytes:
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="png", scale=6, border=4)
    return out.getvalue()


def photograph(data: bytes) -> bytes:
    """The code on a table, turned, darker and blurred: as a phone takes it."""
    flat = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    table = np.full((1200, 1600), 150, np.uint8)
    height, width = flat.shape
    table[300 : 300 + height, 500 : 500 + width] = flat // 2 + 80
    turn = cv2.getRotationMatrix2D((800, 600), 11, 1.3)
    taken = cv2.GaussianBlur(cv2.warpAffine(table, turn, (1600, 1200), borderValue=150), (5, 5), 0)
    return bytes(cv2.imencode(".jpg", taken, [cv2.IMWRITE_JPEG_QUALITY, 70])[1])


def send_photo(site: Site, data: bytes) -> object:
    return site.app.test_client().post("/verify/code", data={"photo": (io.BytesIO(data), "a.jpg")})


def test_a_photograph_of_the_code_leads_to_the_record(site: Site) -> None:
    answer = send_photo(site, photograph(code(f"https://registry.example/verify/{site.filing}")))
    assert answer.headers["Location"].endswith(f"/verify/{site.filing}")  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [b"", b"no picture", draw_picture(3), code("https://evil.example/x"),
                                  code("https://evil.example/verify/YB2026-0000001-A")])  # fmt: skip
def test_other_pictures_are_told_from_codes(site: Site, data: bytes) -> None:
    assert send_photo(site, data).status_code == 400  # type: ignore[attr-defined]
