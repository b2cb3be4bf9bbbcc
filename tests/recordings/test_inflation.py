"""What is packed is inflated no further than its limit, whatever it says of itself."""

from __future__ import annotations

import gzip
import io
import lzma
import random
import zipfile

import pytest

from monitor.core.errors import InputError
from monitor.recordings.inflation import (
    InflatedFile,
    inflate_into,
    largest_inflated,
    open_member,
    open_xz,
    open_zip,
    zip_error,
)
from tests.track_bytes import zip_of


def member_of(data: bytes) -> tuple[zipfile.ZipFile, zipfile.ZipInfo]:
    packed = open_zip(io.BytesIO(data))
    return packed, packed.infolist()[0]


def test_a_member_comes_whole_up_to_its_limit() -> None:
    packed, member = member_of(zip_of({"a": b"x" * 1000}))
    with open_member(packed, member, 1000) as file:
        assert file.read() == b"x" * 1000
    with pytest.raises(InputError, match="unpacks to more"):
        open_member(packed, member, 999)


def test_what_says_that_it_is_small_is_counted_all_the_same() -> None:
    data = bytearray(zip_of({"a": b"x" * 5_000_000}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")  # the size that the list of members gives
    packed, member = member_of(bytes(data))
    with pytest.raises(InputError), open_member(packed, member, 1000) as file:
        inflate_into(file, io.BytesIO())
    bomb = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(bytes(10_000_000))))
    out = io.BytesIO()
    with pytest.raises(InputError, match="unpacks to more"):
        inflate_into(io.BufferedReader(InflatedFile(bomb, 3_000_000, zip_error)), out)
    assert out.tell() <= 3_000_000


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_inflate_without_a_limit_are_not_begun(method: int) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as packed:
        packed.writestr("a", b"x")
    with pytest.raises(InputError, match="another way"):
        open_member(*member_of(data.getvalue()), 1000)


def test_damage_names_the_place() -> None:
    data = bytearray(zip_of({"a": bytes(range(256)) * 40}))
    data[60:70] = bytes(10)
    packed, member = member_of(bytes(data))
    with (
        pytest.raises(InputError, match="here: is damaged"),
        open_member(packed, member, 10**6, "here") as file,
    ):
        file.read()


def test_an_xz_file_comes_whole_up_to_its_limit() -> None:
    data = bytes(range(256)) * 20_000
    packed = lzma.compress(data, preset=1)
    assert open_xz(io.BytesIO(packed), len(data), zip_error).read() == data
    with pytest.raises(InputError, match="unpacks to more"):
        open_xz(io.BytesIO(packed), len(data) - 1, zip_error).read()
    out = io.BytesIO()
    with pytest.raises(InputError, match="unpacks to more"):
        inflate_into(open_xz(io.BytesIO(lzma.compress(bytes(50_000_000))), 3_000_000, zip_error), out)
    assert out.tell() <= 3_000_000


@pytest.mark.parametrize("cut", [10, 1000, -1])
def test_an_xz_file_that_is_cut_is_damaged(cut: int) -> None:
    with pytest.raises(InputError, match="is damaged"):
        open_xz(io.BytesIO(lzma.compress(random.Random(1).randbytes(5000))[:cut]), 10**6, zip_error).read()


def test_an_xz_file_that_wants_much_memory_is_refused() -> None:
    greedy = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 500_000_000}]
    packed = lzma.compress(b"x", filters=greedy)
    with pytest.raises(InputError, match="Memory"):
        open_xz(io.BytesIO(packed), 10**6, zip_error).read()


def test_a_packed_file_may_be_so_many_times_as_large_as_itself() -> None:
    sizes = (100, 10_000_000, 10**9)
    assert [largest_inflated(size) for size in sizes] == [10**9, 3 * 10**9, 2 * 10**10]
