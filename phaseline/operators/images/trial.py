"""T010: each image runs on its own: read-only, without capabilities, network or privileges."""

from __future__ import annotations

import io
import tarfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.settings import Component, TryOut
from phaseline.core.workspace import Context
from phaseline.operators.images.daemon import connected, discard
from phaseline.operators.images.model import require_image
from phaseline.operators.images.ownership import own_reference
from phaseline.operators.images.pulse import pulse
from phaseline.process import journal
from phaseline.process.groups import pause
from phaseline.process.threads import each

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

START_SECONDS = 20.0
STOP_SECONDS = 2.0
_STOP_AT_MOST = 20.0
_POLL_SECONDS = 0.1
_HEALTH_INTERVAL = 300_000_000  # nanoseconds: what the image says is meant for a long life


def check_runs(context: Context) -> Report:
    """Run each component's image as its `try_out` says, until it works and says so.

    It has a read-only root, no capabilities, no new privileges, a network without anything on it,
    and the memory that `try_out` names. Its log has to hold the words that it should; where the
    image has a health check, that has to succeed; and SIGTERM has to end it in two seconds.

    Raises:
        CheckFailed: it ends early, never gets ready, or does not end when told to.

    What ended too late is tried once more: the machine may have been busy.
    """
    return Report("; ".join(each(partial(_try, context), context.components)))


class EndedLate(CheckFailed):
    """It did not end in time when told to."""


def _try(context: Context, component: Component) -> str:
    if component.try_out is None:
        return f"{component.name}: not tried, pipeline.yaml has no try_out for it"
    try:
        return _once(context, component, component.try_out)
    except EndedLate as late:
        journal.current().line(f"{late.what}; tries once more, the machine may be busy")
        return _once(context, component, component.try_out)


def _once(context: Context, component: Component, how: TryOut) -> str:
    reference = own_reference(context, require_image(context, component.name))
    name = f"{context.workspace.id}-trial-{component.name}"
    with connected() as client:
        discard(client, name)  # one that a killed run left behind
        try:
            container = create(client, name, reference, component, how)
            container.start()
            with pulse(f"tries out {component.name}"):
                ready = _await_words(container, component, how)
                healthy = _await_health(container, component.name)
                stopped, code = _stop(container, component.name)
        finally:
            discard(client, name)
    return (
        f"{component.name}: ready after {ready:.1f} s, {healthy}, "
        f"ended {stopped:.1f} s after SIGTERM with code {code}"
    )


def create(
    client: DockerClient, name: str, image: str, component: Component, how: TryOut
) -> Container:
    """A container of `image` that may do as little as a pod of it, not started yet."""
    owned = f"mode=0700,uid={component.user},gid={component.user}"
    container = client.containers.create(
        image,
        list(how.arguments),
        name=name,
        environment=dict(how.environment),
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        network_mode="none",
        mem_limit=f"{how.memory_mb}m",
        memswap_limit=f"{how.memory_mb}m",
        healthcheck={"interval": _HEALTH_INTERVAL},
        tmpfs={"/tmp": "mode=1777", **dict.fromkeys(how.folders, owned)},  # noqa: S108
        volumes=sorted({str(PurePosixPath(path).parent) for path in how.files}),
    )
    for path, content in how.files.items():
        container.put_archive(str(PurePosixPath(path).parent), _packed(path, content))
    return container


def _packed(path: str, content: str) -> bytes:
    buffer, data = io.BytesIO(), content.encode()
    header = tarfile.TarInfo(PurePosixPath(path).name)
    header.size, header.mode = len(data), 0o444
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(header, io.BytesIO(data))
    return buffer.getvalue()


def _await_words(container: Container, component: Component, how: TryOut) -> float:
    """Seconds until the container's log holds the words that it should."""
    started = time.monotonic()
    while True:
        running, log = _look(container)
        waited = time.monotonic() - started
        if not running:
            raise _ended(container, component.name, how, log)
        if how.logs in log:
            return waited
        if waited > START_SECONDS:
            raise CheckFailed(
                f"{component.name} did not log {how.logs!r} within {START_SECONDS:.0f} s",
                why=_tail(log),
            )
        pause(_POLL_SECONDS)


def _ended(container: Container, name: str, how: TryOut, log: str) -> CheckFailed:
    state = container.attrs["State"]
    if state["OOMKilled"]:
        return CheckFailed(
            f"{name} needs more than its {how.memory_mb} MB and was killed by the kernel",
            why=_tail(log),
            fix="raise try_out.memory_mb in pipeline.yaml, and the chart's limit with it",
        )
    return CheckFailed(f"{name} ended with code {state['ExitCode']} when tried out", why=_tail(log))


def _await_health(container: Container, name: str) -> str:
    """Wait until the image's own health check succeeds; how long that took, in words."""
    started = time.monotonic()
    while time.monotonic() - started < START_SECONDS:
        running, log = _look(container)
        health = container.attrs["State"].get("Health")
        if not health:
            return "without a health check"
        if health["Status"] == "healthy":
            return f"healthy {time.monotonic() - started:.1f} s later"
        if not running or health["Status"] == "unhealthy":
            told = [one["Output"].strip() for one in health["Log"] or ()]
            raise CheckFailed(
                f"the health check of {name} fails",
                why="\n".join([*told[-1:], _tail(log)]),
                fix="see that its program is in the image, and that it asks the port that is open",
            )
        pause(_POLL_SECONDS)
    raise CheckFailed(f"{name} did not become healthy within {START_SECONDS:.0f} s")


def _look(container: Container) -> tuple[bool, str]:
    """Whether it runs, then its log: in this order, so that the log of one that ended is whole."""
    container.reload()
    running = container.status in ("created", "running")
    return running, container.logs().decode(errors="replace")


def _stop(container: Container, name: str) -> tuple[float, int]:
    """Send SIGTERM; returns the seconds until it ended and its exit code.

    Seconds in which this machine kept programs waiting for a processor do not count, up to a limit.
    """
    container.kill("SIGTERM")
    started, kept_waiting = time.monotonic(), _kept_waiting()
    while (passed := time.monotonic() - started) < _STOP_AT_MOST:
        if not _look(container)[0]:
            return time.monotonic() - started, int(container.attrs["State"]["ExitCode"])
        if passed - (_kept_waiting() - kept_waiting) > STOP_SECONDS:
            break
        pause(_POLL_SECONDS)
    raise EndedLate(
        f"{name} still runs {passed:.0f} s after SIGTERM",
        why="a pod that does so is killed at the end of its grace period, with its work undone",
        fix="let its first process handle SIGTERM",
    )


def _kept_waiting() -> float:
    """Seconds, since the machine started, in which a program waited for a processor; 0 if untold.

    https://docs.kernel.org/accounting/psi.html
    """
    with suppress(OSError):
        some = Path("/proc/pressure/cpu").read_text().splitlines()[0]
        return int(some.rpartition("=")[2]) / 1_000_000
    return 0.0


def _tail(log: str) -> str:
    return "\n".join(log.strip().splitlines()[-10:]) or "its log is empty"
