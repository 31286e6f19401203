"""mmdebstrap: Debian packages, unpacked into a tar without running their scripts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from phaseline.process.command import Command

# mmdebstrap leaves the archives in: their names carry the exact versions. apt's own caches of
# them would only be written to be thrown away.
_NO_CACHES = 'Dir::Cache::pkgcache "";Dir::Cache::srcpkgcache ""'


def extract(
    packages: Sequence[str],
    suite: str,
    target: Path,
    *,
    sources: Sequence[Path] = (),
    proxies: Sequence[str] = (),
    epoch: int,
    timeout: float = 900.0,
) -> Command:
    """Unpack `packages` and what they depend on into the tar `target`.

    Args:
        sources: files in the form of sources.list(5) or deb822; none means Debian's own archive
            with its updates and security fixes.
        proxies: apt settings, such as `Acquire::http::Proxy "…"`.
        epoch: no file is dated later, in seconds since 1970.
    """
    options = [_NO_CACHES, *proxies]
    return Command(
        argv=(
            "mmdebstrap",
            "--variant=extract",
            f"--mode={'root' if os.geteuid() == 0 else 'unshare'}",
            "--format=tar",
            "--skip=cleanup/apt/cache",
            f"--include={','.join(packages)}",
            *(f"--aptopt={option}" for option in options),
            suite,
            str(target),
            *(str(source) for source in sources),
        ),
        # Its own folder lies beside the result: what a killed run leaves is found there.
        env={"SOURCE_DATE_EPOCH": str(epoch), "TMPDIR": str(target.parent)},
        timeout=timeout,
    )


def proxy_settings(timeout: float = 10.0) -> Command:
    """Ask apt for this machine's proxies; the answer's lines are apt settings."""
    return Command(argv=("apt-config", "dump", "Acquire::http", "Acquire::https"), timeout=timeout)


def parse_proxies(text: str) -> tuple[str, ...]:
    """The lines of `apt-config dump` that set a proxy, without the closing semicolon."""
    lines = (line.strip().rstrip(";") for line in text.splitlines())
    return tuple(line for line in lines if "::proxy" in line.lower() and not line.endswith('""'))
