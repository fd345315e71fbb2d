"""What operators see: readiness, figures for Prometheus, logs with the request's number, the status page."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest
from apps import create_app
from prometheus_client.parser import text_string_to_metric_families
from scenery import HandClock
from site_of_tests import Site
from sqlalchemy import text

from ipreg import logs, metrics, stock
from ipreg.config import Config, SmtpConfig
from ipreg.db import transaction, utc_now
from ipreg.errors import ConfigError
from ipreg.models import JobResult, JobState
from ipreg.notify import deliveries
from ipreg.runtime import Runtime

TOKEN = "a-token-for-prometheus"


def figures(site: Site, token: str) -> tuple[int, dict[tuple[str, str], float]]:
    app = create_app(replace(site.runtime.config, metrics_token=TOKEN))
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    found = {}
    if answer.status_code == 200:
        for family in text_string_to_metric_families(answer.text):
            for one in family.samples:
                found[one.name, ",".join(one.labels.values())] = one.value
    return answer.status_code, found


def test_figures_are_for_who_brings_the_token(site: Site) -> None:
    assert site.app.test_client().get("/metrics").status_code == 404  # none is configured
    assert figures(site, "another")[0] == figures(site, "")[0] == 404
    status, found = figures(site, TOKEN)
    assert status == 200
    assert found["ipreg_filings", ""] == 1 and found["ipreg_log_entries", ""] == 2
    assert found["ipreg_log_uncovered_entries", ""] == 1  # the case was opened after the checkpoint
    assert found["ipreg_waiting", "matches_to_consider"] == 0 and found["ipreg_audit_rows", ""] >= 0
    assert found["ipreg_fingerprints", ""] == 2


def test_requests_are_counted_by_endpoint_and_status(site: Site) -> None:
    name = "ipreg_request_seconds_count"
    before = figures(site, TOKEN)[1].get((name, "filings.filing,GET,404"), 0)
    client = site.sign_in("designer")
    for _ in range(3):
        client.get("/filings/YB2026-0000009-9")
    assert figures(site, TOKEN)[1][name, "filings.filing,GET,404"] == before + 3


def test_processes_of_one_machine_are_one_target_and_dead_ones_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = (
        "import sys; from pathlib import Path; from ipreg import metrics; metrics.share(Path(sys.argv[1])); "
        "metrics.jobs().labels('deliveries', 'done').observe(1.5)"
    )
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "metrics"))
    for _ in range(2):  # when the second one starts, the first is dead
        subprocess.run([sys.executable, "-c", counts, str(tmp_path)], check=True)
        told = metrics.exposition(stock.Stock(0, 0, 0, 0, None, 0)).decode()
        assert 'ipreg_job_seconds_count{job="deliveries",result="done"} 1.0' in told


def test_on_a_full_disk_nothing_is_counted_and_the_process_lives(tmp_path: Path) -> None:
    """The room is taken before it is written to: writing into a hole of the file would end the process."""
    small = tmp_path / "metrics"
    counts = (
        "import os, sys, errno; from pathlib import Path; from ipreg import metrics\n"
        "metrics.share(Path(sys.argv[1]))\n"
        "metrics.count(metrics.jobs(), 1.5, 'first', 'done')\n"
        "places = list(Path(sys.argv[1], 'metrics').glob('*.db'))\n"
        "assert all(one.stat().st_blocks * 512 >= one.stat().st_size for one in places), 'a file with holes'\n"
        "def full(*_): raise OSError(errno.ENOSPC, 'No space left')\n"
        "os.posix_fallocate = full\n"
        "for one in range(1000): metrics.count(metrics.jobs(), 1.5, f'job-{one}', 'done')\n"
    )
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(small)}
    subprocess.run([sys.executable, "-c", counts, str(tmp_path)], check=True, env=environ)


@pytest.mark.network
def test_the_status_page_tells_of_mail_and_jobs_that_fail(site: Site, clock: HandClock) -> None:
    admin = site.sign_in("administrator")
    with transaction(site.runtime.sessions) as session:
        session.add(JobState(name="crawl", seconds=60, result=JobResult.FAILED, fault="gone"))
    closed = SmtpConfig(host="127.0.0.1", port=9, sender="ipreg@localhost")
    clock.move(hours=1)
    assert deliveries.mail_due(site.runtime, closed, clock=clock).waiting
    told = admin.get("/administration/status?lang=en").text
    assert "The mail server could not be reached." in told and "Jobs that failed" in told
    assert "Everything runs." not in told


def test_ready_says_what_is_missing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = site.app.test_client()
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (200, {"ready": True, "faults": {}})
    with site.runtime.sessions.kw["bind"].begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '202001010000'"))
    answer = client.get("/readyz")
    assert (
        answer.status_code == 503 and answer.json is not None and "202001010000" in answer.json["faults"]["schema"]
    )
    with site.runtime.sessions.kw["bind"].begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '209901010000'"))  # of the next release
    assert client.get("/readyz").status_code == 200
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(stock.shutil, "disk_usage", lambda _place: usage(2**20))
    assert client.get("/readyz").json == {"ready": False, "faults": {"disk": "nearly full"}}


def test_a_log_line_is_json_and_bears_the_number_that_the_reader_got(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ipreg.web.pages.desk.owners_desk", lambda *_args, **_more: 1 / 0)
    lines: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(logs.JsonLines())
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    client = site.sign_in("designer")
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    logging.getLogger().addHandler(handler)
    logging.getLogger("ipreg").setLevel(logging.INFO)
    try:
        answer = client.get("/?secret=1")
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger("ipreg").setLevel(logging.NOTSET)
    number = answer.headers["X-Request-Id"]
    assert answer.status_code == 500 and number in answer.text
    found = [json.loads(line) for line in lines]
    assert {one["request"] for one in found} == {number} and "ZeroDivisionError" in found[0]["fault"]
    assert (found[-1]["route"], found[-1]["status"]) == ("/", 500) and "secret" not in lines[-1]


def test_slow_queries_are_written_down_without_what_was_asked_for(
    runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    engine = runtime.sessions.kw["bind"]
    logs.watch_queries(engine, slower_than=0)
    with engine.connect() as connection:
        connection.execute(text("SELECT :secret AS x"), {"secret": "云纹"})
    assert "slow query" in caplog.text and "SELECT" in caplog.text and "云纹" not in caplog.text


def test_the_status_page_is_for_administrators_and_says_what_waits(site: Site, clock: HandClock) -> None:
    assert site.sign_in("enterprise").get("/administration/status").status_code == 403
    client = site.sign_in("administrator")
    assert "/administration/status" in client.get("/administration").text
    page = client.get("/administration/status").text
    assert "调度程序是否在运行" in page and "待比对的商品图片" in page  # the clock of the test lies in the past
    assert stock.take(site.runtime.sessions(), now=utc_now()).log_uncovered == 1


def test_a_wrong_setting_is_told() -> None:
    with pytest.raises(ConfigError, match="IPREG_LOG_FORMAT"):
        Config.from_env({**os.environ, "IPREG_LOG_FORMAT": "xml"})


def test_logs_are_set_up_as_asked(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.set_up("json")
        logging.getLogger("ipreg.x").info("hello %s", "world")
        assert json.loads(capsys.readouterr().err)["message"] == "hello world"
    finally:
        root.handlers[:], root.level = handlers, level
        logging.getLogger("ipreg").setLevel(logging.NOTSET)
    assert metrics.exposition(stock.Stock(0, 0, 0, 0, 5.0, 0)).count(b"checkpoint_age_seconds 5.0") == 1


def test_threads_that_count_first_together_make_one_figure() -> None:
    made: list[str] = []

    @metrics._once
    def figure() -> str:
        made.append("one")
        second.start()
        second.join(0.2)  # without a lock it is through by now
        return "figure"

    second = threading.Thread(target=figure)
    assert figure() == "figure"
    second.join()
    assert made == ["one"]
