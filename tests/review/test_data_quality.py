"""What the sensors of a session could not tell stands in its review."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dsp.types import Problem, SensorProblem
from monitor.core.message_catalogues import UserMessage, catalogue
from monitor.core.session_settings import SessionSettings
from monitor.review.data_quality import data_limits
from monitor.storage.session_data import SessionData, load_session
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

INFO = SessionInfo(id="run", athlete="me", title="easy", started_utc="2026-01-01T07:00:00")
NOTHING = SessionData(
    info=INFO,
    settings=SessionSettings(sensors=()),
    t_s=np.arange(60.0),
    columns={},
    sided={},
    activity={},
)


@pytest.mark.parametrize("problem", list(Problem))
def test_a_problem_of_a_sensor_is_told_with_what_is_missing(problem: Problem) -> None:
    run = replace(NOTHING, problems=[SensorProblem(12.0, "left shoe", problem)])
    more = [m for m in data_limits(run) if m not in data_limits(NOTHING)]
    assert more == [UserMessage(f"limits.{problem}", {"sensor": "left shoe"})]
    for language in ("en", "de"):
        assert "left shoe" in catalogue(language).render(more[0])  # type: ignore[arg-type]


def test_problems_come_back_from_the_store(tmp_path: Path) -> None:
    found = SensorProblem(12.0, "left shoe", Problem.LOOSE)
    with Store(tmp_path / "gaitcue.db") as store:
        store.begin(INFO)
        store.write(INFO.id, [found])
        assert list(load_session(store, INFO.id).problems) == [found]
