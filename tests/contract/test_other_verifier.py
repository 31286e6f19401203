"""cosign, which knows nothing of phaseline, accepts the envelopes that a run has written.

It is built from the pinned modules in `cosign/`, once, into the cache of tools: about 100 MB, and
some minutes on two cores. Version 2, because 3 no longer reads an envelope that is not in a bundle.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.files import digest_sha256, digest_text
from phaseline.core.workspace import Context
from phaseline.engine import bundle, entries, signing
from phaseline.engine.evidence import Evidence
from phaseline.engine.graph import make
from phaseline.engine.schedule import Run
from phaseline.process.command import Command, Completed
from phaseline.process.run import attempt
from phaseline.tools import golang, store, toolchain
from phaseline.tools.model import Recipe
from tests.unit.engine.toy import Noted, join_step, joining, one_phase, workspace

MODULE = Path(__file__).parent / "cosign"
RECIPE = Recipe(
    module=str(MODULE),
    package="github.com/sigstore/cosign/v2/cmd/cosign",
    binary="cosign",
    estimate="about 5 min on 2 cores",
)


@dataclass(frozen=True)
class Cosign:
    """The program, and a home of its own, so that it finds no settings of a user."""

    program: Path
    home: Path

    def verify(self, key: Path, envelope: Path, subject: Path, *more: str) -> Completed:
        """Ask it whether `key` has signed, in `envelope`, that `subject` was made."""
        argv = (
            str(self.program), "verify-blob-attestation", "--insecure-ignore-tlog",
            "--type", "slsaprovenance1", "--key", str(key), "--signature", str(envelope),
            *more, str(subject),
        )  # fmt: skip
        return attempt(Command(argv=argv, env={"HOME": str(self.home)}, timeout=60.0))


@dataclass(frozen=True)
class Made:
    """What a run has left: its checkout, its public key, a file with the envelope of each step."""

    root: Path
    key: Path
    envelopes: dict[str, Path]

    def output(self, step: str) -> Path:
        return self.root / f"{step}.out"


@pytest.fixture(scope="module")
def cosign(tmp_path_factory: pytest.TempPathFactory) -> Cosign:
    pins = (digest_sha256(MODULE / name) for name in ("go.mod", "go.sum"))
    key = digest_text(RECIPE.package, *pins)[:12]
    with store.exclusive("cosign", "building cosign"):
        place = store.look_up("cosign", key) or store.install("cosign", key, "build", _fill, _works)
    return Cosign(place / "cosign", tmp_path_factory.mktemp("home"))


def _fill(into: Path) -> None:
    go = toolchain.ensure("go")
    golang.build(go.path, RECIPE, into, own=go.source != "path")


def _works(place: Path) -> None:
    told = attempt(Command(argv=(str(place / "cosign"), "version")))
    assert told.code == 0, told.tail


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv(signing.VARIABLE, raising=False)
    (tmp_path / "checkout").mkdir()
    context = workspace(tmp_path / "checkout")
    root = context.workspace.root

    (root / "a.txt").write_text("input\n")
    first = make("a", "A", joining("a.out", "a.txt"), inputs=("a.txt",), outputs=("a.out",))
    graph, ledger = one_phase(first, join_step("b", ["a"])), Evidence(context.state, root)
    run = Run(graph=graph, context=context, watcher=Noted(), id="run-1", ledger=ledger)
    run.run(graph.wanted_for(graph.phases))
    key = tmp_path / "key.pem"
    key.write_text(signing.pem(signing.signer().public_key))
    return Made(root, key, _by_step(context, tmp_path))


def _by_step(context: Context, into: Path) -> dict[str, Path]:
    """A file for each line of the bundle, as `sed -n 1p` would give it."""
    found = {}
    lines = bundle.lines(context.state)
    for line, entry in zip(lines, entries.entries(context.state), strict=True):
        found[entry.step] = into / f"{entry.step}.intoto.json"
        found[entry.step].write_bytes(line)
    return found


@pytest.mark.parametrize("step", ["a", "b"])
def test_it_accepts_what_a_run_has_written(cosign: Cosign, made: Made, step: str) -> None:
    answer = cosign.verify(made.key, made.envelopes[step], made.output(step))
    assert answer.code == 0, answer.tail
    assert "Verified OK" in answer.stderr + answer.stdout


def test_it_refuses_an_output_that_was_altered(cosign: Cosign, made: Made) -> None:
    made.output("a").write_text("altered")
    answer = cosign.verify(made.key, made.envelopes["a"], made.output("a"))
    assert answer.code != 0
    assert "no matching subject digest" in answer.stderr


def _of_another_subject(sealed: dict[str, Any]) -> None:
    told = json.loads(base64.b64decode(sealed["payload"]))
    told["subject"][0]["digest"]["sha256"] = hashlib.sha256(b"altered").hexdigest()
    sealed["payload"] = base64.b64encode(json.dumps(told).encode()).decode()


def _with_another_signature(sealed: dict[str, Any]) -> None:
    signature = bytearray(base64.b64decode(sealed["signatures"][0]["sig"]))
    signature[0] ^= 1
    sealed["signatures"][0]["sig"] = base64.b64encode(signature).decode()


@pytest.mark.parametrize("change", [_of_another_subject, _with_another_signature])
def test_it_refuses_an_envelope_that_was_altered(
    cosign: Cosign, made: Made, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    made.output("a").write_bytes(b"altered")
    sealed = json.loads(made.envelopes["a"].read_bytes())
    change(sealed)
    altered = tmp_path / "altered.json"
    altered.write_text(json.dumps(sealed))
    answer = cosign.verify(made.key, altered, made.output("a"))
    assert answer.code != 0
    assert "accepted signatures do not match threshold" in answer.stderr


def test_it_refuses_another_key(cosign: Cosign, made: Made, tmp_path: Path) -> None:
    signing.key_file().unlink()
    other = tmp_path / "other.pem"
    other.write_text(signing.pem(signing.signer().public_key))
    answer = cosign.verify(other, made.envelopes["a"], made.output("a"))
    assert answer.code != 0
    assert "accepted signatures do not match threshold" in answer.stderr


def test_it_is_asked_for_provenance_and_takes_nothing_else(cosign: Cosign, made: Made) -> None:
    envelope, output = made.envelopes["a"], made.output("a")
    answer = cosign.verify(made.key, envelope, output, "--type", "spdx")
    assert answer.code != 0
    assert "expected spdx got https://slsa.dev/provenance/v1" in answer.stderr
