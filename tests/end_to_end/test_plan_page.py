"""The Plan tab in a real browser, on the screen of a phone: a made-up fortnight, in both languages."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from monitor.core.http_access import WebSettings
from monitor.core.monotonic import SystemClock
from monitor.core.secret import Secret
from monitor.review.training_plan import PlanKeeper, new_entry
from monitor.service.runner_wishes import RunnerWishes
from monitor.sinks.influx.shared_days import SharingReport
from monitor.sinks.live_state import LiveState
from monitor.storage.sent_days import SentDays, sent_days_path, write_sent_days
from monitor.storage.store import Store
from monitor.training.plan_settings import PlanSettings
from monitor.web.app import make_app
from monitor.web.live_feed import LiveFeed
from monitor.web.sharing_desk import SharingDesk
from tests.deep import DEEP
from tests.end_to_end.test_review_page import opened
from tests.review.test_shoe_gait import keep_run

TOKEN = "let-me-in-please"
MONDAY = datetime.datetime(2026, 11, 2, 7, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
WIDTH, HEIGHT = 360, 740
MOST_TAPS = 6


@dataclass
class Box:
    """A service with a plan, whose clock a test sets."""

    keeper: PlanKeeper
    app: Any = None
    url: str = ""
    now: datetime.datetime = MONDAY
    stopped: list[str] = field(default_factory=list)
    server: list[frozenset[str]] = field(default_factory=list)
    """What each delivery to a coach's server, here a stand-in, found shared."""

    def set_clock(self, day: int, hour: int, minute: int = 0) -> None:
        self.now = MONDAY.replace(hour=hour, minute=minute) + datetime.timedelta(days=day)

    def deliver(self) -> SharingReport:
        before = self.server[-1] if self.server else frozenset[str]()
        shared = self.keeper.load_shared_items(self.now.date())
        self.server.append(shared)
        sent = SentDays(server="http://box.local", items=tuple(shared))
        write_sent_days(sent_days_path(self.keeper.folder, self.keeper.athlete), sent)
        return SharingReport(sent=3 if shared else 0, deleted=not before <= shared)

    def lines(self) -> list[dict[str, Any]]:
        """What was written down, as it lies on the disk."""
        path = self.keeper.log.path
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def write(self, kind: str, **fields: Any) -> str:
        entry = new_entry(kind, fields, self.now)
        self.keeper.add(entry)
        return entry.id

    def write_again(self, kind: str, day: int, hour: int, **other: Any) -> str:
        """Write once more what was tapped last, at another time."""
        self.set_clock(day, hour)
        last = [line for line in self.lines() if line["kind"] == kind][-1]
        own = ("kind", "id", "day", "made_utc", "utc_offset_s", "start", "crc", "replaces")
        return self.write(kind, **{k: v for k, v in last.items() if k not in own} | other)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    settings = PlanSettings(sex="woman", born_year=1984, emergency_number="112")
    box = Box(PlanKeeper(tmp_path, "ann", settings))
    wishes = RunnerWishes(lambda: 0.0)
    wishes.open(lambda packet: box.stopped.append(packet.payload.decode()))
    feed = LiveFeed(LiveState(), SystemClock(), controls=wishes)
    app = make_app(
        feed, Secret(TOKEN), tmp_path, WebSettings(), SharingDesk(keeper=box.keeper, deliver=box.deliver)
    )
    app.state.runner_now = lambda: box.now
    box.app = app
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        box.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield box
        finally:
            feed.close()
            server.should_exit = True
            thread.join(20)


@contextlib.contextmanager
def phone(box: Box, locale: str, **more: Any) -> Iterator[tuple[Any, list[str]]]:
    """The Plan tab on a phone, and its complaints; without the worker, behind which no route is."""
    with opened(WIDTH, HEIGHT, locale=locale, service_workers="block", **more) as (page, troubles):
        page.goto(f"{box.url}/plan?token={TOKEN}")
        yield page, troubles


