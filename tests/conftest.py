"""What holds for every test: a blocking call inside the event loop fails it; servers for whoever asks."""

from __future__ import annotations

import functools
import gc
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
import typer.testing
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings

from monitor.core import message_catalogues, user_language
from tests.deep import example_count
from tests.stack.servers import Influx, VictoriaMetrics, influx_in, needed

os.environ["LC_ALL"] = "C.UTF-8"  # what the program says without settings is English
settings.register_profile(
    "suite", settings.default, max_examples=example_count(100, 1000), deadline=None
)  # busy machines
settings.load_profile("suite")
# A call of the command line makes its sixty commands anew: two thirds of what a test pays for one.
typer.main.get_command = typer.testing._get_command = functools.cache(typer.main.get_command)


def pytest_collection_finish() -> None:
    """Leave twelve thousand tests out of every search for garbage: they stay."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_blocks() -> Iterator[BlockBuster]:
    with blockbuster_ctx(scanned_modules=["monitor"]) as guard:
        if "coverage" in sys.modules and sys.modules["coverage"].Coverage.current() is not None:
            guard.functions["threading.Lock.acquire"].deactivate()  # it takes locks of its own, anywhere
        yield guard


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command line that a test runs may choose another language: for that test alone."""
    monkeypatch.setattr(user_language, "_chosen", None)
    message_catalogues.catalogue(user_language.user_language())  # as at the start of a command


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine stands in Berlin; a rule instead of a name, which not every machine has a file for."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


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
