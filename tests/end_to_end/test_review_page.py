"""The review in a real browser: alone as a file without a network, and as a tab that can be worked with."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from dsp.foot_paths import POINTS
from dsp.types import Band, Cue, CueKind, Fault, Side
from monitor.core.http_pairing import PairedDevices
from monitor.core.http_roles import AccessRole
from monitor.core.message_catalogues import Language, catalogue
from monitor.review.block_statistics import Mean
from monitor.review.foot_drawing import FootPath, FootThird
from monitor.review.rendered_json import rendered_json
from monitor.review.report import build_review, session_review
from monitor.simulation.simulated_runner import simulated_recording
from monitor.storage.backup import DATABASE
from monitor.storage.import_recording import import_recording
from monitor.storage.session_info import StepColumns
from monitor.storage.store import Store
from monitor.web.baseline_file import write_baseline_chart
from monitor.web.review_file import write_review
from tests.end_to_end.browser import shared_browser
from tests.end_to_end.review_tab import review_tab
from tests.end_to_end.test_sessions import address, home, start, with_token
from tests.review.test_baseline_chart import view
from tests.review.test_feedback_text import LEVELS
from tests.review.test_report import a_run
from tests.storage_of_files import copy_store

NOON = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)
__all__ = ["home"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with Store(folder / DATABASE) as store:
        info = import_recording(store, folder, simulated_recording(130.0), "me", NOON)
        cue = Cue(
            60.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 163.0, 172.0, "cadence_low", 63.0
        )
        store.write(info.id, [Band(10.0, "cadence_spm", 172.0, 168.0, 176.0), cue])
    return folder


@pytest.fixture
def kept(home: Path, made: Path) -> str:
    with Store(copy_store(made, home) / DATABASE) as store:
        return store.sessions()[0].id


@pytest.fixture
def file(home: Path, kept: str) -> Path:
    with Store(home / DATABASE) as store:
        write_review(session_review(store, kept), home / "review.html")
    return home / "review.html"


@contextlib.contextmanager
def opened(width: int, height: int, **more: Any) -> Iterator[tuple[Any, list[str]]]:
    """A page, and what it complained about."""
    with (
        shared_browser() as browser,
        browser.new_context(viewport={"width": width, "height": height}, **more) as context,
    ):
        page = context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        yield page, troubles


@pytest.mark.parametrize("size", [(390, 844), (1366, 768)])
def test_the_file_shows_everything_without_a_network(file: Path, size: tuple[int, int]) -> None:
    from playwright.sync_api import expect

    with opened(*size, offline=True) as (page, troubles):
        page.goto(f"file://{file}")
        page.wait_for_selector("#timeline path.line")
        assert page.locator("h1").inner_text() == "simulated runner"
        assert page.locator(".tile").count() >= 6
        assert "1 cue given." in page.locator("main").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.locator(".tile", has_text="Pace").locator(".tip").focus()
        tile = page.locator(".tile", has_text="Overstride")
        expect(tile).to_contain_text(re.compile(r"\d+\.\d cm.*± \d+\.\d cm"))
        expect(page.locator(".tile", has_text="Pace")).to_contain_text(re.compile(r"\d:\d\d min/km"))
        tip = page.evaluate("getComputedStyle(document.activeElement, '::after').content")
        assert "Average speed while running" in tip
        assert troubles == []


def test_the_run_over_time_is_read_and_looked_into_by_mouse_and_keyboard(file: Path) -> None:
    from playwright.sync_api import expect

    with opened(820, 1200, offline=True) as (page, troubles):
        page.goto(f"file://{file}")
        chart = page.locator("#timeline .chart")
        readings = page.locator("#timeline text.reading")
        box = chart.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 40)
        expect(readings.first).to_contain_text(re.compile(r"^1\d\d steps/min$"))
        cue_x = box["x"] + 46 + 60 / 130 * (box["width"] - 58)
        page.mouse.move(cue_x, box["y"] + 40)
        expect(page.locator(".chart-foot p")).to_contain_text(re.compile(r"1:0\d · quicker steps: "))
        page.mouse.down()
        page.mouse.move(cue_x + 100, box["y"] - 60, steps=4)  # a drag may leave the chart
        expect(chart.locator(".selection")).to_have_count(1)
        page.mouse.up()
        expect(chart.locator(".selection")).to_have_count(0)
        expect(page.get_by_role("button", name="show everything")).to_be_enabled()
        chart.focus()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="show everything")).to_be_disabled()
        page.keyboard.press("Home")
        assert chart.get_attribute("aria-valuenow") == "0"
        page.keyboard.press("ArrowRight")
        assert float(chart.get_attribute("aria-valuenow") or 0) == pytest.approx(130 / 120, abs=0.1)
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        expect(chart.locator(".selection")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="earlier")).to_be_enabled()
        assert "steps/min" in (chart.get_attribute("aria-valuetext") or "")
        assert troubles == []


def both_feet(language: Language) -> list[dict[str, Any]]:
    """Two feet that come 2 cm less high in the last third, as the store would have them."""
    share = np.linspace(0.0, 1.0, POINTS)
    arc = [
        FootThird(
            80, 2.1 * share, high * np.sin(np.pi * share), 0.01 + 0 * share, -60 * np.sin(np.pi * share)
        )
        for high in (0.25, 0.23)
    ]
    means = [Mean(v, 0.004, 80.0) for v in (0.25, 0.23, -0.02)]
    feet = [FootPath(side, arc[0], arc[1], means[0], means[1], means[2], True) for side in Side]
    return list(rendered_json(feet, catalogue(language)))


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> dict[Language, Path]:
    """A review with every table that there is, in both languages."""
    files: dict[Language, Path] = {}
    for language in get_args(Language):
        files[language] = tmp_path_factory.mktemp("long") / "review.html"
        write_full_review(files[language], language, 2400)
    return files


def write_full_review(path: Path, language: Language, seconds: int) -> None:
    """Write the review of a run of noise with every table that there is."""
    rng = np.random.default_rng(3)
    columns = {
        name: level * (1 + 0.05 * np.linspace(0, 1, seconds) + 0.01 * rng.standard_normal(seconds))
        for name, level in LEVELS.items()
    }
    run = a_run(seconds, speed_mps=3.0, slope_pct=0.0, **columns)
    ic_s = np.arange(5.0, seconds - 5, 0.37)
    side = np.where(np.arange(len(ic_s)) % 2 == 0, "L", "R")
    contact = {"contact_ms": 250.0 + 20 * (side == "L") + rng.standard_normal(len(ic_s))}
    cue = Cue(
        600.0, CueKind.CORRECT, Fault.CADENCE_LOW, "cadence_spm", 163.0, 172.0, "cadence_low", 603.0, "cap"
    )
    run = dataclasses.replace(run, bands=[Band(10.0, "cadence_spm", 172.0, 168.0, 176.0)], cues=[cue])
    steps = StepColumns(side, ic_s, ic_s + 0.25, contact)
    report = build_review(run, steps, [run], language=language)
    write_review(report | {"made_anew": [], "feet": both_feet(language)}, path)


@pytest.mark.parametrize("language", get_args(Language))
def test_a_review_of_two_hours_is_a_file_below_600_kb(tmp_path: Path, language: Language) -> None:
    write_full_review(tmp_path / "review.html", language, 7200)
    assert 150_000 < (tmp_path / "review.html").stat().st_size < 600_000


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("width", [360, 390, 820, 1280])
def test_no_table_is_wider_than_the_page(
    long_file: dict[Language, Path], language: Language, width: int
) -> None:
    """A phone shows rows as cards; what stays a table scrolls, and so can be reached with the keyboard."""
    with opened(width, 844, offline=True) as (page, troubles):
        page.goto(f"file://{long_file[language]}")
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert page.locator(".cards").count() >= 3
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        folded = page.evaluate("getComputedStyle(document.querySelector('.cards thead')).display") == "none"
        assert folded == (width < 640)
        for table in page.locator(".scroll").all():
            wider = table.evaluate("(t) => t.scrollWidth > t.clientWidth + 1")
            is_cards = table.locator(".cards").count()
            assert not (folded and is_cards and wider)
            assert table.get_attribute("tabindex") == "0"
        feet = page.locator(".feet figure")
        assert feet.count() == 2
        assert feet.first.locator("path.way").count() == 2
        assert re.search(
            r"25[.,]0 ± 0[.,]4 cm.*23[.,]0.*−2[.,]0 ± 0[.,]4", feet.first.inner_text(), re.DOTALL
        )
        clear = page.locator(".clear").first
        red = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--red')").strip()
        assert clear.evaluate("(e) => getComputedStyle(e).color") == _rgb(red)
        assert troubles == []


def test_the_picture_of_the_own_normal_is_read_in_both_ways(tmp_path: Path) -> None:
    from playwright.sync_api import expect

    write_baseline_chart(view(30), tmp_path / "baseline.html")
    with opened(390, 844, offline=True) as (page, troubles):
        page.goto(f"file://{tmp_path}/baseline.html")
        expect(page.locator("#baseline path.line")).to_have_count(2)
        expect(page.locator("#baseline path.envelope")).to_have_count(2)
        page.locator(".chart").focus()
        page.keyboard.press("ArrowRight")
        reading = re.compile(r"^\d\.\d\d m/s \(\d:\d\d min/km\) · usual cadence .* · target .* steps/min$")
        expect(page.locator(".chart-foot p")).to_have_text(reading)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert troubles == []


def _rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))})"


def test_a_finger_reads_values_and_the_page_still_scrolls(file: Path) -> None:
    with opened(390, 844, offline=True, has_touch=True, is_mobile=True) as (page, troubles):
        page.goto(f"file://{file}")
        chart = page.locator("#timeline .chart")
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box is not None
        page.touchscreen.tap(box["x"] + 200, box["y"] + 30)
        assert "steps/min" in page.locator("#timeline text.reading").first.text_content()
        assert page.evaluate("getComputedStyle(document.querySelector('.chart')).touchAction") != "none"
        page.get_by_role("button", name="zoom in").tap()
        assert page.get_by_role("button", name="zoom out").is_enabled()
        assert troubles == []


def test_the_tab_takes_notes_and_deletes(home: Path, kept: str) -> None:
    from playwright.sync_api import expect

    program = start("review", "--web", "--port", "0")
    try:
        url = with_token(address(program.stdout), home)
        with opened(390, 844) as (page, troubles):
            page.on("dialog", lambda dialog: dialog.accept())
            page.goto(url)
            page.wait_for_selector("#timeline path.line")
            page.fill("form.note input[name=text]", "left knee")
            page.select_option("form.note select", "4")
            page.click("form.note button")
            expect(page.locator("main")).to_contain_text(re.compile(r"Pain 4/10\s*left knee"))
            expect(page.locator(".words")).to_contain_text("pain above 3")
            page.click("#more")
            page.click("text=Delete this run")
            expect(page.locator("main")).to_contain_text("No runs yet")
            assert troubles == []
    finally:
        program.terminate()
        program.communicate()
    with Store(home / DATABASE) as store:
        assert store.sessions() == []


@pytest.mark.parametrize(("role", "reason"), [(AccessRole.READER, "was let in to read"),
                                              (AccessRole.COACH, "as a coach's")])  # fmt: skip
def test_the_tab_offers_a_device_only_what_it_may_do(
    home: Path, kept: str, role: AccessRole, reason: str
) -> None:
    """What its role refuses is not there, and why; what it may do works."""
    from playwright.sync_api import expect

    with Store(home / DATABASE) as store:
        store.add_note(kept, "note", "windy")
    with review_tab(home) as url:
        devices = PairedDevices(home)
        paired = devices.exchange(devices.make_code("tablet", role, None))
        assert paired is not None
        with opened(390, 844, locale="en-GB") as (page, troubles):
            page.goto(f"{url.partition('?')[0]}?token={paired[0]}")
            page.wait_for_selector("#timeline path.line")
            page.click("#more")
            expect(page.locator("#tools")).to_contain_text(reason)
            for refused in (
                "#tools .danger",
                "#tools input[type=file]",
                "input[name=title]",
                "li button.plain",
            ):
                expect(page.locator(refused)).to_have_count(0)
            writes = role is AccessRole.COACH
            expect(page.locator("form.note")).to_have_count(int(writes))
            expect(page.locator("input[name=tags]")).to_have_count(int(writes))
            if writes:
                page.fill("input[name=tags]", "hilly")
                page.click("#tools form button >> nth=0")
                page.fill("form.note input[name=text]", "strong finish")
                page.click("form.note button")
                expect(page.locator("main")).to_contain_text("strong finish")
            page.click("#flags")
            page.locator("#red-flags .flag").first.click()
            expect(page.locator("#red-flags .flags-kept")).to_contain_text("This is not written down")
            assert troubles == []
    with Store(home / DATABASE) as store:
        assert store.session(kept).tags == (("hilly",) if writes else ())
        assert [n.text for n in store.notes(kept)] == ["windy", *(["strong finish"] if writes else [])]
        assert store.session(kept).title == "simulated runner"


def test_tab_and_file_speak_german_where_the_reader_does(home: Path, kept: str) -> None:
    from playwright.sync_api import expect

    with review_tab(home) as url, opened(390, 844, locale="de-DE") as (page, troubles):
        page.goto(url)
        page.wait_for_selector("#timeline path.line")
        expect(page.locator(".words dt").first).to_have_text("Gut gelaufen")
        expect(page.locator(".tile", has_text="Overstride")).to_contain_text(
            re.compile(r"\d+,\d cm.*± \d+,\d cm")
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.click("#more")
        with page.expect_download() as download:
            page.click("text=diese Analyse als Datei")
        page.click("#trends")
        expect(page.locator("h1", has_text="Die letzten 26 Wochen")).to_be_visible()
        assert troubles == []
        saved = home / "saved.html"
        download.value.save_as(saved)
    with opened(390, 844, locale="en-GB", offline=True) as (page, troubles):  # it stays as it was written
        page.goto(f"file://{saved}")
        expect(page.locator(".words dt").first).to_have_text("Gut gelaufen")
        assert page.evaluate("document.documentElement.lang") == "de"
        assert troubles == []
