"""Answers about what a runner shares of the plan."""

from __future__ import annotations

from monitor.web.api.models.described import ApiModel, described


class SharedItemJson(ApiModel):
    """An item of the plan, with what a coach sees of it once it is shared."""

    item: str = described("phase, allowance, pain, strength or shoes")
    label: str = described("its name in the language of the answer")
    sees: str = described("what a coach sees of it")
    shared: bool = described("true: a coach sees it")


class SharingJson(ApiModel):
    """Everything that can be shared of the plan, and whether it is."""

    items: list[SharedItemJson] = described("every item that can be shared")
    notes: list[str] = described("what is never sent, and what waits to be deleted or was left somewhere")
    came: list[str] = described("what came of a switch: sent, deleted, or what waits and why")
    needs_guardian: bool = described("true: a guardian has to agree before anything is shared")
