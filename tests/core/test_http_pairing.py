"""Devices with tokens of their own: let in by a code, renewed by themselves, locked out at once."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from monitor.core.errors import StoreError
from monitor.core.http_pairing import (
    CODE_MINUTES,
    CODE_TRIES,
    DEVICES_FILE,
    IDLE_DAYS,
    OVERLAP_S,
    RENEW_DAYS,
    PairedDevices,
)
from monitor.core.http_roles import AccessRole
from tests.deep import example_count

DAY_S = 86_400.0
NAMES = st.sampled_from(["phone", "tablet", "coach's"])


class Book(PairedDevices):
    """Devices whose clock is the test's."""

    def __init__(self, folder: Path) -> None:
        self.seconds = 1_800_000_000.0
        super().__init__(folder, lambda: self.seconds)

    def paired(self, name: str = "tablet", role: AccessRole = AccessRole.COACH) -> str:
        found = self.exchange(self.make_code(name, role, None))
        assert found is not None
        return found[0]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def test_a_code_is_good_once_and_gives_what_it_was_made_for(book: Book) -> None:
    code = book.make_code("Anna's tablet", AccessRole.COACH, "anna")
    found = book.exchange(code.lower().replace("-", " "))
    assert found is not None
    token, device = found
    assert (device.name, device.role, device.athlete) == ("Anna's tablet", AccessRole.COACH, "anna")
    assert book.exchange(code) is None
    assert book.find(token) == device
    assert book.find(token + "x") is None


def test_a_code_dies_of_age_and_of_wrong_ones(book: Book) -> None:
    code = book.make_code("a", AccessRole.READER, None)
    book.seconds += 60 * CODE_MINUTES
    assert book.exchange(code) is None
    code = book.make_code("a", AccessRole.READER, None)
    for _ in range(CODE_TRIES):
        assert book.exchange("AAAA-AAAA") is None
    assert book.exchange(code) is None


def test_a_clock_that_was_set_back_makes_no_code_live_longer(book: Book) -> None:
    code = book.make_code("a", AccessRole.READER, None)
    book.seconds -= DAY_S
    assert book.exchange(code) is None


def test_neither_codes_nor_tokens_are_in_the_file_and_only_its_owner_reads_it(
    book: Book, tmp_path: Path
) -> None:
    code, token = book.make_code("waiting", AccessRole.READER, None), book.paired()
    text = (tmp_path / DEVICES_FILE).read_text()
    assert "tablet" in text
    for secret in (code, code.replace("-", ""), token):
        assert secret not in text
    assert (tmp_path / DEVICES_FILE).stat().st_mode & 0o777 == 0o600


def test_a_revoked_device_is_out_at_once_in_every_process(book: Book, tmp_path: Path) -> None:
    token, server = book.paired(), Book(tmp_path)
    assert server.find(token) is not None
    assert book.revoke("tablet")
    assert server.find(token) is None
    assert not book.revoke("tablet")


def test_a_device_of_the_same_name_takes_the_place_of_the_old_one(book: Book) -> None:
    old, new = book.paired(), book.paired()
    assert book.find(old) is None
    assert book.find(new) is not None


def test_a_token_is_renewed_after_a_week_and_the_old_one_ends_when_the_new_one_has_come_back(
    book: Book,
) -> None:
    old = book.paired()
    assert book.renewed(old) is None
    book.seconds += RENEW_DAYS * DAY_S
    new = book.renewed(old)
    assert new is not None
    book.seconds += DAY_S
    assert book.find(old) is not None  # the answer with the new one may have been lost
    assert book.find(new) is not None
    book.seconds += OVERLAP_S - 1
    assert book.find(old) is not None
    book.seconds += 1
    assert book.find(old) is None
    assert book.find(new) is not None


def test_answers_that_are_lost_lock_nobody_out(book: Book) -> None:
    token = book.paired()
    for _ in range(20):
        book.seconds += RENEW_DAYS * DAY_S
        assert book.renewed(token) is not None
        assert book.find(token) is not None
    assert len(book.devices()[0].tokens) <= 4


def test_a_device_that_was_away_for_long_is_forgotten(book: Book) -> None:
    token = book.paired()
    book.seconds += IDLE_DAYS * DAY_S - 1
    assert book.find(token) is not None
    book.seconds += IDLE_DAYS * DAY_S - 1
    assert book.find(token) is not None
    book.seconds += IDLE_DAYS * DAY_S
    assert book.find(token) is None


