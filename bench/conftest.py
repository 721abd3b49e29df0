"""A benchmark's first line says what its figure is of: it goes into the result."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def what(request, benchmark) -> None:
    benchmark.extra_info["what"] = request.function.__doc__.strip()
