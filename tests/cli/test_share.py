"""``gaitcue share`` as its user meets it: what is shared, what was sent, and that it is gone."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli.main import app
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.service.config import load_config
from monitor.service.runner_plan import plan_keeper, runner_now
from monitor.storage.sent_days import SentDays, sent_days_path, write_sent_days
from tests.ports import free_port
from tests.stack.servers import TOKEN, Influx


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "gaitcue").mkdir()
    (tmp_path / "token").write_text(TOKEN)
    return tmp_path / "gaitcue"


def configure(home: Path, url: str | None, *, born_year: int = 1980) -> PlanKeeper:
    text = f'athlete = "ann"\n[plan]\nborn_year = {born_year}\n'
    if url is not None:
        text += f'[influx]\nurl = "{url}"\ntoken_file = "../token"\ntimeout_s = 5.0\n'
    (home / "gaitcue.toml").write_text(text)
    return plan_keeper(load_config())


def diary(keeper: PlanKeeper) -> None:
    """A plan of three days, with a run and a morning."""
    now = runner_now()
    day = now - datetime.timedelta(days=2)
    keeper.add(
        new_entry("declare", {"place": "behind"}, day),
        new_entry("manual_run", {"km": 4.0, "minutes": 24.0}, day),
        new_entry("morning", {"pain": 2.0, "as_before": True}, now),
    )


def gaitcue(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*words], env={"LANG": "C"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return 2, str(result.exception)
    return result.exit_code, result.output


def days(influx: Influx, measurement: str, field: str) -> int:
    return influx.count(measurement, field)


def test_nothing_is_shared_until_it_is_switched_on_and_each_item_says_what_a_coach_will_see(
    home: Path,
) -> None:
    configure(home, None)
    code, said = gaitcue("share")
    assert code == 0
    assert said.count("not shared") == 5
    assert "what your coach will see" in said
    assert "warning signs are never sent" in said
    assert "No server is set up" in said
    code, said = gaitcue("share", "pain", "on")
    assert (code, "not shared" in said) == (0, False)
    assert gaitcue("share")[1].count("not shared") == 4


def test_what_is_shared_is_sent_and_what_is_withdrawn_is_deleted(home: Path, influx: Influx) -> None:
    diary(configure(home, influx.url))
    assert "3 days were sent" in gaitcue("share", "pain", "on")[1]
    assert (days(influx, "log", "morning"), days(influx, "plan", "phase")) == (1, 0)
    assert "3 days were sent" in gaitcue("share", "phase", "on")[1]
    assert days(influx, "plan", "phase") == 3

    code, said = gaitcue("share", "pain", "off")
    assert code == 0
    assert "What was sent before was deleted at the server" in said
    assert "sent again: 3 days" in said
    assert (days(influx, "log", "morning"), days(influx, "plan", "phase")) == (0, 3)
    assert "deleted at the server" in gaitcue("share", "all", "off")[1]
    assert days(influx, "plan", "shares_phase") == 0
    assert "nothing of it is at the server" in gaitcue("share", "shoes", "off")[1]


def test_taking_back_the_entry_that_shares_withdraws_at_once(home: Path, influx: Influx) -> None:
    diary(configure(home, influx.url))
    gaitcue("share", "pain", "on")
    assert days(influx, "log", "morning") == 1
    number = next(line.split()[0] for line in gaitcue("log", "list")[1].splitlines() if "pain" in line)
    assert "deleted at the server" in gaitcue("log", "withdraw", number)[1]
    assert days(influx, "log", "morning") == 0


def test_a_deletion_waits_until_the_server_is_there_again(home: Path, influx: Influx) -> None:
    diary(configure(home, influx.url))
    gaitcue("share", "all", "on")
    influx.proxy.kill()
    code, said = gaitcue("share", "pain", "off")
    assert code == 0
    assert "has not been deleted yet" in said
    assert "gaitcue stack send tries it now" in gaitcue("share")[1]
    assert days(influx, "log", "morning") == 1
    influx.proxy.start()
    command = [sys.executable, "-m", "monitor", "stack", "send"]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "deleted at the server" in said
    assert days(influx, "log", "morning") == 0
    assert "gaitcue stack send tries it now" not in gaitcue("share")[1]


def test_what_cannot_be_sent_says_that_it_waits(home: Path) -> None:
    diary(configure(home, f"http://127.0.0.1:{free_port()}"))
    code, said = gaitcue("share", "pain", "on")
    assert code == 0
    assert "could not be sent yet" in said
    assert "cannot be reached" in said


def test_without_a_server_it_says_what_cannot_be_deleted(home: Path) -> None:
    keeper = configure(home, None)
    sent = SentDays(server="http://old", items=("pain",), left_at=("http://older",))
    write_sent_days(sent_days_path(keeper.folder, "ann"), sent)
    assert "has not been deleted yet" in gaitcue("share")[1]
    assert "http://older" in gaitcue("share")[1]
    assert "set [influx] again" in gaitcue("share", "pain", "off")[1]


def test_under_sixteen_a_guardian_has_to_agree(home: Path) -> None:
    keeper = configure(home, None, born_year=runner_now().year - 14)
    code, said = gaitcue("share", "pain", "on")
    assert (code, "guardian must agree" in said) == (2, True)
    assert keeper.load_shared_items(runner_now().date()) == frozenset()
    assert gaitcue("share", "pain", "on", "--guardian")[0] == 0
    assert keeper.load_shared_items(runner_now().date()) == {"pain"}


@pytest.mark.parametrize("words", [("mood", "on"), ("pain",), ("pain", "maybe"), ("flags", "on")])
def test_other_words_are_refused(home: Path, words: tuple[str, ...]) -> None:
    configure(home, None)
    code, said = gaitcue("share", *words)
    assert (code, "gaitcue share pain on" in said) == (2, True)
    assert not (home / "runner-log").exists()
