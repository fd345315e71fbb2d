"""From a file to a decision: the whole way over HTTP, against the real processes, with a real mail server."""

from __future__ import annotations

import base64
import email
import email.message
import email.policy
import hashlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from scenery import PASSWORD, draw_picture, edited_copy
from wizard import walk_wizard

from ipreg.digests import digests
from ipreg.notify.postbox import open_postbox
from ipreg.tlog import merkle
from ipreg.tlog.note import Verifier, open_checkpoint

pytestmark = pytest.mark.network


@dataclass(frozen=True)
class Place:
    address: str
    environ: dict[str, str]
    mailbox: Path
    opened: list[httpx.Client] = field(default_factory=list)

    def ipreg(self, *words: str) -> str:
        """Runs the command line as a process of its own."""
        command = [sys.executable, "-m", "ipreg", *words]
        return subprocess.run(command, env=self.environ, check=True, capture_output=True, text=True).stdout

    def visitor(self) -> Visitor:
        client = httpx.Client(base_url=self.address, follow_redirects=True, trust_env=False, timeout=30)
        self.opened.append(client)
        return Visitor(client)


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser: forms are sent with the token that their page gave."""

    client: httpx.Client

    def see(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.text

    def send(self, path: str, page: str, files: object = None, **values: str) -> httpx.Response:
        for name in ("csrf_token", "row_version", "request_key"):
            found = re.search(rf'name="{name}" value="([^"]*)"', page)
            if found:
                values.setdefault(name, found.group(1))
        return self.client.post(path, data=values, files=files)  # type: ignore[arg-type]

    def sign_in(self, name: str) -> None:
        form = {"email": f"{name}@ipreg.example", "password": PASSWORD}
        assert self.send("/sign-in", self.see("/sign-in"), **form).status_code == 200


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with open_postbox(tmp_path / "mailbox", "warn@ipreg.example") as smtp:
        environ = {
            **os.environ,
            "IPREG_VAR": str(tmp_path / "var"),
            "IPREG_PUBLIC_URL": address,
            "IPREG_SMTP_URL": f"smtp://{smtp.host}:{smtp.port}",
            "IPREG_PASSWORD": PASSWORD,
        }
        place = Place(address, environ, tmp_path / "mailbox")
        place.ipreg("account", "add", "regulator", "regulator@ipreg.example", "--name", "陈科员")
        command = [sys.executable, "-m", "ipreg", "serve", "--port", str(port)]
        server = subprocess.Popen(command, env=environ)
        try:
            wait_for(address)
            yield place
        finally:
            for client in place.opened:
                client.close()
            server.terminate()
            server.wait(20)


def wait_for(address: str) -> None:
    transport = httpx.HTTPTransport(retries=8)  # waits between tries, longer each time
    with httpx.Client(transport=transport, timeout=30) as client:
        assert client.get(f"{address}/healthz").text == "ok\n"


def sign_up(place: Place, name: str, role: str, **more: str) -> Visitor:
    visitor = place.visitor()
    page = visitor.see("/sign-up")
    values = {"email": f"{name}@ipreg.example", "password": PASSWORD, "name": name, "role": role, **more}
    assert "/sign-up" not in str(visitor.send("/sign-up", page, **values).url)
    return visitor


def test_from_a_file_to_a_decision(place: Place) -> None:
    enterprise = sign_up(place, "enterprise", "enterprise", organization_name="锦绣服饰")
    found = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", enterprise.see("/account"))
    assert found is not None
    designer = sign_up(place, "designer", "designer", join_code=found.group(0))
    number = files_a_design(designer)
    can_be_checked_by_a_stranger(place)
    imports_a_feed(place, enterprise)
    place.ipreg("jobs", "run")
    place.ipreg("jobs", "run")
    receives_one_mail_each(place)
    case = confirms_the_alert(designer, enterprise, number)
    decides(place, case)
    history = enterprise.see(f"/cases/{case}")
    steps = ("预警已确认，等待受理", "已确定承办人员", "决定：侵权成立")
    assert [history.count(words) for words in steps] == [1, 1, 1]
    assert place.ipreg("log", "check").strip().endswith("entries hold")


def files_a_design(designer: Visitor) -> str:
    check, page = walk_wizard(designer, {"front.jpg": draw_picture(1), "back.jpg": draw_picture(2)})
    answer = designer.send(check, page)
    again = designer.send(check, page)
    assert answer.url.path == again.url.path, "the same form sent twice is one filing"
    shown = re.search(r"YB\d{4}-\d{7}-\w", answer.text)
    assert shown is not None
    for data in (draw_picture(1), draw_picture(2)):
        assert digests(data).sha256 in answer.text and digests(data).sm3 in answer.text
    assert "刚刚验证通过" in answer.text
    return shown.group(0)


def can_be_checked_by_a_stranger(place: Place) -> None:
    stranger = place.visitor()
    verifier = Verifier.parse(stranger.see("/log/key"))
    proof = stranger.client.get("/log/proofs/0").json()
    head = open_checkpoint(stranger.see("/log/checkpoint"), verifier)
    leaf = merkle.hash_leaf(base64.b64decode(proof["leaf"]))
    assert leaf == hashlib.sha256(b"\0" + base64.b64decode(proof["leaf"])).digest()
    path = [bytes.fromhex(one) for one in proof["path"]]
    merkle.verify_inclusion(leaf, index=0, size=head.size, path=path, root=head.root)


def imports_a_feed(place: Place, enterprise: Visitor) -> None:
    feed = """平台,商品编号,标题,店铺,价格,币种,图片