def show(box: Box, page: Any, day: int, hour: int, view: str = "today") -> None:
    """The page as it is opened at another time, on a view of it."""
    box.set_clock(day, hour)
    page.goto(f"{box.url}/plan#{view}")
    page.reload()
    page.wait_for_selector("#plan section, #plan form")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, view


def rate(page: Any, question: int, level: int) -> None:
    """Tap a level of the so-manieth scale of a form."""
    page.locator(".scale").nth(question).get_by_role("button", name=str(level), exact=True).click()


def save(page: Any) -> None:
    page.locator("button.save").click()


def answer_run(page: Any, during: int, now: int) -> None:
    page.wait_for_selector(".scale")
    rate(page, 0, during)
    rate(page, 1, now)
    save(page)


def note_run(box: Box, page: Any, day: int, km: str, during: int, now: int) -> None:
    """A run without sensors, and how it felt."""
    show(box, page, day, 18, "manual_run")
    page.locator("input[inputmode=decimal]").nth(0).fill(km)
    page.locator("input[inputmode=decimal]").nth(1).fill("31")
    box.set_clock(day, 18, 1)
    save(page)
    box.set_clock(day, 18, 2)
    answer_run(page, during, now)
    page.wait_for_selector(".today")


def note_morning(box: Box, page: Any, day: int, pain: int, *, as_before: bool) -> None:
    show(box, page, day, 7)
    page.locator(".due a").first.click()
    rate(page, 0, pain)
    page.locator(".question").nth(1).get_by_role("button").nth(0 if as_before else 1).click()
    page.locator(".question").nth(2).get_by_role("button").nth(1).click()  # as tender as before
    save(page)
    page.wait_for_selector(".today")


WORDS = {
    "en-GB": {
        "first": "Today: up to 6.0 km, easy.",
        "rebuild": "Phase: rebuild",
        "too_much": "Your last run was too much: pain of 7 out of 10.",
        "rest": re.compile("Rest"),
        "calf": "A calf that is swollen, warm and tender",
        "answer": "Stop running and go to an emergency department today.",
        "until": "Rest until a morning with pain of 1 at most",
        "walk": "Today: walk for 30 minutes.",
        "lang": "en",
    },
    "de-DE": {
        "first": "Heute: bis zu 6,0 km, locker.",
        "rebuild": "Phase: Aufbauen",
        "too_much": "Dein letzter Lauf war zu viel: Schmerz 7 von 10.",
        "rest": re.compile("Ruhe|Pause"),
        "calf": "Eine Wade, die geschwollen, warm und druckempfindlich ist",
        "answer": "Hör auf zu laufen und geh heute noch in die Notaufnahme.",
        "until": "Pause bis zu einem Morgen mit Schmerz von höchstens 1",
        "walk": "Heute: 30 Minuten gehen.",
        "lang": "de",
    },
}


