"""The answers to a device that is paired, or renews its token."""

from __future__ import annotations

from typing import Literal

from monitor.web.api.models.described import ApiModel, described


class PairedJson(ApiModel):
    """What a device may do from now on, and the token that it brings."""

    name: str = described("name of the device")
    role: Literal["read-only", "coach", "runner"] = described("what it may do")
    athlete: str | None = described("the only athlete whose runs it sees; null: all")
    token: str | None = described("its token, for Authorization: Bearer; null where it came as a cookie")


class RenewedJson(ApiModel):
    """The token that a device brings from now on."""

    token: str | None = described(
        "its new token; null where the one it has is younger than a week, or is the page's own"
    )
