"""What the tests of the API share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from site_of_tests import Site


@pytest.fixture
def generous(site: Site) -> Site:
    """Where no allowance ends."""
    runtime = site.runtime
    site.app.extensions["ipreg"] = replace(
        runtime, config=replace(runtime.config, api_rate=10**6, api_open_rate=10**6)
    )
    return site