@pytest.mark.parametrize("locale", WORDS if DEEP else ["en-GB"])
def test_a_fortnight_from_the_declaration_through_a_flare_and_a_red_flag(box: Box, locale: str) -> None:
    from playwright.sync_api import expect

    words: dict[str, Any] = WORDS[locale]
    dark_or_light = "dark" if locale == "de-DE" else "light"
    with phone(box, locale, color_scheme=dark_or_light) as (page, troubles):
        assert page.evaluate("document.documentElement.lang") == words["lang"]
        page.locator("a[href='#declare']").click()
        expect(page.locator(".flags-list button")).to_have_count(19)
        save(page)  # nothing of it
        page.locator(".where .question").nth(0).get_by_role("button").nth(0).click()
        page.locator(".leg button").nth(3).click()
        page.locator("input[inputmode=decimal]").nth(0).fill("30")
        page.locator("input[inputmode=decimal]").nth(1).fill("12")
        save(page)
        expect(page.locator(".headline")).to_contain_text(words["first"])
        (declared,) = box.lines()
        assert (declared["side"], declared["place"], declared["reference_km"]) == ("left", "behind", 30)
        note_morning(box, page, 1, 1, as_before=True)
        note_run(box, page, 1, "5,0" if words["lang"] == "de" else "5.0", 2, 1)
        assert troubles == []

    for day in range(2, 7):  # the days after it are as the first
        box.write_again("morning", day, 7)
        if day in (3, 5):
            box.write_again("after", day, 18, session=box.write_again("manual_run", day, 18))
    with phone(box, locale, color_scheme=dark_or_light) as (page, troubles):
        note_morning(box, page, 7, 1, as_before=True)
        expect(page.locator("#plan")).to_contain_text(words["rebuild"])
        expect(page.locator(".checks .unknown").first).to_be_visible()

        note_run(box, page, 8, "5", 7, 5)  # a flare
        expect(page.locator("#plan")).to_contain_text(words["too_much"])
        note_morning(box, page, 9, 4, as_before=False)
        expect(page.locator(".headline")).to_contain_text(words["rest"])
        show(box, page, 9, 12, "calendar")
        expect(page.locator(".day.red .mark")).to_have_text("✗")
        expect(page.locator(".day.green")).to_have_count(3)

        show(box, page, 10, 8)
        page.locator("#flags").click()
        page.get_by_role("button", name=words["calf"]).click()
        expect(page.locator(".flags-answer")).to_contain_text(words["answer"])
        expect(page.locator(".flags-kept button")).to_be_visible()
        assert box.stopped == ["asked"]
        page.locator(".flags-close").click()
        expect(page.locator(".stop .headline")).to_contain_text(words["answer"])
        show(box, page, 11, 8)
        expect(page.locator(".stop")).to_contain_text(words["calf"])
        page.goto(f"{box.url}/")
        expect(page.locator("#stop")).to_contain_text(words["answer"])

        show(box, page, 12, 18)
        page.locator("a[href='#cleared']").click()
        expect(page.locator("button.save")).to_be_disabled()  # until it says who
        page.locator("input[type=text]").fill("GP")
        save(page)
        expect(page.locator(".headline")).to_contain_text(words["until"])
        note_morning(box, page, 13, 1, as_before=True)
        expect(page.locator(".headline")).to_contain_text(words["walk"])
        expect(page.locator(".ladder [aria-current]")).to_have_count(1)
        for view in ("diary", "strength", "shoes", "calendar"):
            show(box, page, 13, 20, view)
            expect(page.locator("#disclaimer")).not_to_be_empty()
        assert troubles == []


def test_a_flare_and_a_red_flag_are_told_in_german_and_in_the_dark(box: Box) -> None:
    """The fortnight's words in the other language, of what is written down instead of tapped."""
    from playwright.sync_api import expect

    words: dict[str, Any] = WORDS["de-DE"]
    box.write("declare", side="left", place="behind", reference_km=30, longest_km=12)
    with phone(box, "de-DE", color_scheme="dark") as (page, troubles):
        assert page.evaluate("document.documentElement.lang") == "de"
        expect(page.locator(".headline")).to_contain_text(words["first"])
        note_run(box, page, 1, "5,0", 7, 5)
        expect(page.locator("#plan")).to_contain_text(words["too_much"])
        show(box, page, 2, 8)
        expect(page.locator(".headline")).to_contain_text(words["rest"])
        page.locator("#flags").click()
        page.get_by_role("button", name=words["calf"]).click()
        expect(page.locator(".flags-answer")).to_contain_text(words["answer"])
        page.locator(".flags-close").click()
        expect(page.locator(".stop .headline")).to_contain_text(words["answer"])
        assert troubles == []


COUNT_TAPS = "window.taps = 0; addEventListener('click', () => (window.taps += 1), true);"


