"""Who may stay on a page that is open."""

from __future__ import annotations

import asyncio
from pathlib import Path

from monitor.core.http_access import PageTokens
from monitor.core.http_pairing import DEVICES_FILE, PairedDevices
from monitor.core.http_roles import AccessRole
from monitor.core.secret import Secret

OWN = Secret("let-me-in-please")


def paired(folder: Path) -> tuple[PageTokens, str]:
    devices = PairedDevices(folder)
    exchanged = devices.exchange(devices.make_code("tablet", AccessRole.READER, None))
    assert exchanged is not None
    return PageTokens(OWN, devices), exchanged[0]


def test_a_device_stays_until_it_is_locked_out(tmp_path: Path) -> None:
    tokens, device = paired(tmp_path)
    assert asyncio.run(tokens.may_stay(device))
    PairedDevices(tmp_path).revoke("tablet")
    assert not asyncio.run(tokens.may_stay(device))
    assert asyncio.run(tokens.may_stay(OWN.reveal()))


def test_a_file_of_devices_that_is_gone_or_damaged_ends_no_page(tmp_path: Path) -> None:
    tokens, device = paired(tmp_path)
    (tmp_path / DEVICES_FILE).write_text("{")
    assert asyncio.run(tokens.may_stay(device))
    assert asyncio.run(tokens.visitor_of(device)) is None
    (tmp_path / DEVICES_FILE).unlink()
    assert asyncio.run(tokens.may_stay(device))
