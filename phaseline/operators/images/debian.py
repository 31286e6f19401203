"""Base images from Debian packages, where no image registry can be reached."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from phaseline.core.errors import CommandFailed, HostUnfit, Unreachable
from phaseline.core.files import digest_text, locked, write_atomic
from phaseline.core.settings import Base
from phaseline.core.workspace import cache_folder
from phaseline.operators.images import rootfs
from phaseline.operators.images.archive import architecture, write_archive
from phaseline.operators.images.draft import draft
from phaseline.operators.images.pulse import pulse
from phaseline.process import journal
from phaseline.process.run import run
from phaseline.tools import mmdebstrap, toolchain

SUITE = "bookworm"
FORMAT = "2"  # raise it when what rootfs or archive write changes
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))


class Sheet(BaseModel):
    """What lies beside a cached archive: its image's ID, its packages' versions, its date."""

    id: str
    packages: dict[str, str]
    made: str


@dataclass(frozen=True)
class Cached:
    """A base image in the cache, ready for `docker load`."""

    archive: Path
    reference: str
    sheet: Sheet


def key(base: Base) -> str:
    """The digest of all that decides what the image holds, save for the packages' versions."""
    wanted = base.model_dump_json(exclude={"upstream"})
    return digest_text(FORMAT, SUITE, architecture(), wanted)


def make(name: str, base: Base, purpose: str) -> Cached:
    """The base image `name` from the cache, made first where it is not there.

    Raises:
        Unreachable: the packages cannot be fetched; `purpose` says why they are needed.
        HostUnfit: this machine cannot check the packages' signatures.
    """
    digest = key(base)
    archive = cache_folder() / "bases" / f"{name}-{digest[:16]}.tar"
    reference = f"localhost/phaseline/base-{name}:{digest[:12]}"
    lock = archive.with_suffix(".lock")
    with locked(lock, f"make base {name}", wait_seconds=900.0, waiting=_wait):
        sheet = archive.with_suffix(".json")
        if not (archive.exists() and sheet.exists()):
            _make(name, base, archive, reference, purpose)
        return Cached(archive, reference, Sheet.model_validate_json(sheet.read_text()))


def _wait(holder: str) -> None:
    journal.progress(f"waits for {holder}")


def _make(name: str, base: Base, archive: Path, reference: str, purpose: str) -> None:
    toolchain.ensure("mmdebstrap")
    with draft(archive.with_suffix(".draft")) as folder:
        with pulse(f"fetches Debian packages for base {name}"):
            _unpack(name, base, folder / "unpacked.tar", purpose)
        with pulse(f"packs base {name}"):
            packages = rootfs.assemble(folder / "unpacked.tar", base, folder / "layer.tar")
            identity = write_archive(folder / "layer.tar", reference, folder / "image.tar")
        made = datetime.now(UTC).isoformat(timespec="seconds")
        sheet = Sheet(id=identity, packages=packages, made=made)
        # The archive first, and the sheet that vouches for it last.
        archive.with_suffix(".json").unlink(missing_ok=True)
        (folder / "image.tar").replace(archive)
        write_atomic(archive.with_suffix(".json"), sheet.model_dump_json(indent=2))


def _unpack(name: str, base: Base, target: Path, purpose: str) -> None:
    sources, proxies = apt_sources(), _proxies()
    command = mmdebstrap.extract(
        base.packages, SUITE, target, sources=sources, proxies=proxies, epoch=rootfs.EPOCH
    )
    tell = journal.current().progress  # lines come from threads that have no journal
    try:
        run(command, lambda line: tell(f"base {name}: {line.removeprefix('I: ')}"))
    except CommandFailed as error:
        raise Unreachable(
            f"the base image {name} cannot be had",
            why=f"{purpose}; and its Debian packages could not be fetched: {error.why}",
            fix="give this machine a way to an image registry or a Debian archive, and run again",
        ) from error


def apt_sources() -> tuple[Path, ...]:
    """This machine's own package sources where it runs the same Debian, else none (the default).

    Raises:
        HostUnfit: another system without Debian's keys.
    """
    system = platform.freedesktop_os_release()
    if system.get("ID") == "debian" and system.get("VERSION_CODENAME") == SUITE:
        return tuple(path for path in _SOURCES if path.exists() and path.read_text().strip())
    if not KEYRING.exists():
        raise HostUnfit(
            "Debian packages cannot be checked here",
            why=f"{KEYRING} is absent",
            fix="install the package debian-archive-keyring",
        )
    return ()


def _proxies() -> tuple[str, ...]:
    if shutil.which("apt-config") is None:
        return ()
    return mmdebstrap.parse_proxies(run(mmdebstrap.proxy_settings()).stdout)
