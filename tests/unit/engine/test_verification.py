"""Verification: what is whole holds, and nothing can be changed unnoticed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from securesystemslib.signer import SSlibKey

from phaseline.core.errors import InvalidConfiguration
from phaseline.engine import bundle, conformance, entries, envelope, signing, statement
from phaseline.engine.evidence import Evidence
from phaseline.engine.verification import Kind, Verification, parse_head, verify
from tests.unit import command_line
from tests.unit.engine.executions import chain, envelopes, execution, rewrite
from tests.unit.engine.toy import PIPELINE

pytestmark = pytest.mark.slow

COUNT = 5
SECRET = "correct-horse-battery"
TASKS = f"""
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.core.files import write_atomic
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, check, make
from phaseline.process.command import Command
from phaseline.process.run import run

def made(context):
    write_atomic(context.workspace.root / "made.out", "made")
    return Report("made")

def broken(context):
    secret = "{SECRET}"
    run(Command(argv=("sh", "-c", 'echo login $0; exit 3', secret), secrets=(secret,)))

GRAPH = Graph([
    Phase(number=1, name="all", title="All", steps=(
        make("T1", "One", made, outputs=("made.out",)),
        check("T2", "Two", broken, needs=("T1",)),
    ))
])
namespace = collection(GRAPH, Path(__file__).parent, everything=("all",))
"""
drawn = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout with a chain of evidence; its key is in `config` below it."""
    place = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(place / "config"))
        patch.delenv(signing.VARIABLE, raising=False)
        chain(place, COUNT)
        yield place


@pytest.fixture
def root(whole: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return shutil.copytree(whole, tmp_path / "copy")


def own() -> SSlibKey:
    key = signing.own_key()
    assert key
    return key


def checked(root: Path, *, head: str = "", trusted: SSlibKey | None = None) -> Verification:
    return verify(root / ".phaseline", root, [trusted or own()], head=head)


def kinds(root: Path, *, head: str = "") -> list[Kind]:
    return [fault.kind for fault in checked(root, head=head).faults]


@contextmanager
def spoilt(root: Path) -> Iterator[list[bytes]]:
    """The envelopes, to be rewritten in any way; they are as before afterwards."""
    kept = envelopes(root)
    try:
        yield list(kept)
    finally:
        rewrite(root, kept)


def head_of(root: Path) -> str:
    return Evidence(root / ".phaseline", root).head


def test_what_is_whole_holds(root: Path) -> None:
    found = checked(root, head=head_of(root))
    assert found.faults == ()
    assert found.notes == ()
    assert (found.envelopes, found.head) == (COUNT, head_of(root))


@pytest.mark.usefixtures("whole")
def test_every_byte_of_the_newest_envelope_counts(tmp_path: Path) -> None:
    root = tmp_path
    chain(root, 1)
    (content,), head = envelopes(root), head_of(root)
    for place in range(len(content)):
        rewrite(root, [content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]])
        assert checked(root, head=head).faults, f"byte {place} was changed unnoticed"


