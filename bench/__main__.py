"""``python -m bench``: one JSON line per case, summed up in docs/scaling.md."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from bench import cue_latency, first_paint, hub, live, memory, plan, radio, review, service, whole
from dsp.types import Placement


def main(argv: Sequence[str] | None = None) -> None:
    """Measure the cost of each placement, of a re-analysis, and of the way from notification to record."""
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--live", type=float, default=120.0, help="seconds of every live case")
    options.add_argument("--session", type=float, default=3600.0, help="seconds of the re-analyzed session")
    options.add_argument("--hours", type=int, default=2, help="hours of the run whose memory is measured")
    given = options.parse_args(argv)
    for placement in (Placement.FOOT, Placement.SHANK, Placement.ANKLE, Placement.PELVIS):
        print_result(live.case(placement.value, [(placement, None)], given.live))
    print_result(live.case("two feet and pelvis", live.FEET_AND_PELVIS, given.live))
    for result in whole.cases(given.session):
        print_result(result)
    print_result(service.throughput(given.session / 10))
    print_result(service.latency(given.live))
    for result in (*radio.cases(), *cue_latency.cases(), *first_paint.cases()):
        print_result(dict(result))
    for result in hub.hub_cases(20, given.live):
        print_result(result)
    review.main()
    plan.main()
    for result in memory.command_costs():
        print_result(result)
    print_result(memory.page_memory(given.session, 30.0))
    print_result(memory.growth(given.hours))


def print_result(result: dict[str, str | float]) -> None:
    """Print a result as one JSON line, figures to four digits."""
    short = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in result.items()}
    print(json.dumps(short), flush=True)


if __name__ == "__main__":
    main()
