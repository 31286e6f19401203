"""Verification: what is whole holds, and nothing can be changed unnoticed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner, SSlibKey

from phaseline.core.errors import InvalidConfiguration
from phaseline.engine import conformance, envelope, evidence, signing, statement
from phaseline.engine.evidence import Evidence
from phaseline.engine.verification import Kind, Verification, parse_head, verify
from tests.unit import command_line
from tests.unit.engine.executions import chain, envelopes, execution
from tests.unit.engine.toy import PIPELINE

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
def spoilt(root: Path) -> Iterator[list[Path]]:
    """The envelopes, to be changed in any way; they are as before afterwards."""
    kept = {path: path.read_bytes() for path in envelopes(root)}
    try:
        yield list(kept)
    finally:
        shutil.rmtree(evidence.folder(root / ".phaseline"))
        evidence.folder(root / ".phaseline").mkdir()
        for path, content in kept.items():
            path.write_bytes(content)


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
    (last,) = envelopes(root)
    content = last.read_bytes()
    for place in range(len(content)):
        last.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert checked(root).faults, f"byte {place} was changed unnoticed"


@drawn
@given(st.integers(0, COUNT - 1), st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_found(root: Path, index: int, place: int, change: int) -> None:
    with spoilt(root) as files:
        content = bytearray(files[index].read_bytes())
        content[place % len(content)] ^= change
        files[index].write_bytes(content)
        assert files[index].name in [fault.file for fault in checked(root).faults]


@drawn
@given(st.integers(0, COUNT - 1), st.integers(0))
def test_a_truncated_envelope_is_found(root: Path, index: int, length: int) -> None:
    with spoilt(root) as files:
        os.truncate(files[index], length % files[index].stat().st_size)
        assert Kind.ENVELOPE in kinds(root)


@drawn
@given(st.sets(st.integers(0, COUNT - 1), min_size=1))
def test_a_removed_envelope_is_found(root: Path, removed: set[int]) -> None:
    head = head_of(root)
    with spoilt(root) as files:
        for index in removed:
            files[index].unlink()
        tail = removed == set(range(COUNT - len(removed), COUNT))
        found = kinds(root, head=head)
        assert (Kind.HEAD if tail else Kind.NUMBER) in found
        assert tail == (Kind.NUMBER not in found)


@drawn
@given(st.permutations(range(COUNT)), st.booleans())
def test_reordered_envelopes_are_found(root: Path, order: list[int], numbers_only: bool) -> None:
    assume(order != sorted(order))
    with spoilt(root) as files:
        contents, names = [file.read_bytes() for file in files], [file.name for file in files]
        for path in files:
            path.unlink()
        for number, index in enumerate(order):
            step = names[index][7:] if numbers_only else names[number][7:]
            (files[0].parent / f"{number + 1:07d}{step}").write_bytes(contents[index])
        assert Kind.NUMBER in kinds(root)


@drawn
@given(st.integers(0, COUNT - 1), st.integers(0, COUNT + 1))
def test_a_duplicated_envelope_is_found(root: Path, source: int, target: int) -> None:
    assume(source != target)
    with spoilt(root) as files:
        content = files[source].read_bytes()
        copy = files[0].with_name(f"{target + 1:07d}{files[source].name[7:]}")
        copy.write_bytes(content)
        assert Kind.NUMBER in kinds(root)


@pytest.mark.parametrize("cut", range(1, COUNT + 1))
def test_a_cut_off_end_is_found_with_the_head_and_only_with_it(root: Path, cut: int) -> None:
    head = head_of(root)
    for path in envelopes(root)[-cut:]:
        path.unlink()
    assert Kind.HEAD in kinds(root, head=head)
    if cut < COUNT:
        found = checked(root)
        assert found.faults == ()
        assert "no head was given: newer envelopes could have been cut off unnoticed" in found.notes


def test_an_older_head_holds_while_the_chain_grows(root: Path) -> None:
    head = head_of(root)
    Evidence(root / ".phaseline", root).add(execution(root, "s1", run="run-2"))
    found = checked(root, head=head)
    assert found.faults == ()
    assert "envelopes newer than the head that was given: 1" in found.notes


def resigned(root: Path, signer: CryptoSigner) -> None:
    """Make the whole chain anew, consistently, with another key."""
    previous = ""
    for number, path in enumerate(envelopes(root), start=1):
        told = json.loads(envelope.unseal(path.read_bytes()).payload)
        data = envelope.seal(statement.chained(told, number, previous), signer)
        path.write_bytes(data)
        previous = evidence.digest(data)


def test_a_chain_made_with_another_key_is_found(root: Path) -> None:
    signer = CryptoSigner.generate_ed25519()
    resigned(root, signer)
    assert checked(root, trusted=signer.public_key).faults == ()
    assert set(kinds(root)) == {Kind.KEY}


def test_a_key_that_takes_the_name_of_a_trusted_one_is_found(root: Path) -> None:
    resigned(root, CryptoSigner.generate_ed25519(keyid=own().keyid))
    assert set(kinds(root)) == {Kind.SIGNATURE}


def test_a_signed_envelope_from_another_chain_has_no_place_in_this_one(root: Path) -> None:
    """The same key, the right number, the right step: it follows another envelope."""
    other = root / "other"
    chain(other, COUNT)
    shutil.copy(envelopes(other)[2], envelopes(root)[2])
    found = [(fault.file, fault.kind) for fault in checked(root).faults]
    assert found == [("0000003-s3.json", Kind.CHAIN), ("0000004-s4.json", Kind.CHAIN)]


def unsigned(path: Path) -> None:
    told = json.loads(path.read_bytes())
    path.write_bytes(envelope.canonical(told | {"signatures": []}) + b"\n")


def spaced(path: Path) -> None:
    path.write_text(json.dumps(json.loads(path.read_bytes())))


def twice(path: Path) -> None:
    told = json.loads(path.read_bytes())
    path.write_bytes(envelope.canonical(told | {"signatures": told["signatures"] * 2}) + b"\n")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (unsigned, Kind.KEY),
        (spaced, Kind.ENVELOPE),
        (twice, Kind.ENVELOPE),
        (lambda path: path.write_text("[1]"), Kind.ENVELOPE),
        (lambda path: path.write_text("[" * 100_000), Kind.ENVELOPE),
        (lambda path: path.write_bytes(b"\xff\x00"), Kind.ENVELOPE),
        (lambda path: (path.unlink(), path.mkdir()), Kind.ENVELOPE),
        (lambda path: path.with_name("notes.txt").touch(), Kind.ENVELOPE),
    ],
)
def test_what_is_no_envelope_is_named(
    root: Path, change: Callable[[Path], object], kind: Kind
) -> None:
    change(envelopes(root)[2])
    assert kinds(root)[0] is kind


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
    last = envelopes(root)[-1]
    told = json.loads(envelope.unseal(last.read_bytes()).payload)
    conformance.check(envelope.canonical(told))  # as it was written, it conforms
    last.write_bytes(envelope.seal(told | change, signing.signer()))
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
    Evidence(root / ".phaseline", root).add(execution(root, "s1", run="run-2"))
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
    found = verify(tmp_path, tmp_path, [CryptoSigner.generate_ed25519().public_key])
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
    envelopes(root)[1].unlink()
    done = invoke(root, "evidence.verify")
    assert done.returncode == 1
    assert "✗ 0000003-s3.json: wrong number: number 2 is missing" in done.stdout
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
    made, broken = evidence.entries(tmp_path / ".phaseline")
    assert [made.ending, broken.ending] == ["done", "failed"]
    payload = envelope.unseal(envelopes(tmp_path)[1].read_bytes()).payload.decode()
    assert "login" in payload
    assert '"code":3' in payload
    assert SECRET not in payload
