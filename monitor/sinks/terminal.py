"""The newest numbers in the terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dsp.metrics import BY_NAME
from dsp.types import Cue, CueKind
from monitor.core.records import LinkState, Out, SensorStatus
from monitor.sinks.live_state import LiveState

_SHOWN = (
    "cadence_spm", "contact_ms", "flight_ms", "speed_mps", "foot_strike_deg", "overstride_m",
    "braking_impulse_bws", "peak_braking_bw", "contact_balance_pct", "braking_dose_mps",
)  # fmt: skip


class TerminalSink:
    """Draws while it runs; without a terminal it prints the last table only."""

    name = "terminal"

    def __init__(self, console: Console) -> None:
        self._console = console
        self._board = LiveState(history_s=60)
        self._sensors: dict[str, SensorStatus] = {}

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Until the batches end."""
        with Live(console=self._console, refresh_per_second=8) as live:
            async for batch in batches:
                self._board.push(batch)
                for record in batch:
                    if isinstance(record, Cue) and not record.withheld:
                        self._console.print(cue_line(record))
                self._sensors |= {r.sensor: r for r in batch if isinstance(r, SensorStatus)}
                live.update(Group(self._table(), sensor_table(self._sensors)))
        self._console.print()

    def _table(self) -> Table:
        state = self._board.state()
        lost = sum(s["lost"] for s in state["sensors"].values())
        title = f"{state['t_s']:5.1f} s   {state['activity']}   {state['steps']} steps"
        title += f"   {lost} samples lost" if lost else ""
        table = Table(title=title)
        table.add_column("metric")
        table.add_column("now", justify="right")
        table.add_column("±", justify="right")
        table.add_column("unit")
        for name in _SHOWN:
            spec, now = BY_NAME[name], state["now"].get(name)
            if now is None:
                table.add_row(spec.label, "—", "", spec.unit)
            else:
                n = spec.decimals
                table.add_row(spec.label, f"{now['value']:.{n}f}", f"{now['sd']:.{n}f}", spec.unit)
        return table


def cue_line(cue: Cue) -> str:
    """What the runner was told, when and why: ``0:38  cue  Cadence 165, target 173 steps/min (...)``."""
    minutes, seconds = divmod(round(cue.t_s), 60)
    if cue.kind is CueKind.NOTICE:
        return f"{minutes}:{seconds:02d}  {cue.why}"
    spec = BY_NAME[cue.metric]
    value, target = (f"{v:.{spec.decimals}f}" for v in (cue.value, cue.target))
    word = "good" if cue.kind is CueKind.CONFIRM else "cue"
    return f"{minutes}:{seconds:02d}  {word}  {spec.label} {value}, target {target} {spec.unit} ({cue.why})"


_COLOUR = {
    LinkState.STREAMING: "green",
    LinkState.LOST: "red",
    LinkState.OFF: "red",
    LinkState.SILENT: "yellow",
}


def sensor_table(sensors: Mapping[str, SensorStatus]) -> Table:
    """One row per sensor; what is not known stays empty."""
    table = Table()
    table.add_column("sensor")
    table.add_column("state", overflow="fold")
    for heading in ("per second", "received", "lost", "battery"):
        table.add_column(heading, justify="right")
    table.add_column("time base", overflow="fold")
    for s in sensors.values():
        streams = s.link is LinkState.STREAMING
        table.add_row(
            Text(s.sensor),
            Text(s.text if s.text else s.link.value, style=_COLOUR.get(s.link, "")),
            f"{s.rate_hz:.0f}" if streams and s.rate_hz is not None else "",
            str(s.received),
            str(s.lost),
            f"{s.battery_pct:.0f} %" if s.battery_pct is not None else "",
            _time_base(s),
        )
    return table


def _time_base(s: SensorStatus) -> str:
    """Uncertainty, rate of the clock, and the jitter of arrival that was removed."""
    if s.clock_sd_ms is None or s.clock_ppm is None:
        return ""
    removed = f"; {s.clock_jitter_ms:.0f} ms of jitter removed" if s.clock_jitter_ms is not None else ""
    return f"± {s.clock_sd_ms:.1f} ms, {s.clock_ppm:+.0f} ppm{removed}"
