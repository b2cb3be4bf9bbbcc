"""The language of commands: that of the settings, else the system's, else English."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core import user_language
from monitor.core.user_language import language_of_settings, system_language, user_text


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "de_DE", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_GB", "LC_MESSAGES": "de_DE"}, "de"),
    ],
)
def test_the_system_names_the_language_as_posix_says(environment: dict[str, str], language: str) -> None:
    assert system_language(environment) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('[alerts]\nlanguage = "de"\n', "de"),
        ("[alerts]\n  language='en' # mine\n", "en"),
        ('alerts = { drift_min = 3, language = "de" }\n', "de"),
        ('[alerts]\nlanguage = "de"\n[web]\nport = = 1\n', "de"),
        ('[alerts]\n# language = "de"\n', None),
        ('[alerts]\nlanguage = "xx"\n', None),
        ("", None),
    ],
)
def test_a_settings_file_names_it_even_with_mistakes(
    tmp_path: Path, text: str, language: str | None
) -> None:
    path = tmp_path / "gaitcue.toml"
    assert language_of_settings(path) is None
    path.write_text(text)
    assert language_of_settings(path) == language


def test_a_text_is_in_the_language_that_was_chosen() -> None:
    assert user_text("say.session.none") == "none"
    user_language.choose_language("de")
    assert user_text("say.session.none") == "keine"
