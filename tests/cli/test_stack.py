"""``gaitcue stack status`` and ``gaitcue stack send`` as their user meets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from monitor.service import serve
from monitor.sinks.influx.schema import schema_markdown
from monitor.storage.store import Store
from tests.command_here import Gaitcue, here
from tests.stack.servers import TOKEN, Influx

__all__ = ["here"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "gaitcue").mkdir()
    (tmp_path / "token").write_text(TOKEN)
    return tmp_path / "gaitcue"


def configure(home: Path, url: str) -> None:
    text = f'[influx]\nurl = "{url}"\ntoken_file = "../token"\ntimeout_s = 5.0\n'
    (home / "gaitcue.toml").write_text(text)


Said = Callable[..., tuple[int, str]]


@pytest.fixture
def gaitcue(here: Gaitcue, nothing_blocks: BlockBuster) -> Said:
    """A command's exit code and all that it said."""
    nothing_blocks.deactivate()  # loops of a service, which are tested elsewhere

    def run(*words: str) -> tuple[int, str]:
        done = here(*words)
        return done.returncode, done.stdout + done.stderr

    return run


def csv(path: Path) -> Path:
    """20 s of a simulated belt."""
    from dsp.simulation.runner import Bout, Device, simulated_imu, simulated_run
    from dsp.types import Placement

    c = simulated_imu(
        simulated_run([Bout(seconds=20.0, speed_mps=2.8)]), Placement.PELVIS, None, Device(), "belt"
    )
    assert c.gyr_rads is not None
    samples = zip(c.t_s, c.acc_ms2, c.gyr_rads, strict=True)
    rows = [",".join(f"{v:.4f}" for v in (t, *acc, *gyr)) for t, acc, gyr in samples]
    head = "t_s,acc_x_ms2,acc_y_ms2,acc_z_ms2,gyr_x_rads,gyr_y_rads,gyr_z_rads"
    path.write_text("\n".join([head, *rows]))
    return path


def test_a_run_without_its_server_waits_is_shown_and_is_sent_later(
    home: Path, influx: Influx, gaitcue: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run waits ten seconds for its server at its end, here one."""
    monkeypatch.setattr(serve, "ServeParams", partial(serve.ServeParams, deadline_s=1.0))
    configure(home, influx.url)
    influx.proxy.kill()
    code, said = gaitcue("replay", str(csv(home / "belt.csv")), "--placement", "pelvis", "--speed", "max")
    assert code == 0, said
    told = re.search(
        r"influx: (\d+) records have not arrived \(.+\)\. They are kept; .* gaitcue stack send", said
    )
    assert told is not None
    with Store(home / "gaitcue.db") as store:
        (info,) = store.sessions()
        assert store.backlog("influx") == int(told[1]) > 20
        waiting, steps = store.backlog("influx"), len(store.steps(info.id))
    assert info.ended
    assert waiting > 100
    code, said = gaitcue("stack", "status")
    assert code == 0
    assert str(waiting) in said
    code, said = gaitcue("stack", "send")
    assert (code, "cannot be reached" in said) == (1, True), said
    assert "Traceback" not in said

    influx.proxy.start()
    code, said = gaitcue("stack", "send")
    assert code == 0, said
    assert influx.count("step", "count") == steps
    assert gaitcue("stack", "send", info.id)[0] == 0
    assert influx.count("step", "count") == steps
    influx.forget()
    assert gaitcue("stack", "send", "--all")[0] == 0
    assert influx.count("step", "count") == steps


def test_without_an_address_send_says_where_to_set_one(home: Path, gaitcue: Said) -> None:
    code, said = gaitcue("stack", "send")
    assert code == 2
    assert "[influx] has no url" in said


def test_an_unknown_session_is_one_clear_line(home: Path, gaitcue: Said) -> None:
    configure(home, "http://127.0.0.1:1")
    code, said = gaitcue("stack", "send", "2020-nothing")
    assert code == 2
    assert "there are no runs yet" in said


def test_the_documentation_of_the_schema_is_up_to_date() -> None:
    assert (ROOT / "grafana" / "SCHEMA.md").read_text() == schema_markdown(), (
        "run: gaitcue stack schema > grafana/SCHEMA.md"
    )


def test_the_doctor_names_the_table_that_is_missing(home: Path, gaitcue: Said) -> None:
    assert "set [influx] url and a token" in gaitcue("stack", "doctor")[1]
