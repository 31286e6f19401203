"""Files from release sites: reachability, resumed transfers, published digests."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from phaseline.core.errors import Interrupted, Unreachable, UntrustedDownload
from phaseline.core.files import digest_sha256
from phaseline.process.groups import pause, stopping
from phaseline.tools.heartbeat import heartbeat

if TYPE_CHECKING:
    import httpx

QUICK = 3.0
STALL = 10.0
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
    transfer = _Transfer(url, target)
    try:
        with heartbeat(transfer.describe):
            _retrying(transfer)
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


class _Transfer:
    """One file on its way; what has come is kept, so that another attempt goes on from there."""

    def __init__(self, url: str, target: Path) -> None:
        self.url, self.target = url, target
        self.have = self.length = 0

    def __call__(self) -> None:
        import httpx

        self.have = self.target.stat().st_size if self.target.exists() else 0
        asked = {"Range": f"bytes={self.have}-"} if self.have else {}
        try:
            with _client(STALL) as client, client.stream("GET", self.url, headers=asked) as answer:
                self._take(answer)
        except httpx.HTTPError as error:
            raise _Broken(f"{self.url}: {error or type(error).__name__}") from error

    def _take(self, response: httpx.Response) -> None:
        if response.status_code == 416:  # what is there is no beginning of this file
            self.target.unlink()
            raise _Broken(f"{self.url} cannot be resumed")
        _require_success(response)
        if response.status_code != 206:
            self.have = 0
        rest = response.headers.get("Content-Length", "")
        self.length = self.have + int(rest) if rest.isdecimal() else 0
        with self.target.open("ab" if self.have else "wb") as stream:
            for chunk in response.iter_raw():
                stream.write(chunk)
                self.have += len(chunk)
                if stopping():
                    raise Interrupted("the download was stopped")

    def describe(self, seconds: float) -> str:
        """How far it is."""
        whole = f" of {self.length / 1e6:.1f}" if self.length else ""
        name = self.url.rpartition("/")[2]
        return f"downloading {name}: {self.have / 1e6:.1f}{whole} MB, {seconds:.0f} s"
