"""The file of what was sent: the owner's alone, whole or not at all, and never in doubt for nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from monitor.core.errors import StoreError
from monitor.storage.sent_days import SentDays, read_sent_days, sent_days_path, write_sent_days

SENT = SentDays(server="http://box", items=("pain",), days={"2026-03-09": "abc"}, left_at=("http://old",))


def test_what_was_sent_is_read_as_it_was_written_and_by_its_owner_alone(tmp_path: Path) -> None:
    path = sent_days_path(tmp_path, "Ann B")
    assert read_sent_days(path) == SentDays()
    write_sent_days(path, SENT)
    assert read_sent_days(path) == SENT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"items": 3}', b"\xff"])
def test_a_damaged_file_says_so(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "sent.json"
    path.write_bytes(text)
    assert read_sent_days(path).damaged


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("no folder")
    with pytest.raises(StoreError):
        write_sent_days(tmp_path / "folder" / "sent.json", SENT)
    (tmp_path / "sent.json").mkdir()
    with pytest.raises(StoreError):
        read_sent_days(tmp_path / "sent.json")


def test_one_wrong_bit_is_not_taken_for_what_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "log" / "me-sent.json"
    write_sent_days(path, SentDays(server="http://x", days={"2026-11-25": "0f"}))
    path.write_text(path.read_text().replace("2026-11-25", "2026-11-24"))
    assert read_sent_days(path) == SentDays(damaged=True)