def test_a_run_is_answered_with_six_taps_at_most_and_none_of_them_opens_a_keyboard(box: Box) -> None:
    from playwright.sync_api import expect

    box.write("declare", side="left", place="behind", reference_km=30, longest_km=12)
    run = box.write("manual_run", km=5, minutes=31, start="2026-11-02T06:00:00")
    with phone(box, "en-GB") as (page, troubles):
        page.wait_for_selector(".due")
        page.evaluate(COUNT_TAPS)
        page.locator(".due a").first.click()
        expect(page.locator("button.save")).to_be_disabled()
        rate(page, 0, 2)
        rate(page, 1, 1)
        page.locator(".leg button").nth(4).click()  # the calf, this time
        assert page.evaluate("document.activeElement.tagName") != "INPUT"
        save(page)
        expect(page.locator("#plan")).to_contain_text("You have run today.")
        assert page.evaluate("window.taps") <= MOST_TAPS
        assert troubles == []
    answer = box.lines()[-1]
    assert (answer["session"], answer["during"], answer["now"]) == (run, 2, 1)
    assert (answer["side"], answer["place"]) == ("left", "calf")


def test_save_stays_in_sight_once_the_two_numbers_are_tapped(box: Box) -> None:
    from playwright.sync_api import expect

    box.write("declare", side="left", place="behind", reference_km=30, longest_km=12)
    box.write("manual_run", km=5, minutes=31, start="2026-11-02T06:00:00")
    with phone(box, "en-GB") as (page, _):
        page.locator(".due a").first.click()
        rate(page, 0, 2)
        rate(page, 1, 1)
        expect(page.locator("button.save")).to_be_in_viewport(ratio=1)


def test_a_longer_run_is_asked_about_and_the_calendar_is_taken_along(box: Box) -> None:
    from playwright.sync_api import expect

    box.write("declare", side="left", place="behind", reference_km=30, longest_km=12)
    with phone(box, "de-DE") as (page, troubles):
        page.get_by_text("Du hast mehr vor?").click()
        page.locator(".planned input").fill("9,5")
        page.locator(".planned button").click()
        expect(page.locator("#plan")).to_contain_text("9,5 km sind mehr, als heute erlaubt ist: 6,0 km.")
        show(box, page, 0, 12, "calendar")
        page.locator(".day.coming").first.click()
        expect(page.locator(".day-detail")).to_contain_text("Pause")
        with page.expect_download() as file:
            page.get_by_text("In den Kalender deines Telefons").click()
        assert file.value.suggested_filename == "running-plan.ics"
        assert troubles == []


def test_buttons_are_large_enough_for_a_thumb(box: Box) -> None:
    box.write("declare", side="left", place="behind", reference_km=30, longest_km=12)
    box.write("manual_run", km=5, minutes=31)
    with phone(box, "en-GB") as (page, _):
        for view in ("after", "morning", "weekly", "manual_run"):
            show(box, page, 0, 12, view)
            sizes = page.evaluate(
                "[...document.querySelectorAll('#plan button')].filter((b) => b.checkVisibility())"
                ".map((b) => [b.offsetWidth, b.offsetHeight])"
            )
            assert len(sizes) >= 3
            assert all(width >= 44 and height >= 44 for width, height in sizes), view


@pytest.mark.parametrize("path", ["/", "/review", "/plan"])
def test_the_answer_to_a_red_flag_is_one_tap_away_and_needs_no_link(box: Box, path: str) -> None:
    from playwright.sync_api import expect

    with phone(box, "en-GB") as (page, _):
        with page.expect_response("**/api/v1/plan/flags*"):
            page.goto(f"{box.url}{path}")
        page.wait_for_timeout(200)
        page.route("**/api/**", lambda route: route.abort())
        page.locator("#flags").click()
        page.get_by_role("button", name="Chest pain").click()
        expect(page.locator(".flags-answer")).to_have_text(
            "Stop running and call 112 now. This needs to be looked at right away."
        )
        expect(page.locator(".flags-kept")).to_contain_text("could not be written down")
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
        if path == "/":
            expect(page.locator("#stop")).to_contain_text("call 112 now")
    assert box.lines() == []


def test_a_red_flag_that_was_a_mistake_is_taken_back(box: Box) -> None:
    from playwright.sync_api import expect

    box.write("declare", side="left", place="behind", reference_km=30, longest_km=12)
    with phone(box, "en-GB") as (page, troubles):
        page.locator("#flags").click()
        page.get_by_role("button", name="A knee that is locked").click()
        page.wait_for_selector(".flags-kept button")
        box.set_clock(0, 7, 5)
        page.locator(".flags-kept button").click()
        expect(page.locator("#red-flags")).not_to_be_visible()
        expect(page.locator(".headline")).to_contain_text("Today: up to 6.0 km")
        assert troubles == []


