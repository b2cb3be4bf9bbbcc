"""The main job on simulated sensors: two shoes and a belt, live numbers in the terminal."""

from __future__ import annotations

import time

from rich.console import Console
from rich.live import Live
from rich.table import Table

from dsp.metrics import BY_NAME
from dsp.simulate import leg, trunk
from dsp.types import ActivityChange, Metric, Placement, Runner, Side, Step, Worn
from monitor.analyze import SLICE_S, run
from monitor.recorded import Recording

SHOWN = (
    "cadence_spm", "contact_ms", "flight_ms", "speed_mps", "foot_strike_deg", "overstride_m",
    "braking_impulse_bws", "peak_braking_bw", "contact_balance_pct", "braking_dose_mps",
)  # fmt: skip


def recording(seconds: float) -> Recording:
    """Simulated sensors of one runner: left and right foot, half a stride apart, and the pelvis."""
    streams = (
        (Worn("left shoe", Placement.FOOT, Side.LEFT), leg("left shoe", seconds)),
        (Worn("right shoe", Placement.FOOT, Side.RIGHT), leg("right shoe", seconds, phase=0.5, seed=3)),
        (Worn("belt", Placement.PELVIS), trunk("belt", seconds)),
    )
    return Recording(streams, Runner(height_m=1.75, mass_kg=70.0))


def demo(seconds: float, speed: float) -> None:
    """Feed the engine in real time (times ``speed``) and draw the newest second."""
    console = Console()
    seen: dict[str, Metric] = {}
    state, steps = "unknown", 0
    with Live(console=console, refresh_per_second=8, transient=False) as live:
        for t_s, records in run(recording(seconds)):
            for r in records:
                if isinstance(r, Metric) and r.side is None:
                    seen[r.estimate.metric] = r
                elif isinstance(r, ActivityChange):
                    state = r.activity.value
                steps += isinstance(r, Step)
            live.update(_table(t_s, state, steps, seen))
            if speed > 0:
                time.sleep(SLICE_S / speed)
    console.print("Simulated sensors: the numbers show that everything works, not how anybody runs.")


def _table(t_s: float, state: str, steps: int, seen: dict[str, Metric]) -> Table:
    table = Table(title=f"{t_s:5.1f} s   {state}   {steps} steps")
    table.add_column("metric")
    table.add_column("now", justify="right")
    table.add_column("±", justify="right")
    table.add_column("unit")
    for name in SHOWN:
        spec = BY_NAME[name]
        if name in seen:
            e = seen[name].estimate
            table.add_row(
                spec.label, f"{e.value:.{spec.decimals}f}", f"{e.sd:.{spec.decimals}f}", spec.unit
            )
        else:
            table.add_row(spec.label, "—", "", spec.unit)
    return table
