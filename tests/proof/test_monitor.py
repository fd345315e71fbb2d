"""The monitor, over a real socket: an honest log passes, and no dishonest one does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from apps import create_app
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from databases import Databases
from flask import Flask
from log_server import append, serve_log
from scenery import HandClock
from sqlalchemy import text
from werkzeug.test import Client
from werkzeug.wrappers import Response

from ipreg.cli import main
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.runtime import Runtime, open_runtime
from ipreg.tlog import merkle
from ipreg.tlog.note import Signer, TreeHead

pytestmark = pytest.mark.network


class Watch:
    """The monitor's command, with a state file of its own."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self.state = folder / "seen.json"
        self.key = str(runtime.log_key.verifier)

    def look(self, url: str, *more: str) -> Result:
        words = ["log", "monitor", url, "--key", self.key, "--state", str(self.state), *more]
        return CliRunner().invoke(main, words, env={"LANG": "C"})

    def seen(self) -> int:
        return int(json.loads(self.state.read_text())["size"])


@pytest.fixture
def watch(runtime: Runtime, tmp_path: Path) -> Watch:
    return Watch(runtime, tmp_path)


@pytest.fixture
def other(runtime: Runtime, databases: Databases, tmp_path: Path) -> Iterator[Callable[[], Runtime]]:
    """Copies the log as it is now: where a dishonest operator goes on from, with the same key."""
    opened: list[Runtime] = []

    def copy() -> Runtime:
        place = tmp_path / f"other-{len(opened)}"
        databases.copy(runtime.config.var, place)
        database = Config.from_env(databases.environ(place)).database_url
        opened.append(open_runtime(replace(runtime.config, var=place, database_url=database)))
        return opened[-1]

    yield copy
    for one in opened:
        one.sessions.kw["bind"].dispose()
        databases.drop(one.config.var)


def change(app: Flask, path: str, edit: Callable[[Response], Response]) -> Flask:
    """``app``, lying about one address."""
    inner = app.wsgi_app

    def lying(environ: dict[str, str], start: Callable[..., object]) -> object:
        if environ["PATH_INFO"] != path:
            return inner(environ, start)
        honest = Client(inner).get(path)
        return edit(Response(honest.data, status=honest.status_code))(environ, start)

    app.wsgi_app = lying  # type: ignore[method-assign,assignment]
    return app


def test_an_honest_log_is_followed_as_it_grows(runtime: Runtime, clock: HandClock, watch: Watch) -> None:
    with serve_log(create_app(runtime.config)) as url:
        assert watch.look(url).exit_code == 0  # an empty log has nothing to show
        for count, size in ((1, 1), (255, 256), (1, 257), (400, 657), (0, 657)):
            if count:
                append(runtime, clock, count)
            found = watch.look(url)
            assert (found.exit_code, watch.seen()) == (0, size), found.output
            assert f"ok\t{size} entries\t{count} new" in found.output


def test_partial_tiles_may_give_way_to_full_ones(runtime: Runtime, clock: HandClock, watch: Watch) -> None:
    """As with logs that grew, and cleaned up, between two of the monitor's requests."""
    append(runtime, clock, 300)
    app = create_app(runtime.config)
    old = app.test_client().get("/log/checkpoint").data
    append(runtime, clock, 212)
    inner = app.wsgi_app

    def serving(environ: dict[str, str], start: Callable[..., object]) -> object:
        if ".p/" in environ["PATH_INFO"] and "/tile/1/" not in environ["PATH_INFO"]:
            return Response(status=404)(environ, start)
        return inner(environ, start)

    app.wsgi_app = serving  # type: ignore[method-assign,assignment]
    with serve_log(change(app, "/log/checkpoint", lambda _: Response(old))) as url:
        assert (watch.look(url).exit_code, watch.seen()) == (0, 300)