淘淘,1,秋冬外套,快手小铺,99,CNY,copy.jpg
淘淘,2,,店,1,CNY,copy.jpg
淘淘,3,毛衣,好店,59,CNY,other.jpg
"""
    files = [
        ("feed", ("feed.csv", feed.encode("gb18030"))),
        ("pictures", ("copy.jpg", edited_copy(draw_picture(1)))),
        ("pictures", ("other.jpg", draw_picture(70))),
    ]
    page = enterprise.send("/imports", enterprise.see("/imports"), files=files)
    assert "<progress" in page.text
    place.ipreg("jobs", "run", "imports")
    page_after = enterprise.see(page.url.path)
    assert "<td>3</td>" in page_after and "“title”为空" in page_after
    assert enterprise.client.get(f"{page.url.path}/progress").json() == {
        "state": "done",
        "total": 3,
        "done": 3,
        "kept": 2,
    }


def receives_one_mail_each(place: Place) -> None:
    mails = [
        email.message_from_bytes(one.read_bytes(), policy=email.policy.default) for one in place.mailbox.iterdir()
    ]
    warnings = [mail for mail in mails if f"{place.address}/alerts/" in text_of(mail)]
    assert sorted(mail["To"] for mail in warnings) == ["designer@ipreg.example", "enterprise@ipreg.example"]
    assert all(f"{place.address}/alerts/1" in text_of(mail) for mail in warnings)


def text_of(mail: email.message.EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def confirms_the_alert(designer: Visitor, enterprise: Visitor, number: str) -> str:
    assert "/alerts/1" in designer.see("/alerts")
    page = enterprise.see("/alerts/1")
    assert number in page and "秋冬外套" in page and "左右镜像" in page
    assert enterprise.client.get("/alerts/1/overlay").headers["Content-Type"].startswith("image/")
    answer = enterprise.send("/alerts/1/confirm", page)
    found = re.search(r"AJ\d{4}-\d{7}-\w", answer.text)
    assert found is not None
    return found.group(0)


def decides(place: Place, case: str) -> None:
    regulator = place.visitor()
    regulator.sign_in("regulator")
    assert case in regulator.see("/cases")
    page = regulator.send(f"/cases/{case}/assign", regulator.see(f"/cases/{case}")).text
    for data in (draw_picture(1), edited_copy(draw_picture(1))):
        assert digests(data).sha256 in page and digests(data).sm3 in page
    assert "刚刚验证通过" in page
    refused = regulator.send(f"/cases/{case}/decide", page, outcome="infringing", reason="短")
    assert refused.status_code == 400 and 'id="fault-reason"' in refused.text
    reason = "图案与廓形和备案一致，仅作左右镜像。"
    unheard = regulator.send(f"/cases/{case}/decide", page, outcome="infringing", reason=reason)
    assert unheard.status_code == 400 and 'id="fault-unheard"' in unheard.text, "nobody is judged unheard just so"
    why = "卖家已注销店铺，无法送达告知书。"
    decided = regulator.send(f"/cases/{case}/decide", page, outcome="infringing", reason=reason, unheard=why)
    assert why in decided.text
    assert decided.status_code == 200 and reason in decided.text


def test_the_same_way_from_the_command_line(tmp_path: Path, place: Place) -> None:
    code = place.ipreg(
        "account", "add", "enterprise", "e@ipreg.example", "--name", "企业", "--organization", "锦绣"
    ).split()[-1]
    place.ipreg("account", "add", "designer", "d@ipreg.example", "--name", "林晓", "--join-code", code)
    (tmp_path / "front.jpg").write_bytes(draw_picture(1))
    (tmp_path / "copy.jpg").write_bytes(edited_copy(draw_picture(1)))
    feed = tmp_path / "feed.csv"
    feed.write_text("platform,listing_id,title,pictures\n淘淘,1,外套,copy.jpg\n淘淘,2,,x\n", "utf-8")
    filing = place.ipreg(
        "file", "--as", "d@ipreg.example", "--title", "外套", "--industry", "clothing",
        "--created-on", "2026-01-31", f"front={tmp_path / 'front.jpg'}",
    )  # fmt: skip
    assert digests(draw_picture(1)).sm3 in filing
    assert place.ipreg("feed", "import", str(feed), "--as", "e@ipreg.example") == "1 of 2 rows kept\n"
    place.ipreg("jobs", "run")
    alert = place.ipreg("alerts", "list", "--as", "e@ipreg.example").split("\t")[0]
    case = place.ipreg("alerts", "confirm", alert, "--as", "e@ipreg.example").strip()
    officer = ("--as", "regulator@ipreg.example")
    place.ipreg("cases", "assign", case, *officer)
    reason = ("--outcome", "infringing", "--reason", "图案与廓形和备案一致，仅作镜像。")
    reason += ("--unheard", "卖家已注销店铺，无法送达告知书。")
    place.ipreg("cases", "decide", case, *reason, *officer)
    assert "decided_infringing" in place.ipreg("cases", "show", case, *officer)
