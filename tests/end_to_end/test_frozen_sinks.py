"""A cue goes to the broker while every other system takes connections and answers nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from monitor.core.service_loop import THREADS
from monitor.recordings.tape import TapeReader
from tests.frozen_systems import CUE_EVERY_S, FrozenSystems, frozen_systems

SECONDS = 8.0


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[FrozenSystems]:
    with frozen_systems(tmp_path) as made:
        yield made


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise
async def test_every_cue_is_sent_while_it_is_true_and_the_tape_is_whole(systems: FrozenSystems) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))  # as in a service
    late_s = await systems.late_s(SECONDS, restart_after_s=2.0)
    assert len(late_s) > SECONDS / CUE_EVERY_S / 2
    assert await asyncio.to_thread(is_finished, systems.tape.path)


def is_finished(tape: Path) -> bool:
    with TapeReader(tape) as reader:
        return reader.finished
