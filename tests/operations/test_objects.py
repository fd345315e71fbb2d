"""Files in a folder and in an object store: a real server that speaks S3, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from scenery import HandClock, People, design_form, one_picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import backup, objects, orphans, registry
from ipreg.db import transaction, utc_now
from ipreg.errors import MissingError, UpstreamError
from ipreg.models import Account, Filing, VaultKey
from ipreg.objects import ASIDE, Files, LocalFiles, ObjectFiles
from ipreg.runtime import Runtime, open_runtime

pytestmark = [
    pytest.mark.network,
    # The libraries of the store close their sockets when the process ends.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
NAME = "files/2c/f2/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # of "hello"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with tempfile.TemporaryFile() as told:
        running = subprocess.Popen(command, stdout=told, stderr=told)
        try:
            _wait_for(port, running)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.kill()
            running.wait()


def _wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    while running.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the S3 server did not start")


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The address of an empty bucket."""
    pytest_socket_off = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": server}
    for name, value in pytest_socket_off.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    name = f"b{os.getpid()}-{tmp_path.name.replace('_', '-').lower()}"[:60].rstrip("-")
    urllib.request.urlopen(urllib.request.Request(f"{server}/{name}", method="PUT")).close()
    return f"s3://{name}/ipreg"


@pytest.fixture(params=["folder", "objects"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    if request.param == "folder":
        return LocalFiles(tmp_path / "files-here")
    return ObjectFiles(request.getfixturevalue("bucket"), tmp_path / "near")


def test_files_are_written_whole_found_and_removed(files: Files) -> None:
    assert files.find(NAME) is None
    files.write(NAME, [b"hel", b"lo"])
    files.write("vault/abc/one", [b"x"])
    files.write("vault/abc/two", [b"y"])
    assert (found := files.find(NAME)) is not None and found.read_bytes() == b"hello"
    assert sorted(files.names()) == [NAME, "vault/abc/one", "vault/abc/two"]
    files.remove_under("vault/abc")
    files.remove(NAME)
    files.remove(NAME)
    assert files.find(NAME) is None and list(files.names()) == []


def test_a_writer_that_fails_half_way_leaves_nothing(files: Files) -> None:
    def broken() -> Iterator[bytes]:
        yield b"hel"
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        files.write(NAME, broken())
    assert files.find(NAME) is None and list(files.names()) == []


def test_another_host_finds_what_one_wrote_and_refuses_what_was_changed(bucket: str, tmp_path: Path) -> None:
    one, other = ObjectFiles(bucket, tmp_path / "one"), ObjectFiles(bucket, tmp_path / "other")
    assert other.find(NAME) is None
    one.write(NAME, [b"hello"])
    assert (found := other.find(NAME)) is not None and found.read_bytes() == b"hello"
    system, root = one._system()
    system.pipe_file(f"{root}/{NAME}", b"forged")
    with pytest.raises(UpstreamError):
        ObjectFiles(bucket, tmp_path / "third").find(NAME)


def test_a_store_that_is_gone_is_told_as_such_and_nothing_is_kept(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    files = ObjectFiles(bucket, tmp_path / "near")
    with pytest.raises(UpstreamError, match="files_unreachable"):
        files.write(NAME, [b"hello"])
    assert not (tmp_path / "near" / NAME).exists()


def test_a_store_that_says_nothing_is_tried_twice_and_no_more(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its libraries would try 25 times, for seven minutes, while somebody waits for a page."""
    tried = 0

    class Silent(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            nonlocal tried
            tried += 1
            ended.wait()

    ended = threading.Event()
    monkeypatch.setitem(objects._S3_LIMITS, "read_timeout", 0.5)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent) as silent:
        threading.Thread(target=silent.serve_forever).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.server_address[1]}")
        with pytest.raises(UpstreamError, match="files_unreachable"):
            ObjectFiles(bucket, tmp_path / "near").holds(NAME)
        ended.set()
        silent.shutdown()
    assert tried == 2


def test_what_was_not_asked_for_makes_room(bucket: str, tmp_path: Path) -> None:
    files = ObjectFiles(bucket, tmp_path / "near")
    files.write(NAME, [b"hello"])
    files.write("vault/abc/one", [b"x"])
    later = time.time() + 7200
    os.utime(tmp_path / "near" / NAME, (later - 10, later - 10))
    assert files.trim(5, now=later) == 1
    assert (tmp_path / "near" / NAME).exists() and not (tmp_path / "near" / "vault/abc/one").exists()
    assert files.find("vault/abc/one") is not None


@pytest.fixture
def far(runtime: Runtime, bucket: str) -> Runtime:
    """The runtime with its files in the bucket."""
    return open_runtime(replace(runtime.config, files_url=bucket))


def _file(
    session: Session,
    runtime: Runtime,
    person: Account,
    clock: HandClock,
    *,
    sealed: bool,
    seed: int = 8,
    key: str = "",
) -> Filing:
    return registry.register_design(
        session, runtime.store, applicant=person, form=design_form(), pictures=one_picture(seed),
        request_key=key or str(sealed), sealed=sealed, now=clock(),
    )  # fmt: skip


def test_filings_sealed_and_open_lie_in_the_store_and_come_back_from_a_backup(
    far: Runtime, clock: HandClock, tmp_path: Path, bucket: str
) -> None:
    with transaction(far.sessions) as session:
        person = People(session, clock()).designer
        opened = _file(session, far, person, clock, sealed=False)
        sealed = _file(session, far, person, clock, sealed=True)
        digests = opened.views[0].sha256, sealed.views[0].sha256
        token = sealed.vault_key.token if sealed.vault_key else ""
    names = sorted(far.store.files.names())
    assert names[0].endswith(digests[0]) and names[1] == f"vault/{token}/{digests[1]}"
    assert not (far.config.var / "files").exists() and not (far.config.var / "vault").exists()
    backup.write(far.config, tmp_path / "saved.tar", now=clock())
    far.sessions.kw["bind"].dispose()
    _back_into_another_place(far, tmp_path, digests[0])
    far.store.remove(digests[0])
    with pytest.raises(MissingError):
        far.store.get(digests[0])


def _back_into_another_place(far: Runtime, tmp_path: Path, digest: str) -> None:
    """A backup of a store can be put into a folder, with another database."""
    var = tmp_path / "restored"
    config = replace(far.config, var=var, database_url=f"sqlite:///{var / 'ipreg.sqlite3'}", files_url="")
    found = backup.restore(config, tmp_path / "saved.tar")
    assert not found.log.differences and not found.audit.faults
    assert open_runtime(config).store.get(digest) == far.store.get(digest)


def test_what_was_put_aside_is_found_and_comes_back(files: Files) -> None:
    files.write(NAME, [b"hello"])
    assert [name for name, at in files.aged("files") if abs(at - time.time()) < 3600] == [NAME]
    files.put_aside(NAME)
    assert list(files.aged("files")) == [] and [name for name, _ in files.aged(ASIDE)] == [f"{ASIDE}/{NAME}"]
    assert (found := files.find(NAME)) is not None and found.read_bytes() == b"hello"
    assert [name for name, _ in files.aged("files")] == [NAME] and list(files.aged(ASIDE)) == []
    files.put_aside(NAME)
    assert files.holds(NAME), "who is about to refer to it has it again"
    assert [name for name, _ in files.aged("files")] == [NAME]
    assert not files.bring_back("files/00/00/none") and not files.holds("files/00/00/none")


def test_another_hosts_near_copy_does_not_hide_that_an_object_was_put_aside(bucket: str, tmp_path: Path) -> None:
    one, other = ObjectFiles(bucket, tmp_path / "one"), ObjectFiles(bucket, tmp_path / "other")
    one.write(NAME, [b"hello"])
    assert other.find(NAME) is not None
    one.put_aside(NAME)
    assert other.holds(NAME)
    assert [name for name, _ in one.aged("files")] == [NAME], "brought back, though it lay near"


@pytest.fixture(params=["folder", "objects"])
def kept(request: pytest.FixtureRequest, runtime: Runtime) -> Runtime:
    """With files in a folder, or in the bucket."""
    return runtime if request.param == "folder" else request.getfixturevalue("far")


class Lost(Exception):
    """Something failed after a file was put and before its row was kept."""


def test_orphans_go_in_two_steps_and_what_rows_name_stays(kept: Runtime, clock: HandClock) -> None:
    with transaction(kept.sessions) as session:
        person = People(session, clock()).designer
        opened, sealed = (_file(session, kept, person, clock, sealed=one) for one in (False, True))
        digests = opened.views[0].sha256, sealed.views[0].sha256
    with contextlib.suppress(Lost), transaction(kept.sessions) as session:
        _file(session, kept, session.merge(person), clock, sealed=True, seed=21, key="sealed")
        _file(session, kept, session.merge(person), clock, sealed=False, seed=22, key="open")
        raise Lost
    files, later = kept.store.files, utc_now() + timedelta(days=2)
    nothing = orphans.Swept([], [], [])
    assert orphans.sweep(kept, now=utc_now()) == nothing, "a running request may refer to them yet"
    said = orphans.sweep(kept, now=later, only_say=True)
    assert len(said.aside) == 2 and {one.split("/")[0] for one in said.aside} == {"files", "vault"}
    assert list(files.aged(ASIDE)) == []
    assert orphans.sweep(kept, now=later).aside == said.aside
    assert orphans.sweep(kept, now=utc_now()) == nothing, "put aside a moment ago"
    assert orphans.sweep(kept, now=later) == orphans.Swept([], [], said.aside)
    assert list(files.aged(ASIDE)) == []
    with kept.sessions() as session:
        assert kept.store.get(digests[0])
        assert kept.store.shelf(session.scalars(select(VaultKey)).one()).get(digests[1])


def test_an_orphan_that_is_filed_again_while_it_lies_aside_is_kept(kept: Runtime, clock: HandClock) -> None:
    with transaction(kept.sessions) as session:
        person = People(session, clock()).designer
    with contextlib.suppress(Lost), transaction(kept.sessions) as session:
        _file(session, kept, session.merge(person), clock, sealed=False)
        raise Lost
    later = utc_now() + timedelta(days=2)
    (name,) = orphans.sweep(kept, now=later).aside
    with transaction(kept.sessions) as session:
        digest = _file(session, kept, session.merge(person), clock, sealed=False).views[0].sha256
    assert name.endswith(digest) and kept.store.get(digest)
    assert orphans.sweep(kept, now=later + timedelta(days=2)) == orphans.Swept([], [], [])


def test_what_was_referred_to_by_a_request_that_saw_it_before_it_was_put_aside_comes_back(
    kept: Runtime, clock: HandClock
) -> None:
    with transaction(kept.sessions) as session:
        filing = _file(session, kept, People(session, clock()).designer, clock, sealed=False)
        digest = filing.views[0].sha256
    name = f"files/{digest[:2]}/{digest[2:4]}/{digest}"
    kept.store.files.put_aside(name)  # as if the row had come a moment later than the look at all rows
    assert orphans.sweep(kept, now=utc_now() + timedelta(days=2)).back == [name]
    assert kept.store.get(digest)
