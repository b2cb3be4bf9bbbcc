"""A page as one file: the modules of its script, one behind the other."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files

import pytest

from monitor.web.single_file import single_script


def test_the_script_has_every_module_once_and_imported_ones_first() -> None:
    script = single_script("review/file.js")
    first_lines = [
        (files("monitor.web") / "static" / path).read_text(encoding="utf-8").split("\n", 1)[0]
        for path in ("shared/metrics.js", "review/terms.js", "review/summary.js", "review/file.js")
    ]
    places = [script.index(line) for line in first_lines]
    assert places == sorted(places)
    assert all(script.count(line) == 1 for line in first_lines)


PAGES = ["review/file.js", "review/baseline_file.js"]


@pytest.mark.parametrize("page", PAGES)
def test_the_script_imports_and_exports_nothing_and_defines_no_name_twice(page: str) -> None:
    script = single_script(page)
    assert not re.findall(r"^ *(?:import|export)\b.*", script, re.MULTILINE)
    lines = re.findall(r"^(?:async )?(?:function|class|const|let) (.*)", script, re.MULTILINE)
    names = Counter(re.match(r"\w+", line)[0] for line in lines)  # type: ignore[index]
    assert len(names) > 50
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_script_cannot_end_the_element_it_stands_in(page: str) -> None:
    assert "</script" not in single_script(page).lower()
