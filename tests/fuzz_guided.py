"""``python -m tests.fuzz_guided tape_settings -max_total_time=600``: one target, guided by coverage.

Needs Atheris (Apache-2.0), which is no part of the extras: wheels are there for few versions of Python.
What follows the name goes to libFuzzer.
"""

from __future__ import annotations

import sys

import atheris  # type: ignore[import-not-found]

WATCHED = ["monitor.core.json_codec", "monitor.core.toml_reader", "monitor.devices", "monitor.sinks.influx"]
"""Modules whose branches guide it: the parsers.  All of the program would take minutes to begin."""


def main() -> None:
    """Run until the time is over or an input fails, which libFuzzer keeps as a file."""
    with atheris.instrument_imports(include=WATCHED):
        from tests.fuzz_targets import TARGETS
    target = TARGETS[sys.argv[1]]
    atheris.Setup([sys.argv[0], *sys.argv[2:]], lambda data: target.run(data) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
