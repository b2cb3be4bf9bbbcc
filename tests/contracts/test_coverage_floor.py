"""What ``make coverage`` says of files that the tests run too little."""

from __future__ import annotations

from tests.coverage_floor import coverage_faults


def report(**lines: tuple[int, int]) -> dict[str, object]:
    """As coverage.py writes it: (run, there are) by file."""
    files = {name: {"summary": counted(*of)} for name, of in lines.items()}
    run, there = (sum(of[k] for of in lines.values()) for k in (0, 1))
    return {"files": files, "totals": counted(run, there)}


def counted(run: int, there: int) -> dict[str, int]:
    return {"covered_lines": run, "num_statements": there}


def test_files_below_the_floor_are_named_the_thinnest_first() -> None:
    faults = coverage_faults(
        report(whole=(980, 1000), thin=(69, 100), bare=(0, 10), at=(7, 10), empty=(0, 0))
    )
    assert faults == ["bare: 0 % of its lines, floor 70", "thin: 69 % of its lines, floor 70"]


def test_the_whole_has_a_floor_of_its_own() -> None:
    assert coverage_faults(report(one=(899, 1000))) == ["all together: 89.9 %, floor 90"]
    assert coverage_faults(report(one=(900, 1000))) == []
