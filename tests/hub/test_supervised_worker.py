"""A worker in a process of its own: started anew when it is killed, ended with whoever supervises it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from monitor.core.errors import SinkError
from monitor.hub.supervised_worker import SupervisedWorker
from tests.hub_rig import until


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_worker_is_started_anew_and_all_end_with_the_supervisor(tmp_path: Path) -> None:
    config = tmp_path / "gaitcue.toml"
    config.write_text('[hub]\nurl = "nats://127.0.0.1:1"\n')  # nobody there: it waits
    worker = SupervisedWorker(0, 2, config)
    assert worker.pid is None
    task = asyncio.create_task(worker.run())
    await until(lambda: worker.pid is not None)
    first = worker.pid
    worker.kill()
    await until(lambda: worker.restarts == 1 and worker.pid not in (None, first))
    second = worker.pid
    assert first is not None
    assert second is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert worker.pid is None
    assert not exists(first)
    assert not exists(second)


async def test_a_worker_that_ends_by_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "gaitcue.toml").write_text("")  # no hub is set
    with pytest.raises(SinkError, match="ended by itself"):
        await SupervisedWorker(0, 1, tmp_path / "gaitcue.toml").run()
