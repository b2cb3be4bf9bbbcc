"""What a word that is no command could have meant, looked up in the tree of commands itself."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from monitor.cli.localized_help import LocalizedGroup
from monitor.core.user_language import user_text

_LIKENESS = 0.65  # difflib's ratio of two words: 0.89 of notes and note, 0.55 of push and pull
_MOST_HINTS = 3


class HintingGroup(LocalizedGroup):
    """``HintingGroup`` answers an unknown command with the whole commands that could be meant.

    A command of that name in another group comes before anything that is merely spelled alike: who
    types ``restore`` for ``sessions restore`` must not be sent to ``record``, which is nearer in spelling.
    """

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return what typer makes of the words; an unknown one ends with a hint and exit code 2."""
        word = args[0]
        if self.get_command(ctx, word) is None and not ctx.resilient_parsing and not word.startswith("-"):
            paths = list(command_paths(ctx.find_root().command))
            group = () if ctx.parent is None else (ctx.info_name,)
            ctx.fail(unknown_command_text(word, group, paths))
        return super().resolve_command(ctx, args)


def command_paths(command: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and group below ``command``: ``("sessions", "note")``."""
    for name, inner in getattr(command, "commands", {}).items():
        yield (*before, name)
        yield from command_paths(inner, (*before, name))


def unknown_command_text(word: str, group: tuple[str, ...], paths: list[tuple[str, ...]]) -> str:
    """Return the message about ``word``, typed after ``group``: up to three commands that it could mean."""
    hints = [path for path in paths if path[-1] == word] or _similar_commands(word, group, paths)
    typed = " ".join((*group, word))
    if not hints:
        return user_text("command.unknown", typed=typed)
    return user_text(
        "command.meant", typed=typed, hints=user_text("command.or").join(map(_path_as_typed, hints))
    )


def _similar_commands(
    word: str, group: tuple[str, ...], paths: list[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """The commands whose last word or whole path is spelled like ``word``, this group's own first."""

    def likeness(path: tuple[str, ...]) -> float:
        joined = ("-".join(path), "-".join(reversed(path))) if "-" in word else ()
        spellings = (path[-1], *joined)
        return max(difflib.SequenceMatcher(None, word, spelling).ratio() for spelling in spellings)

    close = [path for path in paths if likeness(path) >= _LIKENESS]
    own = [path for path in close if group and path[:-1] == group]
    return sorted(own or close, key=likeness, reverse=True)[:_MOST_HINTS]


def _path_as_typed(path: tuple[str, ...]) -> str:
    return " ".join(("gaitcue", *path))
