"""Names of any kind as tokens of a subject, and back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.errors import InputError
from monitor.sinks.hub.subjects import RunAddress, escape_name, parse_subject, unescape_name

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(names)
def test_a_name_comes_back_from_its_token(name: str) -> None:
    token = escape_name(name)
    assert unescape_name(token) == name
    assert re.fullmatch(r"[A-Za-z0-9_=-]+", token)  # a token of a subject, and a key of NATS's stores


@given(names, names, names)
def test_a_run_comes_back_from_its_subject_whatever_stands_before_it(a: str, b: str, c: str) -> None:
    run = RunAddress(a, b, c)
    assert parse_subject(run.subject("packets")) == (run, "packets")
    assert parse_subject("part.12." + run.subject("end")) == (run, "end")


@given(names, names)
def test_two_names_never_make_one_token(a: str, b: str) -> None:
    assert (escape_name(a) == escape_name(b)) == (a == b)


@pytest.mark.parametrize(
    ("name", "token"),
    [("ann", "ann"), ("Läufer e.V.", "L=C3=A4ufer=20e=2EV=2E"), ("a>*=%", "a=3E=2A=3D=25")],
)
def test_what_means_something_to_the_server_is_escaped(name: str, token: str) -> None:
    assert escape_name(name) == token


@pytest.mark.parametrize("token", ["", "a b", "=41", "=zz", "a=", "=C3", "a.b", "%41", "ä"])
def test_a_token_that_no_name_makes_is_refused(token: str) -> None:
    with pytest.raises(InputError):
        unescape_name(token)


@pytest.mark.parametrize("name", ["", "x" * 1001])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        escape_name(name)


def test_a_subject_with_too_few_tokens_is_refused() -> None:
    with pytest.raises(InputError):
        parse_subject("gait.club.packets")
