"""Red flags that were written down by another process while a session runs."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from monitor.review.training_plan import PlanKeeper


class RedFlagWatch:
    """``RedFlagWatch`` looks at a runner's log, and reads it only when its size has changed.

    ``now`` is the runner's time.
    """

    def __init__(self, keeper: PlanKeeper, now: Callable[[], datetime.datetime]) -> None:
        self._keeper, self._now = keeper, now
        self._size = -1

    def has_new_stop(self) -> bool:
        """Return whether something was written down since the last look and a red flag stands now.

        It blocks on files; ``StoreError`` if the log cannot be read.
        """
        size = self._keeper.log.size()
        if size == self._size:
            return False
        stands = self._keeper.load_stop(self._now().date()) is not None
        self._size = size
        return stands
