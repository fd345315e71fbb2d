"""What each page of the load's walks costs in CPU, one at a time and in this process: for a machine that is busy.

    python benchmarks/bench_pages.py FOLDER [--url postgresql://...] [--times 5]

FOLDER is what ``populate.py`` filled (or ``bench_load.py``: FOLDER/sqlite). Of each page the median of --times is
told: CPU of the whole request (Python, templates, SQLite, which works in the process; PostgreSQL is not), that
of its queries, and how many they are.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from bench_load import LINKS, PASSWORD, WALKS
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

NAMES = {"enterprise": "enterprise1", "designer": "designer1", "officer": "officer1", "auditor": "auditor"}
queries: list[float] = []


@event.listens_for(Engine, "before_cursor_execute")
def _begin(*given: Any) -> None:
    given[4].begun = time.process_time()


@event.listens_for(Engine, "after_cursor_execute")
def _end(*given: Any) -> None:
    queries.append(time.process_time() - given[4].begun)


def visit(client: FlaskClient, place: str) -> tuple[float, float, float, str]:
    """CPU of the request and of its queries in milliseconds, how many these are, and the page."""
    queries.clear()
    begun = time.process_time()
    answer = client.get(place)
    text = answer.text
    spent = time.process_time() - begun
    if answer.status_code not in (200, 302):
        raise SystemExit(f"{place}: {answer.status_code}")
    return spent * 1000, sum(queries) * 1000, len(queries), text


def walk(app: Flask, kind: str, times: int) -> None:
    """Prints a line for each page of that kind of person; links are followed as the load follows them."""
    client, known = app.test_client(), dict[str, list[str]]()
    if kind in NAMES:
        client.post("/sign-in", data={"email": f"{NAMES[kind]}@load.example", "password": PASSWORD})
    for page in [one for one in WALKS[kind] if one.startswith("/")]:
        pattern, _, rest = page.partition("*")
        links = known.get(f"{pattern}*", []) if "*" in page else [page]
        seen = []
        for time_ in range(times if links else 0):
            place = links[time_ % len(links)] + (rest if "*" in page else "")
            seen.append(visit(client, place))
            for name, link in LINKS.items():
                known[name] = list(dict.fromkeys(link.findall(seen[-1][3]))) or known.get(name, [])
        if seen:
            whole = statistics.median(one[0] for one in seen)
            queried, many = (statistics.median(one[at] for one in seen) for at in (1, 2))
            print(f"| {kind} | `{page}` | {whole:.0f} | {queried:.0f} | {many:.0f} |", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--url", default="")
    parser.add_argument("--times", type=int, default=5)
    given: Any = parser.parse_args()
    if given.folder is None:
        print("give a folder that populate.py filled: without one nothing is measured")
        return 0
    os.environ |= {"IPREG_VAR": str(given.folder.absolute()), "IPREG_PUBLIC_URL": "http://127.0.0.1"}
    os.environ |= {"IPREG_DATABASE_URL": given.url} if given.url else {}
    from ipreg.app import create_app
    from ipreg.config import Config

    app = create_app(Config.from_env(os.environ))
    app.config.update(WTF_CSRF_ENABLED=False)
    print("| who | page | ms of CPU | in queries | queries |\n|---|---|---|---|---|")
    for kind in WALKS:
        walk(app, kind, given.times)
    return 0


if __name__ == "__main__":
    sys.exit(main())
