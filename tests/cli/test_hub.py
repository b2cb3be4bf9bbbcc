"""Commands of a hub, as somebody types them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner

from monitor.cli.main import app
from monitor.hub.accounts import WORKER
from tests.hub_rig import running_hub


def hub(folder: Path, *words: str, url: str = "") -> tuple[int, str]:
    """Return exit code and output of a command with these settings."""
    file = folder / "gaitcue.toml"
    file.write_text(f'[hub]\nurl = "{url}"\n' if url else "", encoding="utf-8")
    settings = [] if words[0] == "accounts" else ["--config", str(file)]
    result = CliRunner().invoke(app, ["hub", *words, *settings])
    text = result.output if result.exception is None else f"{result.output}{result.exception}"
    return result.exit_code, text


def test_accounts_are_made_and_told_without_a_password(tmp_path: Path) -> None:
    folder = tmp_path / "box"
    code, text = hub(
        tmp_path, "accounts", str(folder), "--tenant", "club", "--runner", "ann", "--coach", "eva"
    )
    users = json.loads((folder / "users.json").read_text())
    assert (code, set(users)) == (0, {WORKER, "runner.club.ann", "coach.club.eva"})
    assert text.startswith("3 users in ")
    assert not any(password in text for password in users.values())


def test_without_a_hub_each_command_says_what_to_set(tmp_path: Path) -> None:
    for words in (["init"], ["worker"], ["store"], ["status"]):
        code, text = hub(tmp_path, *words)
        assert code != 0
        assert "give url in [hub]" in text, words


def test_what_cannot_be_is_told_before_anything_starts(tmp_path: Path) -> None:
    url = "nats://127.0.0.1:1"
    assert "they are numbered from 0" in hub(tmp_path, "worker", "--number", "2", "--of", "2", url=url)[1]
    assert "replicas 1, 3 or 5" in hub(tmp_path, "init", "--replicas", "2", url=url)[1]
    assert "cannot be reached" in hub(tmp_path, "init", url=url)[1]
    assert "cannot be reached" in hub(tmp_path, "status", url=url)[1]
    for command in ("worker", "store"):
        assert "--metrics nowhere" in hub(tmp_path, command, "--metrics", "nowhere", url=url)[1]


async def test_the_status_of_a_new_hub_is_a_table(tmp_path: Path) -> None:
    async with running_hub(tmp_path, partitions=2) as settings:
        assert settings.url is not None
        code, text = await asyncio.to_thread(hub, tmp_path, "status", url=settings.url)
    assert code == 0
    assert [line.split() for line in text.splitlines()[1:3]] == [
        ["0", "0", "0", "0", "—", "0"],
        ["1", "0", "0", "0", "—", "0"],
    ]
    assert "PACKETS" in text
