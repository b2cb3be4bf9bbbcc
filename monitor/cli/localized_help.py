"""Help and complaints of the command line in the user's language.

In the code, the help of a command, a panel or an option is the key of a message.  The text is put in when
the help is shown, because only then it is known which settings file, and so which language, is meant.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from monitor.cli.documents import documents_folder
from monitor.core.message_catalogues import catalogue, commands_messages
from monitor.core.settings_path import athlete_file, default_path
from monitor.core.user_language import (
    choose_language,
    language_of_settings,
    system_language,
    user_language,
)

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""What the command line raises for arguments that it does not take; each typer has it elsewhere."""
_TITLES = {
    "OPTIONS_PANEL_TITLE": "help.options",
    "ARGUMENTS_PANEL_TITLE": "help.arguments",
    "COMMANDS_PANEL_TITLE": "help.commands",
    "ERRORS_PANEL_TITLE": "help.error",
    "ABORTED_TEXT": "help.aborted",
    "RICH_HELP": "help.hint",
    "DEFAULT_STRING": "help.default",
    "ENVVAR_STRING": "help.variable",
    "REQUIRED_LONG_STRING": "help.required",
}
"""Texts of ``typer.rich_utils`` by their names there, and our messages; places stay as typer fills them."""
_TEXTS = ("help", "short_help", "rich_help_panel")
"""What holds the key of a message in a command or an option."""


class _HelpInUserLanguage:
    """What commands and groups of commands share: their help is in the language of the user."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, its texts in the language of the user."""
        _localize_help(self)
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def get_usage(self, ctx: Any) -> str:
        """Return the line that says how to call it."""
        return _usage_text(super().get_usage(ctx))  # type: ignore[misc]

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option ``--help`` with its text."""
        return _with_help_of_help(super().get_help_option(ctx))  # type: ignore[misc]


class LocalizedCommand(_HelpInUserLanguage, TyperCommand):
    """A command whose help is in the language of the user."""


class LocalizedGroup(_HelpInUserLanguage, TyperGroup):
    """A group of commands whose help and complaints are in the language of the user."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help; that of the program itself ends with where its documents are."""
        if ctx.parent is None and (folder := documents_folder()) is not None:
            self.epilog = _help_text("help.documents").format(folder=folder)
        super().format_help(ctx, formatter)

    def main(self, args: Sequence[str] | None = None, *others: Any, **named: Any) -> Any:
        """Run the command line, in the language that its words and settings ask for."""
        _choose_language_for(sys.argv[1:] if args is None else list(args))
        return super().main(args, *others, **named)

    def make_context(self, *arguments: Any, **named: Any) -> Any:
        """Return the context of a call; complaints about its words are in the language of the user."""
        with _localized_complaints():
            return super().make_context(*arguments, **named)

    def invoke(self, ctx: Any) -> Any:
        """Run the command of a context; complaints about its words are in the language of the user."""
        with _localized_complaints():
            return super().invoke(ctx)


def _choose_language_for(words: Sequence[str]) -> None:
    """Choose that of the settings file that a command line names, without one that of the system."""
    path = default_path(os.environ)
    for word, following in zip(words, (*words[1:], ""), strict=True):
        name, _, given = word.partition("=")
        if name == "--config":
            path = Path(given or following)
        elif name == "--athlete" and words[0] == "run":
            path = athlete_file(given or following, os.environ)
    choose_language(language_of_settings(path) or system_language())


def _help_text(key: str) -> str:
    """A message of the commands, without reading what help does not need."""
    text: str = commands_messages(user_language())[key]
    return text


def _localize_help(command: Any) -> None:
    """Texts in place of the keys in a command, its options and the commands below it."""
    _localize_titles()
    for part in (command, *command.params, *getattr(command, "commands", {}).values()):
        keys = vars(part).setdefault("message_keys", {name: getattr(part, name, None) for name in _TEXTS})
        for name, key in keys.items():
            if key is not None:
                setattr(part, name, _help_text(key))


def _localize_titles() -> None:
    from typer import rich_utils

    for name, key in _TITLES.items():
        setattr(rich_utils, name, _help_text(key).replace("{value}", "{}"))


def _usage_text(english: str) -> str:
    """The line that says how a command is called, from typer's."""
    text = english.replace("Usage:", _help_text("help.usage"), 1)
    text = text.replace("[OPTIONS]", _help_text("help.options_word"))
    return text.replace("COMMAND [ARGS]...", _help_text("help.command_words"))


def _with_help_of_help(option: Any) -> Any:
    """The option ``--help`` with our text."""
    if option is not None:
        option.help = _help_text("help.help")
    return option


@contextlib.contextmanager
def _localized_complaints() -> Iterator[None]:
    try:
        yield
    except UsageError as exc:
        complaint: Any = exc
        text = catalogue(user_language()).translate_english(complaint.format_message())
        complaint.format_message = lambda: text
        _localize_titles()
        raise
