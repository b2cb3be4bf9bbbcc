"""The answer to a device that was paired."""

from __future__ import annotations

from typing import Literal

from monitor.web.api.models.described import ApiModel, described


class PairedJson(ApiModel):
    """What a device may do from now on, and the token that it brings."""

    name: str = described("name of the device")
    role: Literal["read-only", "coach", "runner"] = described("what it may do")
    athlete: str | None = described("the only athlete whose runs it sees; null: all")
    token: str | None = described("its token, for Authorization: Bearer; null where it came as a cookie")
