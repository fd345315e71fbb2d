"""The way up from the first release with 100,000 filings, and what lets two releases run side by side."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from alembic import command
from databases import PostgresDatabases
from sqlalchemy import Engine, text

from ipreg import schema
from ipreg.db import make_engine

FIRST, MANY = "202611241618", 100_000
SIDE_BY_SIDE_SINCE = "202611251500"
SERIES = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) "
AT = "'2026-03-02 09:00:00'"
FILL = (
    f"INSERT INTO organizations (id, name, join_code, created_at) VALUES (1, '锦绣', 'A', {AT})",
    "INSERT INTO accounts (id, email, password_hash, name, role, locale, organization_id, created_at, "
    "failed_sign_ins) "
    f"VALUES (1, 'a@ipreg.example', '', '林晓', 'enterprise', 'zh', 1, {AT}, 0)",
    "INSERT INTO stored_files (sha256, sm3, size, media_type, width, height, created_at) "
    f"VALUES ('{'a' * 64}', '{'b' * 64}', 1, 'image/png', 1, 1, {AT})",
    "INSERT INTO filings (id, number, title, industry, creator, created_on, description, applicant_id, "
    "organization_id, "
    "version, filed_at, manifest, applicant_salt, log_index, request_key) "
    + SERIES
    + "SELECT i, 'YB-' || i, '云', "
    f"'clothing', '林', '2026-03-01', '', 1, 1, 1, {AT}, '{{}}', '', i - 1, 'r' || i FROM n",
    "INSERT INTO filing_views (id, filing_id, position, kind, filename, sha256) "
    + SERIES
    + f"SELECT i, i, 0, 'front', 'a.png', '{'a' * 64}' FROM n",
)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """Empty, of the kind that the tests run on."""
    if request.config.getoption("--database") == "postgresql":
        servers: PostgresDatabases = request.getfixturevalue("databases")
        return make_engine(servers.empty())
    return make_engine(f"sqlite:///{tmp_path / 'old.sqlite3'}")


@pytest.mark.usefixtures("databases")
def test_a_hundred_thousand_filings_go_up_from_the_first_release(database: Engine) -> None:
    with database.begin() as connection:
        command.upgrade(schema._config(connection), FIRST)
        for statement in FILL:
            values = statement.replace(AT, f"CAST({AT} AS TIMESTAMP)") if _postgres(database) else statement
            connection.execute(text(_dated(values) if _postgres(database) else values))
    schema.upgrade(database)
    schema.check(database)
    with database.connect() as connection:
        count = "SELECT count(*) FROM filings JOIN filing_versions ON filing_versions.filing_id = filings.id"
        owned = " AND filings.owner_organization_id = 1 AND filings.state = 'open' AND filing_versions.version = 1"
        assert connection.scalar(text(f"{count} WHERE filings.owner_id = 1{owned}")) == MANY
        assert connection.scalar(text("SELECT count(*) FROM filing_views WHERE version = 1")) == MANY
        assert connection.scalar(text("SELECT count(*) FROM filing_terms WHERE term = '云'")) == MANY
    database.dispose()


def _postgres(database: Engine) -> bool:
    return database.dialect.name == "postgresql"


def _dated(statement: str) -> str:
    return statement.replace("'2026-03-01'", "CAST('2026-03-01' AS DATE)")


def _migrations() -> list[Path]:
    found = sorted((schema._FOLDER / "versions").glob("2*.py"))
    return [one for one in found if one.name[:12] > SIDE_BY_SIDE_SINCE]


@pytest.mark.parametrize("path", _migrations(), ids=lambda path: path.stem)
def test_a_migration_takes_nothing_that_the_release_before_it_uses(path: Path) -> None:
    """docs/operations.md: add first, take away a release later, with ``UNUSED_SINCE`` naming the release."""
    tree = ast.parse(path.read_text())
    if _says(tree, "UNUSED_SINCE"):
        return
    [upgrade] = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "upgrade"]
    for call in (one for one in ast.walk(upgrade) if isinstance(one, ast.Call)):
        assert not _takes_away(call), f"line {call.lineno}: {ast.unparse(call)[:120]}"


@pytest.mark.parametrize("path", _migrations(), ids=lambda path: path.stem)
def test_a_migration_names_the_words_that_the_release_before_it_can_not_read(path: Path) -> None:
    """docs/operations.md: where such a word stands, the release before fails; whoever adds one has to know that."""
    tree = ast.parse(path.read_text())
    widens = any(isinstance(one, ast.Attribute) and one.attr == "create_check_constraint" for one in ast.walk(tree))
    assert widens == _says(tree, "NEW_WORDS")


def _says(tree: ast.Module, name: str) -> bool:
    return any(isinstance(one, ast.Assign) and name in ast.unparse(one.targets[0]) for one in tree.body)


def _takes_away(call: ast.Call) -> bool:
    what = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if what in ("drop_column", "drop_table", "rename_table"):
        return True
    written = ast.unparse(call)
    if what == "alter_column":
        return "new_column_name" in written or "nullable=False" in written
    return what == "add_column" and "nullable=False" in written and "server_default" not in written


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("batch_op.drop_column('title')", True),
        ("op.alter_column('filings', 'title', new_column_name='name')", True),
        ("batch_op.add_column(sa.Column('a', sa.Integer(), nullable=False))", True),
        ("batch_op.add_column(sa.Column('a', sa.Integer(), server_default='0', nullable=False))", False),
        ("op.create_table('tokens', sa.Column('a', sa.Integer(), nullable=False))", False),
        ("op.drop_index('ix_alerts_raised', table_name='alerts')", False),
    ],
)
def test_what_counts_as_taking_away(line: str, wrong: bool) -> None:
    [call] = [one for one in ast.walk(ast.parse(line)) if isinstance(one, ast.Call)][:1]
    assert _takes_away(call) is wrong
