"""Words: every text that a runner reads stands in the catalogues, and nothing stands there in vain."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from monitor.cli import main
from monitor.core.errors import UserError
from monitor.core.message_catalogues import _messages, _read, catalogue, commands_messages

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "monitor" / "web" / "static"
COMMANDS = commands_messages("en")
KEYS = {*_messages("en"), *COMMANDS, *_read("plan_en")}
AREAS = {key.partition(".")[0] for key in KEYS if "." in key}
KEY = re.compile(r"[a-z_]+(\.[a-z_]+)+")
HOLE = "\0"
"""What stands for a value in the text of a template."""

IN_ENGLISH = {"docs.html", "docs.js"}
"""The description of the API, which is that of the code."""
SCRIPTS = sorted(path for path in STATIC.rglob("*.js") if path.name not in IN_ENGLISH)
PAGES = sorted(path for path in STATIC.rglob("*.html") if path.name not in IN_ENGLISH)
NO_LANGUAGE = {"gaitcue", "0:00"}
NOT_READ = {
    "the input ended": "how the service ends a session, in the record",
    "x unified": "a mode of the chart library",
    "down clear": "classes",
    "display:grid": "style",
    "background:none": "style",
    "(prefers-color-scheme": "a question to the style sheet",
    "(pointer:": "a question to the style sheet",
    "Content-Type": "a header of HTTP",
    "Accept-Language": "a header of HTTP",
    "DOMContentLoaded": "an event of the browser",
    "RefusalJson": "a model of the API",
}


def python_texts() -> Iterator[tuple[str, str]]:
    """Every text in the program with its file, values in it as holes."""
    for path in sorted((ROOT / "monitor").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (v.value if isinstance(v, ast.Constant) else HOLE for v in node.values)
                yield path.name, "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.name, node.value


def script_texts(path: Path) -> list[str]:
    """Every text in a script, values in it as holes; comments are none."""
    code = re.sub(r"^import .*?;$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|//[^\n]*', code)
    texts = [text[1:-1] for text in found if not text.startswith("//")]
    inner = [t for text in texts for t in re.findall(r'"([^"]*)"', text)]
    return [re.sub(r"\$\{(?:[^{}]|\{[^{}]*\})*\}", HOLE, text) for text in texts] + inner


class Page(HTMLParser):
    """The texts of a page, those of its attributes too, and the keys that it asks for."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.keys: list[str] = []
        self._code = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code = tag in ("script", "style")
        for name, value in attrs:
            if name in ("title", "aria-label", "placeholder", "alt"):
                self.texts.append(value or "")
            elif re.fullmatch(r"data-(text|label|title|placeholder)", name):
                self.keys.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._code = False

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.texts.append(data.strip())


@functools.cache
def asked() -> dict[str, str]:
    """What looks like a key, or like one with holes, and where it stands."""
    texts = [(text, name) for name, text in python_texts()]
    texts += [(text, path.name) for path in SCRIPTS for text in script_texts(path)]
    texts += [(key, path.name) for path in PAGES for key in Page(path).keys]
    texts += [(key, "recorded.json") for key in _read("recorded").values()]
    return {t: name for t, name in texts if looks_like_a_key(t)}


def looks_like_a_key(text: str) -> bool:
    return text.partition(".")[0] in AREAS and KEY.fullmatch(text.replace(HOLE, "x")) is not None


def test_every_message_that_is_asked_for_is_there() -> None:
    def there(text: str) -> bool:
        pattern = re.compile(re.escape(text).replace(re.escape(HOLE), "[a-z_]+"))
        return any(pattern.fullmatch(key) for key in KEYS)

    assert {text: name for text, name in asked().items() if not there(text)} == {}
    assert len(asked()) > 200