def test_a_fork_is_screamed_at_and_the_evidence_kept(
    runtime: Runtime, clock: HandClock, watch: Watch, other: Callable[[], Runtime], tmp_path: Path
) -> None:
    append(runtime, clock, 5)
    forked = other()
    append(runtime, clock, 300, "what everybody saw")
    append(forked, clock, 400, "another history")
    with serve_log(create_app(runtime.config)) as url:
        assert watch.look(url).exit_code == 0
    with serve_log(create_app(forked.config)) as url:
        found = watch.look(url)
    assert (found.exit_code, watch.seen()) == (1, 305)
    assert "ALARM\tmonitor_fork\tFORK" in found.stderr and "305" in found.stderr
    (evidence,) = tmp_path.glob("seen.json.monitor_fork.*")
    assert evidence.read_text().count("127.0.0.1/log\n") == 2


def test_a_fork_of_the_same_size_is_screamed_at(
    runtime: Runtime, clock: HandClock, watch: Watch, other: Callable[[], Runtime]
) -> None:
    append(runtime, clock, 5)
    forked = other()
    append(runtime, clock, 3, "one")
    append(forked, clock, 3, "other")
    with serve_log(create_app(runtime.config)) as url:
        watch.look(url)
    with serve_log(create_app(forked.config)) as url:
        found = watch.look(url)
    assert found.exit_code == 1 and "monitor_fork" in found.stderr


def test_a_rollback_is_screamed_at(
    runtime: Runtime, clock: HandClock, watch: Watch, other: Callable[[], Runtime]
) -> None:
    append(runtime, clock, 5)
    old = other()
    append(runtime, clock, 5)
    with serve_log(create_app(runtime.config)) as url:
        watch.look(url)
    with serve_log(create_app(old.config)) as url:
        found = watch.look(url)
    assert found.exit_code == 1 and "ROLLBACK: the log shows 5 entries; 10 were signed before." in found.stderr


def test_a_log_that_vanished_is_screamed_at(runtime: Runtime, clock: HandClock, watch: Watch) -> None:
    append(runtime, clock, 5)
    with serve_log(create_app(runtime.config)) as url:
        watch.look(url)
    with serve_log(change(create_app(runtime.config), "/log/checkpoint", lambda _: Response(status=404))) as url:
        found = watch.look(url)
    assert found.exit_code == 1 and "monitor_missing" in found.stderr


def resigned(honest: Response) -> Response:
    other = Signer("127.0.0.1/log", Ed25519PrivateKey.generate())
    return Response(other.sign(TreeHead("127.0.0.1/log", 300, bytes(32)).to_text()))


LIES: list[tuple[str, str, Callable[[Response], Response]]] = [
    ("/log/checkpoint", "monitor_signature", resigned),
    ("/log/checkpoint", "monitor_signature", lambda _: Response(b"\xff\xfe")),
    ("/log/checkpoint", "monitor_signature", lambda it: Response(it.data.replace(b"\n300\n", b"\n301\n"))),
    ("/log/tile/0/000", "monitor_missing", lambda _: Response(status=404)),
    ("/log/tile/entries/000", "monitor_missing", lambda _: Response(status=404)),
    ("/log/tile/entries/001.p/44", "monitor_missing", lambda _: Response(status=404)),
    ("/log/tile/0/000", "monitor_tiles", lambda it: Response(it.data[:-1] + b"\0")),
    ("/log/tile/0/000", "monitor_tiles", lambda it: Response(it.data[:-32])),
    ("/log/tile/1/000.p/1", "monitor_tiles", lambda it: Response(bytes(32))),
    ("/log/tile/0/001.p/44", "monitor_tiles", lambda it: Response(it.data[32:] + it.data[:32])),
    ("/log/tile/entries/000", "monitor_entry", lambda it: Response(it.data.replace(b'"test"', b'"Test"', 1))),
    ("/log/tile/entries/001.p/44", "monitor_bundle", lambda it: Response(it.data[:-1])),
    ("/log/tile/entries/001.p/44", "monitor_bundle", lambda it: Response(it.data + b"\0\0")),
]