def test_an_entry_is_corrected_and_another_taken_back(box: Box) -> None:
    from playwright.sync_api import expect

    box.write("declare", side="left", place="behind", reference_km=30, longest_km=12)
    run = box.write("manual_run", km=5, minutes=31)
    box.write("after", session=run, during=6, now=2)
    box.write("morning", pain=3)
    with phone(box, "en-GB") as (page, troubles):
        show(box, page, 0, 20, "diary")
        page.locator(".written", has_text="After a run").get_by_text("Correct").click()
        page.wait_for_selector(".scale button[aria-pressed=true]")
        rate(page, 0, 2)
        save(page)
        expect(page.locator(".written", has_text="After a run")).to_contain_text("during 2, after 2")
        box.set_clock(0, 20, 1)
        morning = page.locator(".written", has_text="Morning").get_by_role("button")
        morning.click()
        expect(morning).to_have_text("Really take it back?")
        morning.click()
        expect(page.locator(".written", has_text="Morning")).to_have_count(0)
        assert troubles == []


def test_sets_and_tests_of_strength_and_a_pair_of_shoes_are_noted(box: Box) -> None:
    from playwright.sync_api import expect

    box.write("declare", side="left", place="behind", reference_km=30, longest_km=12)
    run = box.write("manual_run", km=5, minutes=31)
    with phone(box, "en-GB") as (page, troubles):
        show(box, page, 0, 12, "strength")
        exercise = page.locator("section:has(.sets)").first
        exercise.locator(".sets button").click()
        expect(exercise.locator(".timer")).to_have_text(re.compile(r"^[12]:\d\d$"))
        exercise.locator(".sets button").click()
        exercise.locator("button.save").click()
        expect(page.locator("section:has(.sets)").first).to_contain_text("2 sets are saved today.")
        test = page.locator("section", has_text="Test: heel raises")
        test.locator("input").nth(0).fill("22")
        test.locator("input").nth(1).fill("20")
        test.locator("button.save").click()
        expect(page.locator("button.save:not([hidden]):not([disabled])")).to_have_count(0)

        show(box, page, 0, 13, "shoes/new")
        page.locator("input[type=text]").first.fill("Blue 3")
        page.locator("input[inputmode=decimal]").nth(0).fill("600")
        save(page)
        expect(page.locator(".kilometres")).to_have_text("600 km")
        box.set_clock(0, 13, 1)
        page.locator("select").select_option("Blue 3")
        expect(page.locator(".kilometres")).to_have_text("605 km")
        expect(page.locator("#plan")).to_contain_text("Blue 3 has 605 km")
        assert troubles == []
    lines = box.lines()
    assert [
        (e["sets"], e["exercise"]) for e in lines if e["kind"] == "strength" and not e["benchmark"]
    ] == [(2, "knee_flexion_hold")]
    tests = {(e["side"], e["reps"]) for e in lines if e["kind"] == "strength" and e["benchmark"]}
    assert tests == {("left", 22), ("right", 20)}
    assert lines[-1]["session"] == run


