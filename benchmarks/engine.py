"""How fast the engine is: nothing to do, everything to do, questions; beside its neighbours.

    python -m benchmarks.engine                  every case, two to three minutes
    python -m benchmarks.engine --json           for scripts

A step copies a small file. Ours are whole processes of the command line, with lock, records,
evidence, events and JUnit. Of a case and the neighbour that it is compared with, runs alternate;
a ratio is that of the medians. Neighbours that are not installed are named, and left out.

Python's own settings are the default ones, whatever the environment says: a neighbour that pip has
installed has its bytecode, and without PYTHONDONTWRITEBYTECODE a checkout gets it at its first run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.runners import NEIGHBOURS, PHASELINE, PIPELINE, Runner
from benchmarks.table import Figure, environment, show

ROOT = Path(__file__).parents[1]
FEW, MANY = 1_000, 10_000
ROUNDS = 5

EMPTY = """
from invoke import task


@task
def nothing(c):
    pass
"""

_PAIR = ("phaseline", "doit")  # those that take part in what is long


@dataclass(frozen=True)
class Cost:
    """Of one process: seconds from its start to its end, and its largest memory in MB."""

    seconds: float
    memory: float


class Bench:
    """A runner with a folder of files to copy."""

    def __init__(self, parent: Path, runner: Runner, size: int) -> None:
        self.runner, self.size = runner, size
        self.folder = parent / f"{runner.name}-{size}"
        for name in ("in", "out"):
            (self.folder / name).mkdir(parents=True)
        for index in range(size):
            (self.folder / f"in/{index}").write_text(f"{index}\n")
        (self.folder / "pipeline.yaml").write_text(PIPELINE)
        (self.folder / runner.file).write_text(runner.content(size))

    def run(self) -> Cost:
        """As it stands."""
        return measured(self.runner.program, self.folder)

    def cold(self) -> Cost:
        """With everything to do.

        What an earlier run left is set aside: where many files were just deleted, ext4 looks at
        each of them for every file that is made, which takes longer than making it.
        """
        aside = Path(tempfile.mkdtemp(prefix="aside-", dir=self.folder.parent))
        for pattern in ("out", *self.runner.state):
            for path in self.folder.glob(pattern):
                path.rename(aside / path.name)
        (self.folder / "out").mkdir()
        cost = self.run()
        made = sum(1 for _ in (self.folder / "out").iterdir())
        if made != self.size:
            sys.exit(f"{self.runner.name} made {made} of {self.size} files")
        return cost

    def warm(self) -> None:
        """Do everything, so that nothing is left, and what can be remembered is."""
        self.cold()
        time.sleep(0.1)  # until files are older than the clock's granularity
        self.run()


def measured(argv: tuple[str, ...], folder: Path, home: Path | None = None) -> Cost:
    """Run a program to its end; it must succeed.

    Args:
        home: where it finds its own configuration and leaves its output; by default `folder`.
    """
    program, home = found(argv[0]), home or folder
    assert program
    env = environment()
    env |= {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(home / ".config")}
    log = home / "benchmark.log"
    with log.open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            (program, *argv[1:]), cwd=folder, env=env, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(argv)} failed:\n{log.read_text()[-2000:]}")
    return Cost(seconds, usage.ru_maxrss / 1024)


def found(program: str) -> str | None:
    """Where a program is: on PATH, or beside this Python."""
    return shutil.which(program) or shutil.which(program, path=str(Path(sys.executable).parent))


def compared(benches: list[Bench], case: Callable[[Bench], Cost]) -> dict[str, Cost]:
    """The median cost for each runner, by its name; they take turns."""
    costs: dict[str, list[Cost]] = {bench.runner.name: [] for bench in benches}
    for _ in range(ROUNDS):
        for bench in benches:
            costs[bench.runner.name].append(case(bench))
    return {
        name: Cost(statistics.median(one.seconds for one in each), max(one.memory for one in each))
        for name, each in costs.items()
    }


def copying(runners: list[Runner]) -> tuple[list[Figure], list[str]]:
    """The figures of all cases that copy files, and a line with the seconds of each."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        few = [Bench(Path(folder), runner, FEW) for runner in runners]
        many = [Bench(Path(folder), one, MANY) for one in runners if one.name in _PAIR]
        cold = compared([one for one in few if one.runner.name in _PAIR], Bench.cold)
        for bench in (*few, *many):
            bench.warm()
        idle, idle_many = compared(few, Bench.run), compared(many, Bench.run)
    ours, ours_many = idle["phaseline"], idle_many["phaseline"]
    grown = ours_many.seconds / ours.seconds
    figures = [Figure(f"{MANY} steps, as {FEW}: time grows", grown, "times", MANY / FEW)]
    figures.append(Figure(f"nothing to do, {MANY} steps: memory", ours_many.memory, "MB", 200))
    if "doit" in idle:
        figures += [
            _ratio(f"nothing to do, {FEW} steps", idle, 1.5),
            _ratio(f"nothing to do, {MANY} steps", idle_many, 1.0),
            _ratio(f"everything to do, {FEW} steps", cold, 2.0),
        ]
    told = {f"idle, {FEW}": idle, f"idle, {MANY}": idle_many, f"cold, {FEW}": cold}
    return figures, [_line(title, costs) for title, costs in told.items()]


def _ratio(case: str, costs: Mapping[str, Cost], at_most: float) -> Figure:
    ratio = costs["phaseline"].seconds / costs["doit"].seconds
    return Figure(case, ratio, "x doit", at_most)


def _line(title: str, costs: Mapping[str, Cost]) -> str:
    return f"{title}: " + ", ".join(f"{name} {one.seconds:.3f} s" for name, one in costs.items())


def questions() -> tuple[list[Figure], list[str]]:
    """Questions about the product's own graph, as this checkout stands."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        empty = Path(folder, "empty")
        empty.mkdir()
        (empty / "tasks.py").write_text(EMPTY)
        asked = {
            "an Invoke task that does nothing": (("nothing",), empty),
            **{f"invoke {name}": ((name,), ROOT) for name in ("--list", "status", "plan")},
        }
        seconds: dict[str, list[float]] = {case: [] for case in asked}
        for _ in range(ROUNDS):
            for case, (arguments, place) in asked.items():
                invoke = (sys.executable, "-m", "invoke", *arguments)
                seconds[case].append(measured(invoke, place, empty).seconds)
    middle = {case: statistics.median(each) for case, each in seconds.items()}
    figures = [Figure(case, one, "s", 0.3) for case, one in middle.items() if case in asked]
    return figures[1:], [f"beside: {next(iter(middle))} {figures[0].figure:.3f} s"]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    there = [one for one in NEIGHBOURS if found(one.program[0])]
    figures, lines = copying([PHASELINE, *there])
    more, beside = questions()
    code = show([*figures, *more], as_json=options.json)
    lacking = [one.name for one in NEIGHBOURS if one not in there]
    for line in (*lines, *beside, *(f"not installed, left out: {name}" for name in lacking)):
        sys.stderr.write(f"{line}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
