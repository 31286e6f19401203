"""The running application: its addresses, its replicas, its past, its logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.acts import change
from phaseline.cli.edge import context, say, told
from phaseline.cli.task import JSON, make_task, whole_number
from phaseline.engine.graph import Graph

_COMPONENT = "its name in pipeline.yaml"


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name."""
    found = {
        "addresses": _addresses(folder),
        "check": _check(folder),
        "history": _history(folder),
        "logs": _logs(folder),
        "open": _open(folder),
        "rollback": _rollback(folder),
        "scale": _scale(folder),
        "update": _update(folder),
    }
    return {f"app.{name}": task for name, task in found.items()}


def _addresses(folder: Path) -> Task[Any]:
    def addresses(c: object, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.addresses(context(folder), as_json=json)

    return make_task(addresses, "Where the application answers.", JSON, "app.addresses --json")


def _check(folder: Path) -> Task[Any]:
    def check(c: object, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.application(context(folder), as_json=json)

    text = "Whether the application is well, asked now: pods, images, Services, journeys."
    return make_task(check, text, JSON, "app.check --json")


def _history(folder: Path) -> Task[Any]:
    def history(c: object, json: bool = False) -> int:
        from phaseline.cli.words import show
        from phaseline.operators.deployments import operations

        return show(operations.history(context(folder)), as_json=json)

    return make_task(history, "The release's revisions.", JSON, "app.history")


def _logs(folder: Path) -> Task[Any]:
    def logs(c: object, component: str, lines: str = "50", follow: bool = False) -> int:
        from phaseline.operators.deployments import operations

        kept = whole_number("--lines", lines, least=0)
        operations.logs(context(folder), component, say, lines=kept, follow=follow)
        return 0

    help_ = {
        "component": _COMPONENT,
        "lines": "how many of each pod, from the end (default 50)",
        "follow": "go on with what is written; Ctrl-C ends it",
    }
    text = "What the pods of a component have written last."
    return make_task(logs, text, help_, "app.logs backend --follow")


def _open(folder: Path) -> Task[Any]:
    def open_(c: object, name: str = "") -> int:
        from phaseline.operators.services import browsing

        return told(browsing.open_page(context(folder), name))

    text = "Open the application in the browser; where there is none, print the address."
    help_ = {"name": "which of `addresses` in pipeline.yaml (default the first)"}
    return make_task(open_, text, help_, "app.open")


def _rollback(folder: Path) -> Task[Any]:
    def rollback(c: object, revision: str = "0") -> int:
        number = whole_number("--revision", revision, least=0)
        return told(change("app.rollback", context(folder), {"revision": number}))

    text = "Go back to a revision of the release, and wait until it is rolled out."
    help_ = {"revision": "its number, as in app.history (default the one before)"}
    return make_task(rollback, text, help_, "app.rollback --revision 2")


def _scale(folder: Path) -> Task[Any]:
    def scale(c: object, component: str, replicas: str) -> int:
        number = whole_number("--replicas", replicas, least=0)
        wanted = {"component": component, "replicas": number}
        return told(change("app.scale", context(folder), wanted))

    text = "Have so many pods of a component, until the next deploy-all."
    help_ = {"component": _COMPONENT, "replicas": "how many"}
    return make_task(scale, text, help_, "app.scale backend 3")


def _update(folder: Path) -> Task[Any]:
    def update(c: object, component: str = "", image: str = "", values: str = "") -> int:
        settings = [one.strip() for one in values.split(",") if one.strip()]
        wanted = {"component": component, "image": image, "values": settings}
        return told(change("app.update", context(folder), wanted))

    text = (
        "Bring the images that were built last, or other values, to the running release.\n\n"
        "Like the phase it goes through Helm, waits, names what does not come up and puts the\n"
        "release back. Unlike deploy-all it builds and checks nothing, and all that is not named\n"
        "stays as the release has it: one component after `invoke containerize`, an image of\n"
        "before, a value to try out. It holds until the next deploy-all."
    )
    help_ = {
        "component": f"only this one, by {_COMPONENT} (default all)",
        "image": "REPOSITORY:TAG for it, from the node or the Docker daemon (default as built)",
        "values": "PATH=VALUE for the chart, separated by commas; alone it leaves the images",
    }
    example = "app.update --component backend --values backend.logLevel=debug"
    return make_task(update, text, help_, example)