def test_every_message_is_asked_for() -> None:
    patterns = [re.compile(re.escape(text).replace(re.escape(HOLE), "[a-z0-9_]+")) for text in asked()]
    single = {key for key in KEYS if "." not in key}  # used by the messages themselves
    assert single == {"and"}
    assert [key for key in KEYS - single if not any(p.fullmatch(key) for p in patterns)] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_has_no_text_of_its_own(path: Path) -> None:
    page = Page(path)
    assert page.keys
    assert [t for t in page.texts if re.search(r"[A-Za-z]", t) and t not in NO_LANGUAGE] == []
    assert [key for key in page.keys if key not in KEYS] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_no_text_of_its_own(path: Path) -> None:
    def is_read(text: str) -> bool:
        if any(text.startswith(known) or known in text for known in NOT_READ):
            return False
        words = re.search(r"[A-Za-z]{2,}[,:;]? [A-Za-z(]{2,}", text)
        return words is not None or re.match(r"[A-Z][a-z]+", text) is not None

    assert [text for text in script_texts(path) if is_read(text)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_what_a_script_writes_or_names_for_a_reader_comes_from_a_message(path: Path) -> None:
    code = path.read_text(encoding="utf-8")
    place = r'(?:textContent = |"aria-label": |\b(?:title|placeholder): |createTextNode\()'
    text = r'"(?!(?:title|placeholder)")[^"]*[A-Za-z]'
    assert re.findall(place + text, code) == []


def test_a_script_gives_a_message_the_values_that_it_names() -> None:
    """Where a message is asked for with a literal key and a literal object."""
    messages, checked = _messages("en"), 0
    for path in SCRIPTS:
        code = path.read_text(encoding="utf-8")
        for key, _, values in re.findall(r'textOf\(\s*"([\w.]+)"(,\s*\{([^{}]*)\})?,?\s*\)', code):
            forms = messages[key].values() if isinstance(messages[key], dict) else [messages[key]]
            needed = {place for form in forms for place in re.findall(r"\{(\w+)[:}]", form)}
            given = {part.split(":")[0].strip() for part in values.split(",") if part.strip()}
            if values or not needed:
                assert needed <= given, (path.name, key)
                checked += 1
            else:
                assert f'textOf("{key}")' not in code, (path.name, key)
    assert checked > 100


# ------------------------------------------------------------------ the command line

CLI = sorted((ROOT / "monitor" / "cli").glob("*.py"))
USER_ERRORS = {error.__name__ for error in (UserError, *UserError.__subclasses__())}
ROOMS_OF_COMMANDS = sorted(
    path
    for room in ("cli", "service", "review", "storage")
    for path in (ROOT / "monitor" / room).glob("*.py")
)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a module, with the last word of what is called."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2], node


def is_key(node: ast.expr) -> bool:
    """Whether this is a message's key, or a choice between such."""
    if isinstance(node, ast.IfExp):
        return is_key(node.body) and is_key(node.orelse)
    return isinstance(node, ast.Constant) and node.value in KEYS


@pytest.mark.parametrize("path", CLI, ids=lambda path: path.name)
def test_the_help_of_an_option_is_a_message(path: Path) -> None:
    for name, call in calls(path):
        helps = [k.value for k in call.keywords if k.arg == "help"]
        if name in ("Option", "Argument"):
            assert helps, f"{path.name}:{call.lineno} has no help"
        for text in helps:
            made = isinstance(text, ast.Call) and ast.unparse(text.func) == "_help_key"
            assert made or is_key(text), f"{path.name}:{text.lineno}: {ast.unparse(text)}"


def test_every_command_and_panel_has_its_help_and_no_other() -> None:
    words = {w.replace(" ", "_").replace("-", "_") for w in [c.words for c in main.COMMANDS]}
    wanted = {f"help.command.{w}" for w in words | {g.word for g in main.GROUPS}}
    wanted |= {panel for c in main.COMMANDS if (panel := c.panel)} | {g.panel for g in main.GROUPS}
    assert {k for k in COMMANDS if k.startswith(("help.command.", "help.panel."))} == wanted


@pytest.mark.parametrize("path", sorted((ROOT / "monitor").rglob("*.py")), ids=lambda p: p.name)
def test_an_error_for_the_user_is_a_message_with_its_values(path: Path) -> None:
    for name, call in calls(path):
        if name not in USER_ERRORS:
            continue
        where = f"{path.name}:{call.lineno}"
        (key,) = call.args
        if isinstance(key, ast.Name):
            assert (path.name, key.id) in {("http_server.py", "refusal")}, where
            continue
        assert is_key(key), f"{where}: {ast.unparse(key)}"
        for constant in (n for n in ast.walk(key) if isinstance(n, ast.Constant)):
            needed = set(re.findall(r"\{(\w+)[:}]", COMMANDS[constant.value]))
            given = {k.arg for k in call.keywords}
            assert given == needed, where


@pytest.mark.parametrize("path", ROOMS_OF_COMMANDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_a_command_prints_or_asks_has_no_words_of_its_own(path: Path) -> None:
    shown = {"print", "say", "ask", "ask_yes_no", "ask_choice", "add_column", "Table", "Check", "report"}
    for name, call in calls(path):
        if name not in shown:
            continue
        for part in (*call.args, *(k.value for k in call.keywords if k.arg in ("title", "caption"))):
            for text in own_words(part):
                assert not re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", text), (
                    f"{path.name}:{call.lineno}: {text}"
                )


TO_BE_TYPED = ("docker compose ", "--password-file ")
"""How commands begin that a text names alone."""


def own_words(node: ast.expr) -> Iterator[str]:
    """Texts in an argument, without those in calls (the keys of messages among them)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if not node.value.startswith(TO_BE_TYPED):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        text = "".join(v.value if isinstance(v, ast.Constant) else HOLE for v in node.values)  # type: ignore[misc]
        if not text.startswith(TO_BE_TYPED):
            yield text
    elif isinstance(node, (ast.IfExp, ast.BoolOp, ast.BinOp)):
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                yield from own_words(part)


LIMITS = sorted(
    path
    for path in [*(ROOT / "monitor").rglob("*.py"), *(ROOT / "dsp").rglob("*.py")]
    if path.name
    in {
        "alerts.py", "apprise.py", "config.py", "declared_schema.py", "gating.py", "http_access.py",
        "limits.py",
        "mqtt_client.py", "ntfy.py", "phone_settings.py", "secret.py", "session_settings.py",
        "settings.py", "setup_wizard.py", "target.py", "types.py",
    }
    or path.parts[-2:] == ("influx", "sink.py")
)  # fmt: skip
"""Where settings and what stands in them refuse a value."""


@pytest.mark.parametrize("path", LIMITS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_why_a_setting_is_refused_is_known_in_every_language(path: Path) -> None:
    for name, call in calls(path):
        if name == "ValueError" and not ast.unparse(call).startswith("ValueError('step starts"):
            (text,) = own_words(call.args[0])
            text = text.replace(HOLE, "7")
            assert catalogue("de").translate_english(text) != text, f"{path.name}:{call.lineno}: {text}"


def test_every_text_from_below_that_is_translated_is_written_somewhere() -> None:
    """Typer's, sqlite's, the system's and the sports of FIT's profile are not ours; they are named here."""
    written = "\n".join(text for _, text in python_texts())
    below = (ROOT / "dsp").rglob("*.py")
    written += "\n".join(path.read_text(encoding="utf-8") for path in below)
    for text in _read("english_de"):
        if not NOT_OURS.match(text):
            parts = [part for piece in re.split(r"\{\w+\}", text) for part in piece.split('"')]
            assert max(parts, key=len).strip() in written, text


NOT_OURS = re.compile(
    "[A-Z]|database|disk|unable to|attempt to|file is not|\\{value\\} is not (a valid|in the|one of)"
    r"|\{option\} \(env var|\{what\} (at line|\(at)"
    "|(cycling|swimming|transition|(indoor )?rowing|strength training|(alpine|cross country) skiing)$"
)