def test_a_coach_reads_that_the_runner_chooses_what_is_shared(box: Box, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    from monitor.core.http_pairing import PairedDevices
    from monitor.core.http_roles import AccessRole

    box.write("declare", side="left", place="behind", reference_km=30, longest_km=12)
    devices = PairedDevices(tmp_path)
    paired = devices.exchange(devices.make_code("coach", AccessRole.COACH, "ann"))
    assert paired is not None
    with opened(WIDTH, HEIGHT, locale="en-GB") as (page, _):
        page.goto(f"{box.url}/plan?token={paired[0]}")
        expect(page.locator("#trouble")).to_contain_text("The log and the plan are the runner's own.")
        expect(page.locator("#plan section")).to_have_count(0)
        asked = list[str]()
        page.on("request", lambda request: asked.append(request.url))
        with page.expect_response("**/api/v1/plan/flags*"):
            page.goto(f"{box.url}/")
        expect(page.locator("#stop")).to_be_hidden()
        page.wait_for_timeout(200)
        assert not [url for url in asked if "/api/v1/plan?" in url]


SHARING = {
    "en-GB": ("What your coach sees", "Share: pain", "Withdraw: pain", "3 days were sent.", "was deleted"),
    "de-DE": (
        "Was dein Coach sieht",
        "Teilen: Schmerz",
        "Zurücknehmen: Schmerz",
        "3 Tage wurden",
        "gelöscht",
    ),
}
RECTS = "buttons => buttons.map(b => b.getBoundingClientRect().height)"


@pytest.mark.parametrize("locale", SHARING)
def test_what_a_coach_sees_is_switched_item_by_item_and_withdrawn(box: Box, locale: str) -> None:
    from playwright.sync_api import expect

    title, share, withdraw, sent, deleted = SHARING[locale]
    box.write("declare", side="left", place="behind", reference_km=30, longest_km=12)
    with phone(box, locale) as (page, troubles):
        show(box, page, 0, 12, "diary")
        page.get_by_role("link", name=title).click()
        expect(page.locator(".shared-item")).to_have_count(5)
        expect(page.locator(".shared-item button[aria-pressed=true]")).to_have_count(0)
        page.get_by_role("button", name=share, exact=True).click()
        expect(page.get_by_role("status")).to_contain_text(sent)
        expect(page.locator(".shared-item button[aria-pressed=true]")).to_have_count(1)
        assert box.server == [{"pain"}]
        box.set_clock(0, 12, 1)
        page.get_by_role("button", name=withdraw, exact=True).click()
        expect(page.get_by_role("status")).to_contain_text(deleted)
        assert box.server == [{"pain"}, set()]
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
        assert min(page.locator(".shared-item button").evaluate_all(RECTS)) >= 44
        assert troubles == []


def test_of_somebody_under_sixteen_a_guardian_agrees_before_anything_is_shared(box: Box) -> None:
    from playwright.sync_api import expect

    box.keeper = replace(box.keeper, settings=PlanSettings(born_year=MONDAY.year - 14))
    box.app.state.sharing = SharingDesk(keeper=box.keeper, deliver=box.deliver)
    box.app.state.plan = box.keeper
    with phone(box, "en-GB") as (page, troubles):
        show(box, page, 0, 12, "sharing")
        expect(page.locator(".shared-item button:enabled")).to_have_count(0)
        page.get_by_role("button", name="A parent or guardian is here and agrees").click()
        page.get_by_role("button", name="Share: phase").click()
        expect(page.get_by_role("status")).to_contain_text("3 days were sent.")
        assert [line["guardian"] for line in box.lines()] == [True]
        assert troubles == []


def test_what_changed_over_a_pairs_life_stands_with_the_pair(box: Box) -> None:
    from playwright.sync_api import expect

    contacts = [240.0, 242.0, 238.0, 241.0, 239.0, 250.0, 252.0, 248.0, 251.0, 249.0]
    box.write("shoe", shoe="blue", model="Pegasus 41", default=True)
    box.write("shoe", shoe="red", model="Ride")
    with Store(box.keeper.folder / "gaitcue.db") as store:
        for k, contact_ms in enumerate(contacts):
            keep_run(store, MONDAY.date() + datetime.timedelta(days=2 * k), contact_ms, 20.5)
    with phone(box, "en-GB") as (page, troubles):
        show(box, page, 30, 12, "shoes")
        expect(page.locator("section.shoe", has_text="Pegasus")).to_contain_text(
            "Ground contact time: 4.1 ± 1.0 % more in the last 100 km than in the first (5 and 5 runs)"
        )
        expect(page.locator("section.shoe", has_text="Ride")).not_to_contain_text("first")
        expect(page.locator("#plan")).to_contain_text("this says what changed, not why")
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
        assert troubles == []
