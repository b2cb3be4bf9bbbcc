"""Who tries out tokens has to wait; who is merely out of date has not."""

from __future__ import annotations

from monitor.core.http_guesses import FORGET_S, MOST_ADDRESSES, MOST_GUESSES, WrongTokens


def made() -> tuple[WrongTokens, list[float]]:
    """And the seconds of its clock."""
    seconds = [0.0]
    return WrongTokens(lambda: seconds[0]), seconds


def test_after_so_many_different_tokens_an_address_waits_a_minute() -> None:
    wrong, seconds = made()
    for n in range(MOST_GUESSES):
        assert wrong.wait_s("10.0.0.9") == 0
        wrong.count("10.0.0.9", f"guess {n}")
    assert wrong.wait_s("10.0.0.9") == FORGET_S
    assert wrong.wait_s("10.0.0.8") == 0
    seconds[0] += FORGET_S
    assert wrong.wait_s("10.0.0.9") == 0
    wrong.count("10.0.0.9", "once more")
    assert wrong.wait_s("10.0.0.9") == 0


def test_the_token_of_last_year_counts_once_however_often_it_comes() -> None:
    wrong, _ = made()
    for _ in range(10_000):
        wrong.count("10.0.0.9", "last year's")
    assert wrong.wait_s("10.0.0.9") == 0


def test_an_ipv6_customer_counts_once_with_all_its_addresses() -> None:
    wrong, _ = made()
    for n in range(MOST_GUESSES):
        wrong.count(f"2001:db8:1:2::{n:x}", f"guess {n}")
    assert wrong.wait_s("2001:db8:1:2:ffff::1") > 0
    assert wrong.wait_s("2001:db8:1:3::1") == 0
    for n in range(MOST_GUESSES):
        wrong.count(f"::ffff:10.0.0.{n}", f"guess {n}")
    assert wrong.wait_s("10.0.0.1") == 0


def test_the_table_never_grows_beyond_its_size() -> None:
    wrong, _ = made()
    for n in range(3 * MOST_ADDRESSES):
        wrong.count(f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", "guess")
    assert len(wrong._by_address) == MOST_ADDRESSES
