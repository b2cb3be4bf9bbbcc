"""Servers for the tests of the coach's stack; in CI they must be there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.servers import Influx, VictoriaMetrics, influx_in, missing


def needed(*programs: str) -> None:
    """Skip, naming what is missing; in CI that is a failure."""
    if lacking := missing(*programs):
        text = f"not installed: {', '.join(lacking)} (see .ci/system)"
        if os.environ.get("CI"):
            pytest.fail(text)
        pytest.skip(text)


@pytest.fixture(scope="session")
def _influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    needed("influxd", "nginx")
    with influx_in(tmp_path_factory.mktemp("influx")) as made:
        yield made


@pytest.fixture
def influx(_influx: Influx) -> Influx:
    """A running server with an empty bucket."""
    _influx.forget()
    return _influx


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[VictoriaMetrics]:
    needed("victoria-metrics")
    made = VictoriaMetrics(tmp_path / "victoria")
    try:
        made.server.start()
        yield made
    finally:
        made.server.kill()
