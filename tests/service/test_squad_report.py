"""The squad's report is made of what the runs came to, and of what each athlete shares."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from monitor.core.errors import InputError
from monitor.review.squad_week import AthleteWeek, reasons_to_look
from monitor.review.training_plan import PlanKeeper
from monitor.service.config import Config, StoreSettings
from monitor.service.squad_report import athlete_weeks, write_squad_report
from monitor.simulation.squad import SQUAD
from monitor.simulation.squad_history import past_entries, past_runs
from monitor.storage.session_info import SessionInfo
from monitor.storage.store import Store

NOW = datetime.datetime(2026, 3, 30, 12, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, AthleteWeek]:
    folder = tmp_path_factory.mktemp("squad")
    with Store(folder / "gaitcue.db") as store:
        for a in SQUAD:
            if a.name not in ("Cem", "Dag", "Eli", "Fay", "Hana"):
                continue
            if entries := past_entries(a, NOW.date()):
                PlanKeeper(folder, a.name).add(*entries)
            for run in past_runs(a, NOW.date()):
                at = run.started.isoformat()
                store.begin(SessionInfo(id=run.session, athlete=a.name, title="", started_utc=at))
                store.write(run.session, run.records)
                store.end(run.session, float(run.seconds))
        late = SessionInfo(id="x", athlete="Ida", title="", started_utc="2026-01-01T08:00:00+00:00")
        store.begin(late)
        store.end("x", 10.0)
        found = athlete_weeks(store, lambda name: PlanKeeper(folder, name), NOW)
        return {week.athlete: week for week in found}


def test_everybody_is_there_and_who_did_not_run_is_said_to(weeks: dict[str, AthleteWeek]) -> None:
    assert list(weeks) == ["Cem", "Dag", "Eli", "Fay", "Hana", "Ida"]
    assert (weeks["Ida"].runs, weeks["Ida"].km, weeks["Ida"].km_before) == (0, 0.0, None)
    assert [r.key for r in reasons_to_look(weeks["Ida"])] == ["squad.look.no_run"]


def test_kilometres_are_those_of_seven_days_and_of_a_week_before(weeks: dict[str, AthleteWeek]) -> None:
    """Hana runs every third day, 2.3 m/s for 18 min: three of ten runs are in the last seven days."""
    km = 2.3 * 18 * 60 / 1000
    assert weeks["Hana"].runs == 2
    assert weeks["Hana"].km == pytest.approx(2 * km, rel=0.03)
    assert weeks["Hana"].km_before == pytest.approx(8 * km / 3, rel=0.15)


def test_each_story_is_what_is_looked_at(weeks: dict[str, AthleteWeek]) -> None:
    keys = {
        name: [r.key.removeprefix("squad.look.") for r in reasons_to_look(w)] for name, w in weeks.items()
    }
    assert keys == {
        "Cem": ["braking", "in_band"],
        "Dag": ["held.red", "pain"],
        "Eli": ["balance"],
        "Fay": ["sensor"],
        "Hana": [],
        "Ida": ["no_run"],
    }
    assert not weeks["Cem"].shares_phase
    assert weeks["Cem"].held is None
    assert weeks["Dag"].held_since == NOW.date() - datetime.timedelta(days=1)


def test_the_page_is_written_for_its_owner_alone_and_not_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    config = Config(store=StoreSettings(folder=tmp_path))
    with Store(tmp_path / "gaitcue.db") as store:
        with pytest.raises(InputError, match="nobody has run"):
            write_squad_report(config, store)
        store.begin(SessionInfo(id="x", athlete="Ida", title="", started_utc="2026-01-01T08:00:00+00:00"))
        store.end("x", 10.0)
        path = write_squad_report(config, store)
    assert path.parent == tmp_path / "reports"
    assert path.stat().st_mode & 0o077 == 0
    assert "Ida" in path.read_text(encoding="utf-8")
