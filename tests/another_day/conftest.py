"""One index of another day for all of these tests, and a host of its own for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.deps.audit import index_of
from pic.audit.index import IndexProblem
from tests.another_day.host import Host
from tests.calendar_index import CalendarIndex
from tests.conftest import ROOT


@pytest.fixture(scope="package")
def index():
    try:
        index_of(ROOT)
    except IndexProblem as problem:
        pytest.skip(f"the locked files come from the host's index, and there is none to ask: {problem}")
    with CalendarIndex() as running:
        yield running


@pytest.fixture(scope="package")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("uv-cache")


@pytest.fixture
def host(tmp_path, index, cache) -> Host:
    return Host(tmp_path, index, cache)
