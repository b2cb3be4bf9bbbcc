"""``gaitcue``: every command is one row here."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from monitor.cli import (
    analyze,
    coaching,
    import_export,
    notify,
    phone,
    review,
    run,
    sensors,
    sessions,
    stack,
    sync,
)
from monitor.core.errors import ConfigError, InputError, MonitorError

COMMANDS: tuple[Callable[..., None], ...] = (
    run.demo,
    run.run,
    run.record,
    run.replay,
    sensors.scan,
    sensors.setup,
    phone.phone,
    analyze.analyze,
    sync.sync,
    review.review,
    review.compare,
    review.trends,
    review.note,
    import_export.import_,
    import_export.export,
    review.reanalyze,
    review.backup,
    review.restore,
    notify.notify,
    coaching.baseline,
    coaching.twin,
    analyze.metrics,
    analyze.check_config,
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
app.add_typer(sessions.app, name="sessions")


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
