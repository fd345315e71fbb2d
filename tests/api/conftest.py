"""What the tests of the API share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scenery import HandClock
from site_of_tests import Site, build_site

from ipreg.runtime import Runtime


@pytest.fixture
def generous(runtime: Runtime, clock: HandClock) -> Site:
    """Where no allowance ends."""
    site = build_site(runtime, clock)
    site.app.extensions["ipreg"] = replace(
        runtime, config=replace(runtime.config, api_rate=10**6, api_open_rate=10**6)
    )
    return site
