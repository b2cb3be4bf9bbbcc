"""What holds for every test in a browser: the one that they share ends with the last of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.browser import end_shared_browser


@pytest.fixture(scope="session", autouse=True)
def shared_browser_ends() -> Iterator[None]:
    yield
    end_shared_browser()