@drawn
@given(st.integers(0, COUNT - 1), st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_found(root: Path, index: int, place: int, change: int) -> None:
    head = head_of(root)
    with spoilt(root) as lines:
        content = bytearray(lines[index])
        content[place % len(content)] ^= change
        rewrite(root, [*lines[:index], bytes(content), *lines[index + 1 :]])
        found = checked(root, head=head).faults
        named = [fault.envelope.partition(" ")[0] for fault in found]
        assert str(index + 1) in named or found[0].kind is Kind.HEAD


@drawn
@given(st.integers(0, COUNT - 1), st.integers(0))
def test_a_truncated_envelope_is_found(root: Path, index: int, length: int) -> None:
    head = head_of(root)
    with spoilt(root) as lines:
        cut = lines[index][: length % len(lines[index])]
        rewrite(root, [*lines[:index], cut, *lines[index + 1 :]])
        # with nothing left of it, it is one that was removed
        kind = Kind.ENVELOPE if cut else Kind.NUMBER
        assert (Kind.HEAD if index == COUNT - 1 else kind) in kinds(root, head=head)


@drawn
@given(st.sets(st.integers(0, COUNT - 1), min_size=1))
def test_a_removed_envelope_is_found(root: Path, removed: set[int]) -> None:
    head = head_of(root)
    with spoilt(root) as lines:
        rewrite(root, [line for index, line in enumerate(lines) if index not in removed])
        tail = removed == set(range(COUNT - len(removed), COUNT))
        found = kinds(root, head=head)
        assert (Kind.HEAD if tail else Kind.NUMBER) in found
        assert tail == (Kind.NUMBER not in found)


@drawn
@given(st.permutations(range(COUNT)))
def test_reordered_envelopes_are_found(root: Path, order: list[int]) -> None:
    assume(order != sorted(order))
    with spoilt(root) as lines:
        rewrite(root, [lines[index] for index in order])
        assert Kind.NUMBER in kinds(root)


@drawn
@given(st.integers(0, COUNT - 1), st.integers(0, COUNT))
def test_a_duplicated_envelope_is_found(root: Path, source: int, target: int) -> None:
    with spoilt(root) as lines:
        rewrite(root, [*lines[:target], lines[source], *lines[target:]])
        assert Kind.NUMBER in kinds(root)


@pytest.mark.parametrize("cut", range(1, COUNT + 1))
def test_a_cut_off_end_is_found_with_the_head_and_only_with_it(root: Path, cut: int) -> None:
    head = head_of(root)
    rewrite(root, envelopes(root)[:-cut])
    assert Kind.HEAD in kinds(root, head=head)
    if cut < COUNT:
        found = checked(root)
        assert found.faults == ()
        assert "no head was given: newer envelopes could have been cut off unnoticed" in found.notes


def test_an_older_head_holds_while_the_chain_grows(root: Path) -> None:
    head = head_of(root)
    Evidence(root / ".phaseline", root).add([execution(root, "s1", run="run-2")])
    found = checked(root, head=head)
    assert found.faults == ()
    assert "envelopes newer than the head that was given: 1" in found.notes


def another(keyid: str = "ab" * 32) -> signing.Signer:
    return signing.Signer(Ed25519PrivateKey.generate(), keyid)


def resigned(root: Path, signer: signing.Signer) -> None:
    """Make the whole chain anew, consistently, with another key."""
    previous, made = "", list[bytes]()
    for number, line in enumerate(envelopes(root), start=1):
        told = json.loads(envelope.unseal(line).payload)
        made.append(envelope.seal(statement.chained(told, number, previous), signer))
        previous = bundle.digest(made[-1])
    rewrite(root, made)


def test_a_chain_made_with_another_key_is_found(root: Path) -> None:
    signer = another()
    resigned(root, signer)
    assert checked(root, trusted=signer.public_key).faults == ()
    assert set(kinds(root)) == {Kind.KEY}


def test_a_key_that_takes_the_name_of_a_trusted_one_is_found(root: Path) -> None:
    resigned(root, another(own().keyid))
    assert set(kinds(root)) == {Kind.SIGNATURE}


def test_a_signed_envelope_from_another_chain_has_no_place_in_this_one(root: Path) -> None:
    """The same key, the right number, the right step: it follows another envelope."""
    other = root / "other"
    chain(other, COUNT)
    lines = envelopes(root)
    rewrite(root, [*lines[:2], envelopes(other)[2], *lines[3:]])
    found = [(fault.envelope, fault.kind) for fault in checked(root).faults]
    assert found == [("3 s3", Kind.CHAIN), ("4 s4", Kind.CHAIN)]


def unsigned(line: bytes) -> bytes:
    return envelope.canonical(json.loads(line) | {"signatures": []})


def spaced(line: bytes) -> bytes:
    return json.dumps(json.loads(line)).encode()


def twice(line: bytes) -> bytes:
    told = json.loads(line)
    return envelope.canonical(told | {"signatures": told["signatures"] * 2})


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (unsigned, Kind.KEY),
        (spaced, Kind.ENVELOPE),
        (twice, Kind.ENVELOPE),
        (lambda line: b"[1]", Kind.ENVELOPE),
        (lambda line: b"[" * 100_000, Kind.ENVELOPE),
        (lambda line: b"\xff\x00", Kind.ENVELOPE),
        (lambda line: b"", Kind.ENVELOPE),
        (lambda line: line[:-1] + b"\r", Kind.ENVELOPE),
    ],
)
def test_what_is_no_envelope_is_named(
    root: Path, change: Callable[[bytes], bytes], kind: Kind
) -> None:
    lines = envelopes(root)
    rewrite(root, [*lines[:2], change(lines[2]) + b"\n", *lines[3:]])
    first = checked(root).faults[0]
    assert (first.envelope, first.kind) == ("3", kind)


