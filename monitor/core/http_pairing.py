"""Devices that may see the page: each with a token of its own, which can be taken away again.

The runner makes a one-time code; the device gives it back and gets its token.  Only hashes are kept, in
``web-devices.json`` (mode 600) of the data folder: codes and tokens are random, so a plain SHA-256 tells
nobody anything.  The file is read at every request that brings such a token, so that what another process
writes (``gaitcue pair``) counts at once; a lock keeps two writers apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.core import json_codec
from monitor.core.errors import StoreError
from monitor.core.file_lock import exclusive_lock
from monitor.core.http_roles import AccessRole, Visitor
from monitor.core.private_files import make_private_folder, write_private_file

DEVICES_FILE = "web-devices.json"
CODE_MINUTES = 10
CODE_TRIES = 5
"""Wrong codes after which all that wait are void: 5 guesses at 40 bits hit once in 200 thousand million."""
RENEW_DAYS = 7
OVERLAP_S = 600.0
"""So long an older token still works after a newer one has come back."""
IDLE_DAYS = 90
"""A device that was away for longer has to be paired anew; as long a browser keeps the cookie."""
MOST_DEVICES = 100
_USED_EVERY_S = 3600.0  # how exactly "last used" is kept
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no 0 O 1 I L, which are misread
_CODE_LETTERS = 8
_LOCKED_S = 5.0  # another process writes for milliseconds


@dataclass(frozen=True, slots=True)
class DeviceToken:
    """One token of a device; ``until_s``: when it ends because a newer one is in use."""

    hashed: str
    made_s: float
    until_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDevice:
    """A device that was let in; times are seconds since 1970."""

    name: str
    role: AccessRole
    athlete: str | None
    made_s: float
    used_s: float
    tokens: tuple[DeviceToken, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCode:
    """A code that waits for its device."""

    hashed: str
    name: str
    role: AccessRole
    athlete: str | None
    until_s: float
    tries: int = CODE_TRIES


@dataclass(frozen=True, slots=True)
class _Book:
    devices: tuple[PairedDevice, ...] = ()
    codes: tuple[WaitingCode, ...] = ()


class PairedDevices:
    """``PairedDevices`` are the devices of one data folder, and the codes that wait for some.

    Every method reads or writes the file, so it blocks.  ``StoreError`` if that fails.
    """

    def __init__(self, folder: Path, now_s: Callable[[], float] = time.time) -> None:
        self._path = folder / DEVICES_FILE
        self._now_s = now_s

    def devices(self) -> Sequence[PairedDevice]:
        """Return all devices that may come in, the oldest first."""
        return self._read().devices

    def make_code(self, name: str, role: AccessRole, athlete: str | None) -> str:
        """Return a new code, good once and for ``CODE_MINUTES``.

        The device that brings it takes the place of one that has the same name.
        """
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LETTERS))
        until_s = self._now_s() + 60 * CODE_MINUTES
        waiting = WaitingCode(hashed=_hashed(code), name=name, role=role, athlete=athlete, until_s=until_s)
        with self._changing() as book:
            others = (c for c in book.codes if c.name != name)
            self._write(replace(book, codes=(*others, waiting)))
        return f"{code[:4]}-{code[4:]}"

    def exchange(self, code: str) -> tuple[str, PairedDevice] | None:
        """Return the token and the device that a code stands for; None for a wrong, used or old one."""
        hashed = _hashed("".join(code.upper().split()).replace("-", ""))
        if not self._read().codes:
            return None
        with self._changing() as book:
            fitting = [c for c in book.codes if hmac.compare_digest(c.hashed, hashed)]
            if not fitting:
                codes = tuple(replace(c, tries=c.tries - 1) for c in book.codes if c.tries > 1)
                self._write(replace(book, codes=codes))
                return None
            token = secrets.token_urlsafe(24)
            device = self._new_device(fitting[0], token)
            others = [d for d in book.devices if d.name != device.name][-(MOST_DEVICES - 1) :]
            codes = tuple(c for c in book.codes if c not in fitting)
            self._write(_Book((*others, device), codes))
        return token, device

    def revoke(self, name: str) -> bool:
        """Remove a device, and a code that waits for it, at once; return whether there was one."""
        with self._changing() as book:
            devices = tuple(d for d in book.devices if d.name != name)
            codes = tuple(c for c in book.codes if c.name != name)
            self._write(_Book(devices, codes))
            return len(devices) + len(codes) < len(book.devices) + len(book.codes)

    def find(self, token: str) -> PairedDevice | None:
        """Return the device with this token, None for a wrong one.

        The first use of a newer token begins the end of the older ones; ``used_s`` is kept to the hour.
        """
        hashed, now_s = _hashed(token), self._now_s()
        known = _device_with(self._read(), hashed)
        if known is None:
            return None
        device, used = known
        older = any(t.made_s < used.made_s and t.until_s is None for t in device.tokens)
        if older or now_s - device.used_s >= _USED_EVERY_S:
            with self._changing() as book:
                if (current := _device_with(book, hashed)) is not None:
                    self._write(_with_device(book, _used_device(*current, now_s)))
        return device

    def is_revoked(self, token: str) -> bool:
        """Return whether no device has this token any more; False while the file of devices is gone."""
        return self._path.exists() and _device_with(self._read(), _hashed(token)) is None

    def renewed(self, token: str) -> str | None:
        """Return a new token for the device with this one, None where it is younger than ``RENEW_DAYS``.

        This one works on until ``OVERLAP_S`` after the new one has come back, so an answer that is lost on
        its way locks nobody out.
        """
        hashed, now_s = _hashed(token), self._now_s()
        known = _device_with(self._read(), hashed)
        if known is None or now_s - known[1].made_s < RENEW_DAYS * 86400:
            return None
        new = secrets.token_urlsafe(24)
        with self._changing() as book:
            current = _device_with(book, hashed)
            if current is None:
                return None
            device, used = current
            newer = [t for t in device.tokens if t.made_s > used.made_s][-2:]
            older = [t for t in device.tokens if t.made_s <= used.made_s]
            tokens = (*older, *newer, DeviceToken(_hashed(new), now_s))
            self._write(_with_device(book, replace(device, tokens=tokens)))
        return new

    def _new_device(self, code: WaitingCode, token: str) -> PairedDevice:
        now_s = self._now_s()
        return PairedDevice(
            name=code.name,
            role=code.role,
            athlete=code.athlete,
            made_s=now_s,
            used_s=now_s,
            tokens=(DeviceToken(_hashed(token), now_s),),
        )

    def _read(self) -> _Book:
        try:
            book = json_codec.from_json(_Book, json_codec.parse_checked(self._path.read_bytes()))
        except FileNotFoundError:
            return _Book()
        except (OSError, ValueError, RecursionError) as exc:
            raise StoreError("error.at", where=self._path, what=exc) from exc
        return _without_old(book, self._now_s())

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_Book]:
        """What is in the file, while nobody else writes it."""
        try:
            make_private_folder(self._path.parent)
        except OSError as exc:
            raise StoreError("error.at", where=self._path, what=exc) from exc
        end_s = time.monotonic() + _LOCKED_S
        while True:
            with exclusive_lock(self._path.with_suffix(".lock")) as alone:
                if alone:
                    yield self._read()
                    return
            if time.monotonic() > end_s:
                raise StoreError("error.pairing_locked", path=self._path)
            time.sleep(0.02)

    def _write(self, book: _Book) -> None:
        write_private_file(self._path, json_codec.checked_json(json_codec.to_json(book)))


async def paired_visitor(devices: PairedDevices, token: str) -> Visitor | None:
    """Return who comes with a device's token, None for a wrong one."""
    device = await asyncio.to_thread(devices.find, token)
    return None if device is None else Visitor(device.name, device.role, device.athlete)


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _device_with(book: _Book, hashed: str) -> tuple[PairedDevice, DeviceToken] | None:
    """The device with this token, all of them compared."""
    found = [(d, t) for d in book.devices for t in d.tokens if hmac.compare_digest(t.hashed, hashed)]
    return found[0] if found else None


def _used_device(device: PairedDevice, used: DeviceToken, now_s: float) -> PairedDevice:
    """The device after one of its tokens was used: those made before it come to their end."""
    tokens = tuple(
        replace(t, until_s=now_s + OVERLAP_S) if t.made_s < used.made_s and t.until_s is None else t
        for t in device.tokens
    )
    return replace(device, used_s=now_s, tokens=tokens)


def _with_device(book: _Book, device: PairedDevice) -> _Book:
    return replace(book, devices=tuple(device if d.name == device.name else d for d in book.devices))


def _without_old(book: _Book, now_s: float) -> _Book:
    codes = tuple(c for c in book.codes if now_s < c.until_s <= now_s + 60 * CODE_MINUTES)
    alive = (d for d in book.devices if now_s - d.used_s < IDLE_DAYS * 86400)
    return _Book(tuple(replace(d, tokens=_tokens_in_force(d, now_s)) for d in alive), codes)


def _tokens_in_force(device: PairedDevice, now_s: float) -> tuple[DeviceToken, ...]:
    return tuple(t for t in device.tokens if t.until_s is None or now_s < t.until_s)
