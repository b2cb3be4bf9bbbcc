"""``gaitcue``: every command is one row here."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, NoReturn

import typer

from monitor.cli import (
    align,
    analyze,
    archive,
    calibrate,
    coaching,
    compare,
    hub,
    import_export,
    log,
    log_entries,
    notify,
    pair,
    plan,
    review,
    run,
    runner_report,
    sensors,
    sessions,
    settings,
    share,
    shoes,
    stack,
)
from monitor.cli.command_hints import HintingGroup
from monitor.cli.localized_help import LocalizedCommand
from monitor.cli.options import LogFormatOption, VerboseOption
from monitor.core.errors import ConfigError, InputError, MonitorError, StoreError


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the words after ``gaitcue``, its function, and its panel in ``--help``.

    Its help is the message ``help.command`` of its words, whose first line stands in the list of commands.
    """

    words: str
    function: Callable[..., None]
    panel: str | None = None


@dataclass(frozen=True, slots=True)
class CommandGroup:
    """Commands with the same first word, which may be a command itself."""

    word: str
    panel: str


_RUN, _AFTER, _FILES = "help.panel.run", "help.panel.after", "help.panel.files"
_PLAN = "help.panel.plan"
_SETTINGS, _COACHES = "help.panel.settings", "help.panel.coaches"
_VIEW, _DESCRIBE = "help.panel.view", "help.panel.describe"
_WRITE, _WARNING, _LOG = "help.panel.write", "help.panel.warning", "help.panel.log"
_CHANGE, _ARCHIVE = "help.panel.change", "help.panel.archive"

GROUPS: tuple[CommandGroup, ...] = (
    CommandGroup("sessions", _AFTER),
    CommandGroup("log", _PLAN),
    CommandGroup("shoes", _PLAN),
    CommandGroup("sensors", _SETTINGS),
    CommandGroup("pair", _SETTINGS),
    CommandGroup("stack", _COACHES),
    CommandGroup("hub", _COACHES),
)

COMMANDS: tuple[Command, ...] = (
    Command("setup", settings.setup_command, _RUN),
    Command("run", run.run_command, _RUN),
    Command("demo", run.demo_command, _RUN),
    Command("record", run.record_command, _RUN),
    Command("replay", run.replay_command, _RUN),
    Command("review", review.review_command, _AFTER),
    Command("baseline", coaching.baseline_command, _AFTER),
    Command("calibrate", calibrate.calibrate_command, _AFTER),
    Command("sessions list", sessions.list_command, _VIEW),
    Command("sessions show", sessions.show_command, _VIEW),
    Command("sessions compare", compare.compare_command, _VIEW),
    Command("sessions trends", compare.trends_command, _VIEW),
    Command("sessions note", sessions.note_command, _DESCRIBE),
    Command("sessions tag", sessions.tag_command, _DESCRIBE),
    Command("sessions rename", sessions.rename_command, _DESCRIBE),
    Command("sessions split", sessions.split_command, _CHANGE),
    Command("sessions merge", sessions.merge_command, _CHANGE),
    Command("sessions delete", sessions.delete_command, _CHANGE),
    Command("sessions reanalyze", archive.reanalyze_command, _CHANGE),
    Command("sessions tidy", archive.tidy_command, _ARCHIVE),
    Command("sessions backup", archive.backup_command, _ARCHIVE),
    Command("sessions restore", archive.restore_command, _ARCHIVE),
    Command("share", share.share_command, _COACHES),
    Command("plan", plan.plan_command, _PLAN),
    Command("report", runner_report.report_command, _PLAN),
    Command("log after", log.after_command, _WRITE),
    Command("log morning", log.morning_command, _WRITE),
    Command("log weekly", log.weekly_command, _WRITE),
    Command("log strength", log.strength_command, _WRITE),
    Command("log run", log.run_entry_command, _WRITE),
    Command("log declare", log.declare_command, _WRITE),
    Command("log flag", log.flag_command, _WARNING),
    Command("log cleared", log.cleared_command, _WARNING),
    Command("log list", log_entries.list_entries_command, _LOG),
    Command("log correct", log_entries.correct_command, _LOG),
    Command("log withdraw", log_entries.withdraw_command, _LOG),
    Command("log export", log_entries.export_log_command, _LOG),
    Command("log delete", log_entries.delete_log_command, _LOG),
    Command("shoes", shoes.shoes_command),
    Command("shoes add", shoes.add_command),
    Command("shoes retire", shoes.retire_command),
    Command("shoes use", shoes.use_command),
    Command("import", import_export.import_command, _FILES),
    Command("export", import_export.export_command, _FILES),
    Command("analyze", analyze.analyze_command, _FILES),
    Command("config", settings.config_command, _SETTINGS),
    Command("metrics", analyze.metrics_command, _SETTINGS),
    Command("notify", notify.notify_command, _SETTINGS),
    Command("sensors scan", sensors.scan_command),
    Command("sensors align", align.align_command),
    Command("sensors phone", sensors.phone_command),
    Command("pair", pair.pair_command),
    Command("pair list", pair.list_devices_command),
    Command("pair revoke", pair.revoke_command),
    Command("coaching-trial", coaching.coaching_trial_command, _COACHES),
    Command("stack status", stack.delivery_status_command),
    Command("stack send", stack.send_command),
    Command("stack doctor", stack.doctor_command),
    Command("stack schema", stack.schema_command),
    Command("stack proxy", stack.proxy_command),
    Command("hub accounts", hub.accounts_command),
    Command("hub server", hub.server_command),
    Command("hub init", hub.init_command),
    Command("hub worker", hub.worker_command),
    Command("hub store", hub.store_command),
    Command("hub page", hub.page_command),
    Command("hub status", hub.status_command),
)
"""In the order in which ``--help`` lists them, panel by panel; groups come last in their panel."""


