"""``gaitcue``: every command is one row here."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from monitor.cli import analyze as look
from monitor.cli import coaching as coach
from monitor.cli import import_export as data
from monitor.cli import notify as reach
from monitor.cli import phone, run, stack
from monitor.cli import review as after
from monitor.cli import sensors as devices
from monitor.cli import sessions as kept
from monitor.cli import sync as align
from monitor.core.errors import ConfigError, InputError, MonitorError

COMMANDS: tuple[Callable[..., None], ...] = (
    run.demo,
    run.run,
    run.record,
    run.replay,
    devices.scan,
    devices.setup,
    phone.phone,
    look.analyze,
    align.sync,
    after.review,
    after.compare,
    after.trends,
    after.note,
    data.import_,
    data.export,
    after.reanalyze,
    after.backup,
    after.restore,
    reach.notify,
    coach.baseline,
    coach.twin,
    look.metrics,
    look.check_config,
    stack.status,
    stack.push,
    stack.schema,
    stack.doctor,
    stack.gate,
)
"""In the order in which ``--help`` lists them; ``check_config`` is called ``check-config``."""

app = typer.Typer(
    help="Gait monitor for runners: cadence, overstride and braking from foot pods, IMUs and phones.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in COMMANDS:
    app.command(command.__name__.strip("_").replace("_", "-"))(command)
app.add_typer(kept.app, name="sessions")


@app.callback()
def root() -> None:
    """Numbers always come with a unit, and are absent where the sensors worn cannot tell."""


def main() -> None:
    """Run; one clear line and exit code 2 for bad input, 1 for what went wrong outside."""
    try:
        app()
    except (ConfigError, InputError) as exc:
        print(f"gaitcue: {exc}", file=sys.stderr)
        sys.exit(2)
    except MonitorError as exc:
        print(f"gaitcue: {exc}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