def test_two_devices_with_one_code_get_one_token(book: Book) -> None:
    code, got = book.make_code("a", AccessRole.READER, None), []
    threads = [threading.Thread(target=lambda: got.append(book.exchange(code))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found is not None for found in got) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"devices": 1}', '{"devices": [{}], "codes": []}', "\xff"]
)
def test_a_damaged_file_lets_nobody_in_and_says_so(book: Book, tmp_path: Path, text: str) -> None:
    (tmp_path / DEVICES_FILE).write_text(text, encoding="latin-1")
    with pytest.raises(StoreError, match=DEVICES_FILE):
        book.find("x")


def test_one_wrong_bit_gives_no_device_another_role(book: Book, tmp_path: Path) -> None:
    token = book.paired()
    path = tmp_path / DEVICES_FILE
    sound = path.read_text()
    assert '"role": 2' in sound
    path.write_text(sound.replace('"role": 2', '"role": 3'))
    with pytest.raises(StoreError, match=DEVICES_FILE):
        book.find(token)
    path.write_text(sound.rpartition(', "crc"')[0] + "}")  # as earlier versions wrote it
    assert book.find(token) is not None


class Pairing(RuleBasedStateMachine):
    """Codes and devices in any order, against what may be at each moment."""

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        self.book = Book(Path(self.place.name))
        # Codes are drawn by age: they are random, so their own order is another one at each repetition.
        self.codes: dict[str, tuple[str, float, int]] = {}  # by code: name, when it ends, tries left
        self.spent: list[str] = []
        self.tokens: dict[str, list[str]] = {}  # by name: of the last of them it is certain that it works
        self.ended: set[str] = set()

    def teardown(self) -> None:
        self.place.cleanup()

    @rule(name=NAMES)
    def ask_for_code(self, name: str) -> None:
        self.codes = {code: c for code, c in self.codes.items() if c[0] != name}
        code = self.book.make_code(name, AccessRole.READER, None)
        self.codes[code] = (name, self.book.seconds + 60 * CODE_MINUTES, CODE_TRIES)

    @precondition(lambda self: self.codes)
    @rule(data=st.data())
    def bring_code(self, data: st.DataObject) -> None:
        code = data.draw(st.sampled_from(list(self.codes)))
        name, until_s, _ = self.codes[code]
        found = self.book.exchange(code.lower() if data.draw(st.booleans()) else code)
        if self.book.seconds >= until_s:
            assert found is None
            self._count_guess()
            return
        assert found is not None
        del self.codes[code]
        self.spent.append(code)
        self._end(name)
        self.tokens[name] = [found[0]]

    @rule(text=st.sampled_from(["AAAA-AAAA", "", "-", "\ud800", "x" * 300]))
    def guess(self, text: str) -> None:
        self._guess(text)

    @precondition(lambda self: self.spent)
    @rule(data=st.data())
    def bring_code_again(self, data: st.DataObject) -> None:
        self._guess(data.draw(st.sampled_from(self.spent)))

    @rule(name=NAMES)
    def revoke(self, name: str) -> None:
        was_there = self.book.revoke(name)
        waited = any(c[0] == name and c[1] > self.book.seconds for c in self.codes.values())
        assert was_there == (waited or name in self.tokens)
        self.codes = {code: c for code, c in self.codes.items() if c[0] != name}
        self._end(name)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.tokens)))
        if (token := self.book.renewed(self.tokens[name][-1])) is not None:
            self.tokens[name].append(token)

    @rule(seconds=st.sampled_from([1.0, 300.0, 601.0, 8 * DAY_S]))
    def wait(self, seconds: float) -> None:
        self.book.seconds += seconds

    @invariant()
    def those_that_may_come_in_do_and_nobody_else(self) -> None:
        for name, tokens in self.tokens.items():
            device = self.book.find(tokens[-1])
            assert device is not None
            assert device.name == name
            assert not self.book.is_revoked(tokens[-1])
        assert all(self.book.find(token) is None for token in self.ended)
        assert all(self.book.is_revoked(token) for token in self.ended)
        assert {device.name for device in self.book.devices()} == set(self.tokens)

    def _guess(self, text: str) -> None:
        assert self.book.exchange(text) is None
        self._count_guess()

    def _count_guess(self) -> None:
        alive = {code: c for code, c in self.codes.items() if c[1] > self.book.seconds}
        self.codes = {
            code: (n, until_s, tries - 1) for code, (n, until_s, tries) in alive.items() if tries > 1
        }

    def _end(self, name: str) -> None:
        self.ended.update(self.tokens.pop(name, ()))


Pairing.TestCase.settings = settings(max_examples=example_count(20, 300), stateful_step_count=30)
TestPairing = Pairing.TestCase
