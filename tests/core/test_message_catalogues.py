"""Messages: every language says the same things, and recorded English is shown in other words."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import dsp.cueing.gating
import monitor.pipeline.announcements
import monitor.pipeline.coach
import monitor.pipeline.load_watch
from dsp.cueing.baseline import Baseline
from dsp.metrics import METRICS
from dsp.types import Fault, Placement
from monitor.core.message_catalogues import (
    EnglishText,
    Language,
    UserMessage,
    _messages,
    _read,
    catalogue,
    catalogues_json,
    commands_messages,
)
from monitor.core.records import LinkState, SensorStatus
from monitor.core.session_settings import SensorSettings
from monitor.pipeline.announcements import CUES_ENDED, SensorAnnouncer, learning_notice, no_speed_notice
from monitor.pipeline.cue_policy import SILENT_BY_PLAN, WITHHELD

ROOT = Path(__file__).parents[2]
LANGUAGES = get_args(Language)
EN, DE = catalogue("en"), catalogue("de")
PLACE = re.compile(r"\{[^}]*\}")
each_language = pytest.mark.parametrize("language", LANGUAGES)


def all_messages(language: Language) -> dict[str, Any]:
    """What is shown of a run, what only commands say, and what the plan says."""
    return _messages(language) | commands_messages(language) | _read(f"plan_{language}")


def forms(message: Any) -> list[str]:
    """The texts that a message may become."""
    return [message] if isinstance(message, str) else list(getattr(message, "values", lambda: message)())


def test_every_file_of_the_catalogues_is_a_language() -> None:
    names = {path.stem for path in (ROOT / "monitor" / "core" / "catalogues").iterdir()}
    assert names == {"recorded"} | {
        f"{kind}{la}" for kind in ("", "commands_", "english_", "plan_") for la in LANGUAGES
    }


@each_language
def test_every_language_has_the_same_messages_with_the_same_values(language: Language) -> None:
    english, other = all_messages("en"), all_messages(language)
    assert english.keys() == other.keys()
    for key, message in other.items():
        assert type(message) is type(english[key]), key
        if isinstance(message, dict):
            assert message.keys() == {"one", "other"}, key
        places = {place for form in forms(message) for place in PLACE.findall(form)}
        assert places == {p for form in forms(english[key]) for p in PLACE.findall(form)}, key


@each_language
def test_a_message_is_written_with_care(language: Language) -> None:
    for key, message in all_messages(language).items():
        for form in forms(message):
            assert form.strip(), key
            assert "  " not in form.strip() or key.startswith("terminal."), key
            for place in PLACE.findall(form):
                pages_know = re.fullmatch(r"\{\w+(:\.\df)?\}", place)
                no_page_has_it = key in _read("plan_en") or key in _read("commands_en")
                assert pages_know or (no_page_has_it and place.endswith(":g}")), (key, place)


def test_german_addresses_the_runner_as_a_friend_and_is_not_english() -> None:
    texts = {key: " ".join(forms(message)) for key, message in all_messages("de").items()}
    assert not [key for key, text in texts.items() if re.search(r"\b(Sie|Ihr|Ihre|Ihnen)\b", text)]
    english = {key: " ".join(forms(message)) for key, message in all_messages("en").items()}
    same = [
        k for k, text in texts.items() if text == english[k] and re.search(r"[a-z]{3,} [a-z]{3,}", text)
    ]
    assert same == []


@each_language
def test_no_message_claims_to_prevent_an_injury(language: Language) -> None:
    claims = r"prevents? (an )?injur(?!ies\.$)|injury risk|verhindert|schützt vor|beugt (?!keinen)"
    for key, message in all_messages(language).items():
        for form in forms(message):
            if not re.search(
                r"not an injury risk|does not prevent|beugt keinen|kein Verletzungsrisiko", form
            ):
                assert not re.search(claims, form, re.IGNORECASE), key


@each_language
def test_every_cue_and_notice_has_its_words(language: Language) -> None:
    source = Path(monitor.pipeline.announcements.__file__).read_text()
    notices = re.findall(r'notice\(\s*[\w.]+,\s*"(\w+)"', source)
    assert len(notices) >= 5
    load = re.findall(r'_Passed\(\s*"(\w+)"', Path(monitor.pipeline.load_watch.__file__).read_text())
    assert len(load) >= 8
    notices += load
    said = {f.value for f in Fault} | {"confirm", CUES_ENDED, *notices}
    assert {f"said.{name}" for name in said} <= catalogue(language).keys


@each_language
def test_a_phrase_has_at_most_five_words_and_faults_have_several(language: Language) -> None:
    messages = _messages(language)
    for key, wordings in messages.items():
        if key.startswith("said."):
            assert all(len(w.split()) <= 5 for w in wordings), key
    for fault in Fault:
        assert len(set(messages[f"said.{fault.value}"])) >= 3


def test_every_reason_to_withhold_a_cue_and_every_placement_has_its_words() -> None:
    assert {k for k in EN.keys if k.startswith("withheld.")} == {f"withheld.{key}" for key in WITHHELD}
    assert {f"placement.{p.value}" for p in Placement} <= EN.keys


def test_english_of_the_metrics_is_that_of_the_table_of_metrics() -> None:
    for m in METRICS:
        assert EN.text(f"metric.{m.name}.label") == m.label
        assert EN.text(f"metric.{m.name}.unit") == m.display_or_unit.unit
    assert DE.text("metric.cadence_spm.label") == "Schrittfrequenz"
    assert DE.text("metric.contact_ms.label") == "Bodenkontaktzeit"


def test_values_are_written_as_the_language_does() -> None:
    assert EN.text("limits.minutes", minutes=12.34) == "12.3 min"
    assert DE.text("limits.minutes", minutes=12.34) == "12,3 min"
    assert EN.text("feedback.ran", n=1) == "You ran for 1 minute."
    assert DE.text("feedback.ran", n=12) == "Du bist 12 Minuten gelaufen."


def test_half_a_point_of_pain_is_not_rounded_to_what_would_be_allowed() -> None:
    most = UserMessage("plan.morning.at_most", {"pain": 1.5})
    rest = {pain: EN.text("plan.rest.morning", pain=pain, morning=most) for pain in (2.0, 2.5)}
    after = "You can run again after a morning with pain of 1.5 at most."
    assert rest[2.0] == f"Rest today: pain of 2 this morning. {after}"
    assert rest[2.5] == f"Rest today: pain of 2.5 this morning. {after}"
    assert "höchstens 1,5" in DE.text("plan.rest.no_morning", morning=most)


def test_a_message_may_be_a_value_of_another() -> None:
    rose = UserMessage("feedback.rose", {"metric": UserMessage("metric.overstride_m.label"), "rise": 6.4})
    assert EN.render(rose).startswith("Overstride rose by 6 %")
    assert DE.render(rose).startswith("Overstride: gegen Ende")


def test_a_missing_key_or_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        EN.text("no.such.key")
    with pytest.raises(KeyError):
        EN.text("feedback.rose", rise=1.0)


# ------------------------------------------------------------------ what is recorded


CASES = json.loads((ROOT / "tests" / "web" / "js" / "recorded_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["stored"][:30])
def test_both_halves_of_the_program_read_recorded_texts_alike(case: dict[str, str]) -> None:
    assert EN.translate_recorded(case["stored"]) == case["en"]
    assert DE.translate_recorded(case["stored"]) == case["de"]


def reasons(module: str, functions: set[str]) -> Iterator[str]:
    """The texts that these functions of a module return, with ``7`` for each value."""
    for node in ast.walk(ast.parse(Path(module).read_text())):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            for part in ast.walk(node):
                if isinstance(part, ast.Return) and part.value is not None:
                    yield from texts_of(part.value)


def texts_of(value: ast.AST) -> Iterator[str]:
    if isinstance(value, ast.JoinedStr):
        yield "".join(v.value if isinstance(v, ast.Constant) else "7" for v in value.values)  # type: ignore[misc]
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    else:
        for part in ast.iter_child_nodes(value):
            yield from texts_of(part)


MUTED = [
    text
    for module, functions in (
        (dsp.cueing.gating.__file__, {"_passing_reason", "_reason_to_doubt_speed"}),
        (monitor.pipeline.coach.__file__, {"_no_target_reason", "_reason_without_cues"}),
    )
    for text in reasons(module, functions)
    if " " in text
]


@pytest.mark.parametrize(
    "text", sorted({*MUTED, SILENT_BY_PLAN, "warm-up", "too steep", "on a hill", "walking"})
)
def test_every_reason_for_silence_is_known_to_the_page(text: str) -> None:
    assert len(MUTED) >= 10
    assert DE.translate_recorded(text) != text


def test_every_notice_is_known_to_the_page() -> None:
    sensors = [
        SensorSettings(name="left", kind="plain", placement=Placement.FOOT),
        SensorSettings(name="belt", kind="plain", placement=Placement.PELVIS),
        SensorSettings(name="watch", kind="plain", placement=Placement.POD),
    ]
    announcer, told = SensorAnnouncer(sensors), []
    for t_s, names in ((10.0, ("left",)), (20.0, ("watch", "belt")), (30.0, ("belt",))):
        for name in names:
            told += announcer.push(SensorStatus(t_s, name, LinkState.SILENT, "", 100, silent_s=9.0))
    told += announcer.push(SensorStatus(40.0, "belt", LinkState.STREAMING, ""))
    for height in (None, 1.8):
        told += [learning_notice(0.0, Baseline(height), 4, cues) for cues in (True, False)]
    told.append(no_speed_notice(0.0))
    assert len(told) == 9
    for cue in told:
        german = DE.translate_recorded(cue.why)
        assert not re.search(r"\b(and|the|is|not|your|cues)\b", german), german


FORMER: set[str] = set()
"""Recorded texts that the program no longer writes, but that lie in stores."""
ASSEMBLED = {key for key in _read("recorded") if key.startswith("{off} % ")} | {
    "looking for a sensor of this kind: switch it on and keep it near",
    "a sensor of this kind is not to be seen: switch it on and keep it near",
    "found it; connecting",
}
"""Recorded texts that are made of single words, or of a sentence and a name."""


def test_every_recorded_text_is_one_that_the_program_writes() -> None:
    written = [
        node.value
        for path in [*(ROOT / "monitor").rglob("*.py"), *(ROOT / "dsp").rglob("*.py")]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for text in _read("recorded").keys() - FORMER - ASSEMBLED:
        for part in PLACE.split(text):
            words = max(re.split(r"[;.:] |[^\w ',-]", part), key=len).strip()
            assert any(words in constant for constant in written), (text, words)


@pytest.mark.parametrize(
    ("text", "german"),
    [
        ("port must be between 0 and 65535, not 7", "port muss zwischen 0 und 65535 liegen, nicht 7"),
        ("must be positive", "muss positiv sein"),
        ("it is damaged (its checksum is wrong)", "sie ist beschädigt (die Prüfsumme stimmt nicht)"),
        ("No space left on device", "kein Platz mehr auf dem Datenträger"),
        (
            "Invalid value (at line 1, column 9)",
            "Zeile 1, Spalte 9: hier stimmt die Schreibweise nicht",
        ),
        (
            "Cannot overwrite a value (at line 2, column 8)",
            "Zeile 2, Spalte 8: dieser Name steht hier zum zweiten Mal",
        ),
        ("what nobody has translated", "what nobody has translated"),
    ],
)
def test_what_comes_in_english_from_below_is_shown_in_the_language(text: str, german: str) -> None:
    message = UserMessage("error.at", {"where": "here", "what": EnglishText(text)})
    assert EN.render(message) == f"here: {text}"
    assert DE.render(message) == f"here: {german}"


@pytest.mark.parametrize(
    ("stored", "english", "german"),
    [
        (
            "a sensor of this kind is not to be seen: switch it on and keep it near; searching on",
            "no sensor of this kind can be found: switch one on and keep it close; still searching",
            "ein Sensor dieser Art ist nicht zu finden: schalte ihn ein und halte ihn in der Nähe; "
            "suche weiter",
        ),
        ("found it; connecting", "sensor found, connecting", "Sensor gefunden, verbinde"),
        ("found Pod 1; connecting", "found Pod 1, connecting", "Pod 1 gefunden, verbinde"),
        (
            "a sensor has serial number (none), not Pod 1",
            "a sensor has serial number (none), not Pod 1",
            "ein Sensor hat die Seriennummer (keine), nicht Pod 1",
        ),
    ],
)
def test_a_sensor_without_a_name_has_sentences_of_its_own(stored: str, english: str, german: str) -> None:
    assert EN.translate_recorded(stored) == english
    assert DE.translate_recorded(stored) == german


@pytest.mark.parametrize(
    ("choices", "english", "german"),
    [
        ("'text', 'json'", "text or json", "text oder json"),
        ("'a', 'b', 'c'", "a, b or c", "a, b oder c"),
        ("'only'", "only", "only"),
    ],
)
def test_a_choice_that_there_is_not_is_told_with_those_there_are(
    choices: str, english: str, german: str
) -> None:
    text = f"Invalid value for '--log-format' (env var: 'LOG'): 'yaml' is not one of {choices}."
    option = "'--log-format' ({} 'LOG'): "
    assert (
        EN.translate_english(text)
        == option.format("environment variable") + f"must be {english}, not 'yaml'."
    )
    assert (
        DE.translate_english(text)
        == option.format("Umgebungsvariable") + f"muss {german} sein, nicht 'yaml'."
    )


def test_a_number_below_zero_has_a_minus_sign() -> None:
    assert (EN.localized("-1.5"), DE.localized("-1.5")) == ("−1.5", "−1,5")


def test_a_remark_of_an_importer_is_shown_with_the_names_of_metrics() -> None:
    stored = "Cadence: watch 161.0, pod 161.2 spm (difference +0.2, SD 0.9, over 31 min of running)"
    assert DE.translate_recorded(stored) == (
        "Schrittfrequenz: watch 161,0, pod 161,2 spm (Unterschied +0,2, SD 0,9, über 31 min Laufen)"
    )


def test_a_page_gets_all_messages_in_a_script_that_they_cannot_end() -> None:
    text = catalogues_json()
    assert "<" not in text
    assert json.loads(text)["languages"].keys() == set(LANGUAGES)
    assert "error.no_file" not in text, "what only commands say makes every page longer"
