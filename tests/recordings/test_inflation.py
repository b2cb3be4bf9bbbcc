"""What is packed is inflated no further than its limit, whatever it says of itself."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from monitor.core.errors import InputError
from monitor.recordings.inflation import InflatedFile, inflate_into, open_member, open_zip, zip_error
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
