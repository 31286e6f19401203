"""Run the suite: `python -m tests.conformance [--focus REGEX] [--procs N] [--minutes N]`.

The workspace's cluster must be up (`invoke cluster`). Exits 1 when fewer pass than wanted, or when
a failure is not explained in known.yaml.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from phaseline.core.workspace import Context, Workspace
from phaseline.operators.clusters import access, model
from phaseline.process.command import Command
from phaseline.process.run import attempt
from tests.conformance import images, programs, report

ROOT = Path(__file__).parents[2]
KNOWN = Path(__file__).with_name("known.yaml")
ALWAYS_LEFT_OUT = (r"\[Serial\]", r"\[Disruptive\]", r"\[Slow\]")


def main() -> int:
    """Build, import the images, run, report."""
    asked = _asked()
    context = Context(Workspace(ROOT))
    known = report.Known.read(KNOWN)
    tools = programs.ensure()
    _import_images(context, tools)
    folder = context.state / "conformance"
    folder.mkdir(parents=True, exist_ok=True)
    _run(context, tools, folder, asked, known)
    result = report.read(folder / "report.json")
    for line in report.lines(result, known):
        _say(line)
    good = result.figure >= report.WANTED and not report.unexplained(result, known)
    return 0 if good else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.conformance")
    parser.add_argument("--focus", default=r"\[Conformance\]", help="names of tests, a regex")
    parser.add_argument("--procs", type=int, default=4, help="tests that run side by side")
    parser.add_argument("--minutes", type=int, default=60, help="what has not ended then, fails")
    return parser.parse_args()


def _import_images(context: Context, tools: Path) -> None:
    node = access.node_images(context)
    there = node.names()
    with tempfile.TemporaryDirectory(dir=context.state) as folder:
        for recipe in images.recipes(tools / "agnhost", programs.sources()):
            if not set(recipe.names) <= there:
                _say(f"makes {', '.join(recipe.names)}")
                archive = images.write(recipe, Path(folder) / "image.tar")
                node.import_file(archive)
                archive.unlink()


def _run(
    context: Context, tools: Path, folder: Path, asked: argparse.Namespace, known: report.Known
) -> None:
    """Run ginkgo; that tests fail is no failure of the run."""
    skip = "|".join((*ALWAYS_LEFT_OUT, *known.left_out))
    argv = (
        str(tools / "ginkgo"), "run", f"--procs={asked.procs}", f"--timeout={asked.minutes}m",
        f"--focus={asked.focus}", f"--skip={skip}", "--no-color", "--succinct",
        f"--output-dir={folder}", "--json-report=report.json", "--junit-report=junit.xml",
        str(tools / "e2e.test"), "--", f"--kubeconfig={model.kubeconfig(context)}",
        "--provider=skeleton", "--disable-log-dump",
    )  # fmt: skip
    done = attempt(Command(argv=argv, timeout=60.0 * asked.minutes + 120.0))
    (folder / "log.txt").write_text(done.stdout + done.stderr)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
