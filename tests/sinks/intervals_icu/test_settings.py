"""The key travels over https only, but for a stand-in on this machine."""

from __future__ import annotations

import pytest

from monitor.sinks.intervals_icu.settings import IntervalsIcuSettings


@pytest.mark.parametrize("url", ["https://intervals.icu", "http://127.0.0.1:8080", "http://localhost:1"])
def test_addresses(url: str) -> None:
    assert IntervalsIcuSettings(url=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://intervals.icu",
        "intervals.icu",
        "ftp://intervals.icu",
        "https://a:b@intervals.icu",
        "https://",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url must be like"):
        IntervalsIcuSettings(url=url)


def test_a_request_has_an_end() -> None:
    with pytest.raises(ValueError, match="timeout_s must be between"):
        IntervalsIcuSettings(timeout_s=0)
