"""Who can copy files: phaseline and its neighbours, each with a description of the work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

PIPELINE = """
version: 1
application: bench
components: [{name: one, role: backend, image: "x:1", values: one, port: 1}]
chart: {folder: ., release: bench, namespace: bench}
"""
OURS = """
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, check, make

HERE = Path(__file__).parent


def copies(index):
    def copy(context):
        (HERE / f"out/{index}").write_text((HERE / f"in/{index}").read_text())
        return Report("copied")

    return copy


steps = [
    make(f"s{i}", f"Copy {i}", copies(i), inputs=(f"in/{i}",), outputs=(f"out/{i}",))
    for i in range(SIZE)
]
gate = check("gate", "All", lambda context: Report("all"))
GRAPH = Graph([Phase(number=1, name="all", title="All", steps=(*steps, gate))])
namespace = collection(GRAPH, HERE, everything=("all",))
"""
DOIT = """
from pathlib import Path


def copy(index):
    Path(f"out/{index}").write_text(Path(f"in/{index}").read_text())


def task_all():
    for i in range(SIZE):
        actions = [(copy, (i,))]
        yield {"name": str(i), "actions": actions, "file_dep": [f"in/{i}"], "targets": [f"out/{i}"]}
"""


def makefile(size: int) -> str:
    """Rules for make."""
    rules = [f"out/{i}: in/{i}\n\tcp in/{i} out/{i}" for i in range(size)]
    return "\n".join([f"all: {' '.join(f'out/{i}' for i in range(size))}", *rules, ""])


def ninja(size: int) -> str:
    """Rules for ninja."""
    rules = [f"build out/{i}: copy in/{i}" for i in range(size)]
    return "\n".join(["rule copy", "  command = cp $in $out", *rules, ""])


def taskfile(size: int) -> str:
    """Rules for task."""
    tasks = [f"  all: {{deps: [{', '.join(f's{i}' for i in range(size))}]}}"]
    tasks += [
        f"  s{i}: {{cmds: [cp in/{i} out/{i}], sources: [in/{i}], generates: [out/{i}]}}"
        for i in range(size)
    ]
    return "\n".join(['version: "3"', "silent: true", "tasks:", *tasks, ""])


@dataclass(frozen=True)
class Runner:
    """A program that can do the copying."""

    name: str
    program: tuple[str, ...]
    file: str
    content: Callable[[int], str]
    state: tuple[str, ...] = ()  # what it remembers, beside the outputs


PHASELINE = Runner(
    "phaseline",
    (sys.executable, "-m", "invoke", "deploy-all"),
    "tasks.py",
    lambda size: OURS.replace("SIZE", str(size)),
    (".phaseline",),
)
NEIGHBOURS = (
    Runner("doit", ("doit",), "dodo.py", lambda size: DOIT.replace("SIZE", str(size)), (".doit*",)),
    Runner("ninja", ("ninja",), "build.ninja", ninja, (".ninja*",)),
    Runner("make", ("make", "-j6", "-s"), "Makefile", makefile),
    Runner("task", ("task", "all"), "Taskfile.yml", taskfile, (".task",)),
)
