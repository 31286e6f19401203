"""Files from release sites: reachability, resumed transfers, published digests."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from phaseline.core.errors import Interrupted, Unreachable, UntrustedDownload
from phaseline.core.files import digest_sha256
from phaseline.process import journal
from phaseline.process.run import pause, stopping

if TYPE_CHECKING:
    import httpx

QUICK = 3.0
STALL = 20.0
ATTEMPTS = 4
OVERRIDE = "PHASELINE_RELEASES"

_Answer = TypeVar("_Answer")
_out_of_reach: dict[str, str] = {}


class _Broken(Exception):
    """The transfer ended early or the server has a passing fault: worth another attempt."""


def address(site: str, path: str) -> str:
    """Where `path` of `site` is fetched from.

    `$PHASELINE_RELEASES` names a server that holds the sites as folders (`…/dl.k8s.io/release/…`).
    """
    base = os.environ.get(OVERRIDE)
    return f"{base.rstrip('/')}/{urlsplit(site).netloc}/{path}" if base else f"{site}/{path}"


def require_reachable(url: str, *, any_answer: bool = False) -> None:
    """Ask for the head of `url`, within three seconds; a site that fails once is not asked again.

    Args:
        any_answer: a refusal is an answer too; for servers that serve nothing at `url` itself.

    Raises:
        Unreachable: no connection, no answer in time, or an answer other than success.
    """
    site = urlsplit(url).netloc
    if reason := _out_of_reach.get(site):
        raise Unreachable(f"{site} cannot be reached", why=reason)
    try:
        status = _within(QUICK, lambda: _head(url))
    except _Broken as fault:
        _out_of_reach[site] = str(fault)
        raise Unreachable(f"{site} cannot be reached", why=str(fault)) from None
    if status >= 400 and not any_answer:
        raise Unreachable(f"{site} cannot be reached", why=f"it answers {status} for {url}")


def forget() -> None:
    """Ask sites again that could not be reached before."""
    _out_of_reach.clear()


def published_digest(url: str, file: str) -> str:
    """The sha256 that the checksum file at `url` publishes for `file`, as hex.

    Raises:
        UntrustedDownload: it holds none for that file.
        Unreachable: it could not be had.
    """
    text = _retrying(lambda: _text(url))
    for line in text.splitlines():
        words = line.split()
        named = len(words) == 1 or (len(words) == 2 and words[1].lstrip("*") == file)
        if words and named and re.fullmatch("[0-9a-fA-F]{64}", words[0]):
            return words[0].lower()
    raise UntrustedDownload(
        f"{url} publishes no sha256 of {file}", why=f"it begins with {text[:60]!r}"
    )


def fetch(url: str, target: Path, digest: str) -> None:
    """Download `url` to `target` and check its sha256; broken transfers are resumed.

    Raises:
        UntrustedDownload: the digest is not `digest`; the file was discarded.
        Unreachable: the transfer failed each time.
    """
    try:
        _retrying(lambda: _transfer(url, target))
    except Unreachable:
        target.unlink(missing_ok=True)
        raise
    actual = digest_sha256(target)
    if actual != digest:
        size = target.stat().st_size
        target.unlink()
        raise UntrustedDownload(
            f"{url} is not the file that was published",
            why=f"its sha256 is {actual} ({size:,} bytes), published is {digest}",
            fix="try again; if it stays, the connection or the site is not to be trusted",
        )


def _retrying(work: Callable[[], _Answer]) -> _Answer:
    import tenacity

    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_Broken),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_exponential(multiplier=0.3, max=3),
        sleep=pause,
        reraise=True,
    )
    try:
        return attempts(work)
    except _Broken as fault:
        raise Unreachable(f"a download failed {ATTEMPTS} times", why=str(fault)) from None


def _client(timeout: float) -> httpx.Client:
    import httpx

    # Compressed in transit, a file could be neither resumed nor counted.
    plain = {"Accept-Encoding": "identity"}
    return httpx.Client(follow_redirects=True, timeout=timeout, headers=plain)


def _head(url: str) -> int:
    import httpx

    try:
        with _client(QUICK) as client:
            return client.head(url).status_code
    except httpx.HTTPError as error:
        raise _Broken(str(error) or type(error).__name__) from error


def _within(seconds: float, work: Callable[[], _Answer]) -> _Answer:
    """Run `work` for at most `seconds`: name resolution has no time limit of its own."""
    answers: list[_Answer] = []
    faults: list[_Broken] = []

    def attempt() -> None:
        try:
            answers.append(work())
        except _Broken as fault:
            faults.append(fault)

    thread = threading.Thread(target=attempt, name="reach", daemon=True)
    thread.start()
    thread.join(seconds)
    if answers:
        return answers[0]
    raise faults[0] if faults else _Broken(f"no answer within {seconds:.0f} s")


def _text(url: str) -> str:
    import httpx

    try:
        with _client(STALL) as client:
            response = client.get(url)
    except httpx.HTTPError as error:
        raise _Broken(f"{url}: {error or type(error).__name__}") from error
    _require_success(response)
    return response.text


def _require_success(response: httpx.Response) -> None:
    status = response.status_code
    if status == 429 or status >= 500:
        raise _Broken(f"{response.url} answers {status}")
    if status >= 400:
        raise Unreachable(f"{response.url} cannot be had", why=f"the answer is {status}")


def _transfer(url: str, target: Path) -> None:
    import httpx

    have = target.stat().st_size if target.exists() else 0
    asked = {"Range": f"bytes={have}-"} if have else {}
    try:
        with _client(STALL) as client, client.stream("GET", url, headers=asked) as response:
            if response.status_code == 416:  # the part is no beginning of this file
                target.unlink()
                raise _Broken(f"{url} cannot be resumed")
            _require_success(response)
            _receive(response, target, have if response.status_code == 206 else 0)
    except httpx.HTTPError as error:
        raise _Broken(f"{url}: {error or type(error).__name__}") from error


def _receive(response: httpx.Response, target: Path, have: int) -> None:
    length = 0
    with suppress(ValueError):
        length = have + int(response.headers.get("Content-Length", ""))
    name, said = Path(response.url.path).name, 0.0
    with target.open("ab" if have else "wb") as stream:
        for chunk in response.iter_raw(1 << 18):
            stream.write(chunk)
            have += len(chunk)
            if stopping():
                raise Interrupted("the download was stopped")
            if time.monotonic() - said > 1.0:
                journal.progress(f"downloading {name}: {_amount(have, length)}")
                said = time.monotonic()


def _amount(have: int, length: int) -> str:
    whole = f" of {length / 1e6:.1f}" if length else ""
    return f"{have / 1e6:.1f}{whole} MB"
