"""The newest numbers, the sensors and the cues of a run in the terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dsp.metrics import BY_NAME, Role, with_role
from dsp.types import Cue
from monitor.core.errors import SinkRefused
from monitor.core.lost_terminal import open_terminals, silence_lost_terminals
from monitor.core.message_catalogues import Catalogue, Language, catalogue
from monitor.core.records import LinkState, Out, SensorStatus
from monitor.sinks.cue_text import cue_line, label_text, number_text
from monitor.sinks.live_state import LiveState


class TerminalSink:
    """A sink that draws tables while it runs; for a terminal only, elsewhere ``SessionLog`` says what
    happens.

    It draws in a thread of its own: a terminal may stop taking text for as long as it likes (Ctrl-S, a
    remote one whose network is away), and nobody else waits for it.
    """

    name = "terminal"

    def __init__(self, console: Console, language: Language = "en") -> None:
        self._console = console
        self._messages = catalogue(language)
        self._live_state = LiveState(history_s=60)
        self._sensors: dict[str, SensorStatus] = {}

    async def run(self, batches: AsyncIterator[list[Out]]) -> None:
        """Draw until the batches end; cues are printed above the tables and stay.

        ``SinkRefused`` when the terminal is gone: what the program prints later then goes nowhere.
        """
        terminals = open_terminals()
        logs_here = sys.stderr.isatty()  # log lines then go above the table, not into it
        live = Live(console=self._console, refresh_per_second=8, redirect_stderr=logs_here)
        thread, loop = ThreadPoolExecutor(1, thread_name_prefix="terminal"), asyncio.get_running_loop()
        try:
            await loop.run_in_executor(thread, live.start)
            async for batch in batches:
                self._live_state.push(batch)
                self._sensors |= {r.sensor: r for r in batch if isinstance(r, SensorStatus)}
                sensors = sensor_table(self._sensors, self._messages, self._console.width >= _WIDE)
                tables = Group(self._table(), sensors, *self._troubles())
                cues = [r for r in batch if isinstance(r, Cue) and not r.withheld]
                await loop.run_in_executor(thread, self._draw, live, cues, tables)
            await loop.run_in_executor(thread, self._end, live)
        except OSError as exc:
            if not silence_lost_terminals(terminals):
                raise
            raise SinkRefused("the terminal is gone") from exc
        finally:
            thread.submit(live.stop)
            thread.shutdown(wait=False)

    def _draw(self, live: Live, cues: Sequence[Cue], tables: Group) -> None:
        for cue in cues:
            self._console.print(cue_line(cue, self._messages))
        live.update(tables)

    def _end(self, live: Live) -> None:
        live.stop()
        self._console.print()

    def _troubles(self) -> list[Text]:
        """A line for each sink that is in trouble, the tape and the store among them."""
        sinks = self._live_state.state()["sinks"].values()
        lines = [
            f"{s['sink']}: {self._messages.translate_recorded(s['text'])}" for s in sinks if not s["ok"]
        ]
        return [Text(line, style="bold red") for line in lines]

    def _table(self) -> Table:
        state = self._live_state.state()
        lost = sum(s["lost"] for s in state["sensors"].values())
        text, localized = self._messages.text, self._messages.localized
        title = text(
            "terminal.title",
            time=localized(f"{state['t_s']:5.1f}"),
            activity=text(f"terminal.activity.{state['activity']}"),
            steps=state["steps"],
        )
        title += text("terminal.samples_lost", lost=lost) if lost else ""
        table = Table(title=title)
        table.add_column(text("terminal.column.metric"))
        table.add_column(text("terminal.column.now"), justify="right")
        table.add_column("±", justify="right")
        table.add_column(text("terminal.column.unit"))
        for name in with_role(Role.TILE):
            spec, now = BY_NAME[name], state["now"].get(name)
            value, sd = (
                ("—", "") if now is None else number_text(spec.display_or_unit, now["value"], now["sd"])
            )
            unit = text(f"metric.{name}.unit")
            if now is not None and now["modelled"]:
                unit += f" · {text('review.modelled')}"
            table.add_row(label_text(spec, self._messages), localized(value), localized(sd), unit)
        return table


_COLOUR = {
    LinkState.STREAMING: "green",
    LinkState.LOST: "red",
    LinkState.OFF: "red",
    LinkState.SILENT: "yellow",
}


_WIDE = 110
"""Columns of a terminal in which the clocks have room; in a usual one they would take five lines each."""


def sensor_table(sensors: Mapping[str, SensorStatus], messages: Catalogue, wide: bool = True) -> Table:
    """Return a table with a row per sensor: state, rate, losses, battery, time base; unknown is empty.

    Unless it is ``wide`` the time base is its uncertainty alone.
    """
    table = Table()
    table.add_column(messages.text("terminal.column.sensor"))
    table.add_column(messages.text("terminal.column.state"), overflow="fold")
    for heading in ("rate", "received", "lost", "battery"):
        table.add_column(messages.text(f"terminal.column.{heading}"), justify="right")
    table.add_column(messages.text("terminal.column.clock"), overflow="fold")
    for s in sensors.values():
        streams = s.link is LinkState.STREAMING
        table.add_row(
            Text(s.sensor),
            Text(messages.translate_recorded(s.text or s.link.value), style=_COLOUR.get(s.link, "")),
            f"{s.rate_hz:.0f}" if streams and s.rate_hz is not None else "",
            str(s.received),
            str(s.lost),
            f"{s.battery_pct:.0f} %" if s.battery_pct is not None else "",
            _time_base(s, messages, wide),
        )
    return table


def _time_base(s: SensorStatus, messages: Catalogue, wide: bool) -> str:
    """Uncertainty, and where there is room the rate of the clock and the jitter that was removed."""
    if s.clock_sd_ms is None or s.clock_ppm is None:
        return ""
    if not wide:
        return messages.localized(f"± {s.clock_sd_ms:.1f} ms")
    text = messages.localized(f"± {s.clock_sd_ms:.1f} ms, {s.clock_ppm:+.0f} ppm")
    if s.clock_jitter_ms is None:
        return text
    return text + messages.text("terminal.jitter", jitter=s.clock_jitter_ms)