def test_what_lies_beside_the_chain_is_named(root: Path) -> None:
    (bundle.folder(root / ".phaseline") / "notes.txt").touch()
    assert [fault.what for fault in checked(root).faults] == [
        "notes.txt has no place beside the chain"
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"predicateType": "https://slsa.dev/provenance/v0.2"},
        {"subject": []},
        {"subject": [{"name": "x"}]},
        {"predicate": {}},
        {"predicate": {"buildDefinition": {"colour": "red"}}},
        {"extra": 1},
    ],
)
def test_a_signed_payload_that_is_no_such_statement_is_found(
    root: Path, change: dict[str, object]
) -> None:
    *others, last = envelopes(root)
    told = json.loads(envelope.unseal(last).payload)
    conformance.check(envelope.canonical(told))  # as it was written, it conforms
    rewrite(root, [*others, envelope.seal(told | change, signing.signer())])
    assert kinds(root) == [Kind.STATEMENT]


def test_an_altered_a_gone_and_a_changed_mode_are_told_apart_from_the_evidence(root: Path) -> None:
    (root / "s1.out").write_text("altered")
    (root / "s2.out").unlink()
    (root / "s3.out").chmod(0o755)
    found = checked(root).faults
    assert {fault.kind for fault in found} == {Kind.ALTERED}
    assert [fault.what for fault in found] == [
        "the output s1.out was altered",
        "the output s2.out is gone",
        "the output s3.out was altered",
    ]


def test_only_the_last_execution_of_a_step_says_what_should_be_there(root: Path) -> None:
    Evidence(root / ".phaseline", root).add([execution(root, "s1", run="run-2")])
    assert checked(root).faults == ()


def test_a_log_may_be_removed_and_not_altered(root: Path) -> None:
    first, second, *_ = (root / ".phaseline/runs/run-1").iterdir()
    first.unlink()
    found = checked(root)
    assert found.faults == ()
    assert "1 of 5 logs are no longer kept" in found.notes
    second.write_text("nothing happened")
    assert [fault.what for fault in checked(root).faults] == [
        f"the log {second.relative_to(root)} was altered"
    ]


def test_no_evidence_at_all_is_a_fault(tmp_path: Path) -> None:
    found = verify(tmp_path, tmp_path, [another().public_key])
    assert [fault.kind for fault in found.faults] == [Kind.MISSING]


def test_a_head_is_read_with_and_without_its_prefix() -> None:
    digits = "ab" * 32
    assert parse_head(f"sha256:{digits}") == parse_head(f" {digits.upper()}") == f"sha256:{digits}"
    with pytest.raises(InvalidConfiguration, match="--head abc"):
        parse_head("abc")


def invoke(root: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    (root / "tasks.py").write_text(TASKS)
    (root / "pipeline.yaml").write_text(PIPELINE)
    apart = {"XDG_CONFIG_HOME": str(root / "config")}
    return command_line.invoke(root, *arguments, env=apart | env)


def test_the_command_says_that_all_holds(root: Path) -> None:
    head = invoke(root, "evidence.head").stdout.strip()
    (root / "key.pem").write_text(invoke(root, "evidence.key").stdout)
    done = invoke(root, "verify", "--head", head, "--key", "key.pem")
    assert done.returncode == 0, done.stderr
    assert f"head {head}\nkey  sha256:{own().keyid}\n" in done.stdout
    assert head == head_of(root)


def test_the_command_names_each_fault_and_ends_with_1(root: Path) -> None:
    lines = envelopes(root)
    rewrite(root, [lines[0], *lines[2:]])
    done = invoke(root, "evidence.verify")
    assert done.returncode == 1
    assert "✗ envelope 3 s3: wrong number: number 2 is missing" in done.stdout
    told = json.loads(invoke(root, "verify", "--json").stdout)
    assert told["ok"] is False
    assert told["envelopes"] == COUNT - 1
    assert told["faults"][0]["kind"] == "wrong number"


def test_without_any_key_the_command_asks_for_one_and_makes_none(root: Path) -> None:
    empty = root / "empty"
    done = invoke(root, "verify", XDG_CONFIG_HOME=str(empty))
    assert done.returncode == 2
    assert "--key FILE" in done.stderr
    assert not empty.exists()


def test_a_run_that_fails_has_left_its_evidence_and_no_secret_in_it(tmp_path: Path) -> None:
    failed = invoke(tmp_path, "all")
    assert failed.returncode == 1
    (head,) = set(re.findall(r"sha256:[0-9a-f]{64}", failed.stdout))
    done = invoke(tmp_path, "verify", "--head", head)
    assert done.returncode == 0, done.stdout
    made, broken = entries.entries(tmp_path / ".phaseline")
    assert [made.ending, broken.ending] == ["done", "failed"]
    payload = envelope.unseal(envelopes(tmp_path)[1]).payload.decode()
    assert "login" in payload
    assert '"code":3' in payload
    assert SECRET not in payload
