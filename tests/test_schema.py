from __future__ import annotations

from alembic.config import Config
from alembic.script import ScriptDirectory

from ipreg import schema
from ipreg.runtime import Runtime


def test_the_migrations_lead_to_the_models_tables(runtime: Runtime) -> None:
    schema.check(runtime.sessions.kw["bind"])


def test_the_migrations_are_one_line_each_dated() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema._FOLDER))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1
    for revision in script.walk_revisions():
        assert not revision.is_merge_point and revision.revision.isdecimal()
