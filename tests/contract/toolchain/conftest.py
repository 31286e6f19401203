"""A machine of the tests' own: an empty PATH and cache, and a release site to fetch from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from phaseline.process import journal
from phaseline.tools import downloads
from tests.contract.toolchain.site import Site, serve
from tests.contract.toolchain.stand_ins import Said


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    server = serve(site)
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture
def said() -> Iterator[Said]:
    said = Said()
    journal.listen(said)
    yield said
    journal.listen(Said())


@pytest.fixture
def programs(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; it is empty, and the cache is too."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PHASELINE_RELEASES", site.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    downloads.forget()
    return folder


@pytest.fixture
def helm_cache(tmp_path: Path, programs: Path) -> Path:
    return tmp_path / "cache" / "phaseline" / "tools" / "helm"
