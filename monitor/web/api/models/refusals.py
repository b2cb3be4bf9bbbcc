"""What comes back when a request is refused."""

from __future__ import annotations

from monitor.web.api.models.described import ApiModel, described


class InvalidInputJson(ApiModel):
    """One thing that is wrong with a request."""

    type: str = described("kind of mistake")
    loc: list[str | int] = described("where: query, path or body, then the name or place in it", "1")
    msg: str = described("the mistake in words")


class RefusalJson(ApiModel):
    """Why a request was refused, in words."""

    detail: str | list[InvalidInputJson] = described(
        "what is wrong and what to do, in one sentence; a list where the request itself is malformed"
    )
