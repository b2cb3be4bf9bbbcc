"""Help and complaints: in the language of the settings that a command line names, else of the system."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli.main import app
from monitor.core.errors import MonitorError
from monitor.core.user_language import user_language


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))


def answer(*words: str, system: str = "C") -> str:
    """Return what a command line prints, as one line; an error in the language that was chosen."""
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200", "LC_ALL": system})
    text = result.output
    if isinstance(result.exception, MonitorError):
        text += result.exception.text_in(user_language())
    return " ".join(text.split())


def test_help_is_in_the_language_of_the_system_and_can_change_it() -> None:
    for _ in range(2):
        german = answer("run", "--help", system="de_DE.UTF-8")
        assert "run [OPTIONEN]" in german
        for text in (
            "Aufruf:",
            "Optionen",
            "wie dieser Lauf heißen soll",
            "[Standard: run]",
            "diese Hilfe zeigen",
        ):
            assert text in german
        english = answer("run", "--help")
        assert "run [OPTIONS]" in english
        for text in ("Usage:", "Options", "what to call this run", "[default: run]", "show this help"):
            assert text in english


def test_settings_choose_before_the_system(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[alerts]\nlanguage = "de"\n')
    for given in (["--config", str(tmp_path / "mine.toml")], [f"--config={tmp_path / 'mine.toml'}"]):
        assert "Läufe" in answer("sessions", "list", *given, "--help")
    (tmp_path / "none" / "gaitcue").mkdir(parents=True)
    (tmp_path / "none" / "gaitcue" / "gaitcue.toml").write_text('[alerts]\nlanguage = "en"\n')
    assert "Sessions" in answer("sessions", "list", "--help", system="de_DE").replace(
        "sessions", "Sessions"
    )
    (tmp_path / "none" / "gaitcue" / "ann-lee.toml").write_text('[alerts]\nlanguage = "de"\n')
    assert "Aufruf" in answer("run", "--athlete", "ann lee", "--help")


@pytest.mark.parametrize(
    ("words", "english", "german"),
    [
        ("run --hots x", "There is no option --hots (possible", "Die Option --hots gibt es nicht (möglich"),
        ("demo --seconds long", "'--seconds': give a number", "'--seconds': Hier gehört eine Zahl hin"),
        ("demo --seconds 0", "'--seconds': at least 1", "'--seconds': mindestens 1"),
        ("demo --drift x", ", not 'x'.", " sein, nicht 'x'."),
        ("import", "'files' is missing", "'files' fehlt"),
        ("demo again", "Unexpected: again", "Unerwartet: again"),
        ("run --host", "Option '--host' requires an argument", "Die Option '--host' braucht einen Wert"),
        ("dmo", "There is no command 'dmo'. Did you mean", "Den Befehl „dmo“ gibt es nicht. Meintest du"),
        ("sessions split a b", '"b" is not a time', "„b“ ist keine Zeit"),
        ("analyze nosuch.csv", "cannot be opened", "lässt sich nicht öffnen (Datei"),
        ("config --config nosuch", "there is no such file", "Die Datei gibt es nicht"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_either_language(words: str, english: str, german: str) -> None:
    assert english in answer(*words.split())
    assert german in answer(*words.split(), system="de_DE.UTF-8")