@pytest.mark.parametrize(("path", "code", "edit"), LIES, ids=[f"{one[0][5:]}-{at}" for at, one in enumerate(LIES)])
def test_a_changed_answer_is_screamed_at_and_nothing_is_believed(
    runtime: Runtime, clock: HandClock, watch: Watch, path: str, code: str, edit: Callable[[Response], Response]
) -> None:
    append(runtime, clock, 300)
    with serve_log(change(create_app(runtime.config), path, edit)) as url:
        found = watch.look(url)
    assert found.exit_code == 1 and f"ALARM\t{code}\t" in found.stderr, found.output
    assert not watch.state.exists()
    with serve_log(create_app(runtime.config)) as url:
        assert watch.look(url).exit_code == 0


def test_a_log_that_changed_an_entry_and_signed_it_anew_is_screamed_at(
    runtime: Runtime, clock: HandClock, watch: Watch, other: Callable[[], Runtime]
) -> None:
    """The operator rewrites an old entry, every hash above it, and signs a checkpoint that fits."""
    append(runtime, clock, 5)
    with serve_log(create_app(runtime.config)) as url:
        watch.look(url)
    liar = other()
    with transaction(liar.sessions) as session:
        session.execute(text('update log_entries set leaf = :leaf where "index" = 2'), {"leaf": b"{}"})
        leaves = [row[0] for row in session.execute(text('select leaf from log_entries order by "index"'))]
        session.execute(text("delete from log_checkpoints"))
        nodes: dict[tuple[int, int], bytes] = {}
        for index, leaf in enumerate(leaves):
            for level, position, node in merkle.completed_nodes(
                index, merkle.hash_leaf(leaf), lambda *at: nodes[at]
            ):
                nodes[level, position] = node
                values = {"hash": node, "level": level, "position": position}
                session.execute(
                    text("update log_nodes set hash = :hash where level = :level and position = :position"), values
                )
    append(liar, clock, 2)
    with serve_log(create_app(liar.config)) as url:
        assert Watch(runtime, liar.config.var).look(url).exit_code == 0  # who never looked before can't know
        found = watch.look(url)
    assert found.exit_code == 1 and "monitor_fork" in found.stderr


def test_a_log_that_is_down_is_no_alarm(runtime: Runtime, clock: HandClock, watch: Watch) -> None:
    found = watch.look("http://127.0.0.1:1/log")
    assert found.exit_code == 3 and "unreachable" in found.stderr
    with serve_log(change(create_app(runtime.config), "/log/checkpoint", lambda _: Response(status=500))) as url:
        assert watch.look(url).exit_code == 3


def test_a_damaged_state_file_is_no_fresh_start(runtime: Runtime, clock: HandClock, watch: Watch) -> None:
    append(runtime, clock, 5)
    with serve_log(create_app(runtime.config)) as url:
        watch.look(url)
        kept = json.loads(watch.state.read_text())
        for wrong in ("", "[]", "{}", json.dumps({**kept, "hashes": []}), json.dumps({**kept, "format": "x"})):
            watch.state.write_text(wrong)
            found = watch.look(url)
            assert found.exit_code == 1 and "state file is damaged" in found.stderr


def test_it_runs_as_a_process_of_its_own_without_our_database(
    runtime: Runtime, clock: HandClock, tmp_path: Path
) -> None:
    append(runtime, clock, 3)
    with serve_log(create_app(runtime.config)) as url:
        words = [sys.executable, "-m", "ipreg", "log", "monitor", url, "--key", str(runtime.log_key.verifier)]
        empty = tmp_path / "empty"
        done = subprocess.run(
            [*words, "--state", str(tmp_path / "s")],
            capture_output=True,
            text=True,
            env={**os.environ, "IPREG_VAR": str(empty), "LANG": "C"},
        )
    assert (done.returncode, done.stdout.split("\t")[:2]) == (0, ["ok", "3 entries"]), done.stderr
    assert not empty.exists()