def _make_app() -> typer.Typer:
    root = typer.Typer(
        cls=HintingGroup,
        help="help.program",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    root.callback()(_global_options)
    apps = {"": root}
    alone = {command.words: command.function for command in COMMANDS}
    for group in GROUPS:
        apps[group.word] = typer.Typer(
            cls=HintingGroup,
            no_args_is_help=group.word not in alone,
            invoke_without_command=group.word in alone,
            help=_help_key(group.word),
        )
        if group.word in alone:
            apps[group.word].callback()(alone[group.word])
        root.add_typer(apps[group.word], name=group.word, rich_help_panel=group.panel)
    for command in COMMANDS:
        if command.words in apps:
            continue
        *group_word, name = command.words.split()
        register = apps["".join(group_word)].command(
            name, cls=LocalizedCommand, help=_help_key(command.words), rich_help_panel=command.panel
        )
        register(command.function)
    return root


def _help_key(words: str) -> str:
    return f"help.command.{words.replace(' ', '_').replace('-', '_')}"


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"gaitcue {version('gaitcue')}")
        raise typer.Exit


def _global_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="option.version")
    ] = False,
    verbose: VerboseOption = 0,
    log_format: LogFormatOption = None,
) -> None:
    from monitor.core.log_output import start_logging  # --help needs none of it

    start_logging(verbose, log_format)


app = _make_app()


_OUTPUT_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EPIPE)
"""What a file or pipe gives into which the output goes, and which takes no more."""


def main() -> None:
    """Run the command line; one clear line and exit code 2 for bad input, 1 for what failed outside."""
    _open_closed_streams()
    _print_what_nobody_can_show()
    try:
        app(prog_name="gaitcue")
    except (ConfigError, InputError) as exc:
        _exit_with_error(exc, 2)
    except MonitorError as exc:
        _exit_with_error(exc, 1)
    except OSError as exc:
        if exc.filename is not None or exc.errno not in _OUTPUT_ERRORS:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left
        _exit_with_error(StoreError("error.output", reason=exc), 1)


def _open_closed_streams() -> None:
    """Give a program that was started without stdin, stdout or stderr (``2>&-``) the empty device for it.

    The first file that it opens would get the number of that stream otherwise.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            device = os.open(os.devnull, os.O_RDWR)
            if device != number:
                os.dup2(device, number)
                os.close(device)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8"))


def _print_what_nobody_can_show() -> None:
    """Let output go on where its encoding lacks a sign: a pipe on Windows, an old locale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _exit_with_error(exc: MonitorError, code: int) -> NoReturn:
    import logging

    from monitor.core.log_output import logs_as_json
    from monitor.core.user_language import user_language

    if logs_as_json():
        for line in exc.log_text.splitlines():
            logging.getLogger(__name__).error("%s", line)
    else:
        print(f"gaitcue: {exc.text_in(user_language())}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
