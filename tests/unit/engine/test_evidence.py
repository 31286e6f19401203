"""The ledger and the key that signs it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.files import digest_file
from phaseline.engine import bundle, canonical, entries, signing, verification
from phaseline.engine.evidence import Evidence
from phaseline.process import journal
from phaseline.process.command import Command, Completed
from phaseline.process.run import run
from tests.unit.engine.executions import DIGEST, chain, envelopes, execution
from tests.unit.waiting import eventually

TREE = Path(__file__).parents[3]
ADDING = """
import sys
from pathlib import Path
from tests.unit.engine.executions import execution
from phaseline.engine.evidence import Evidence
root, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
ledger = Evidence(root / ".phaseline", root)
for number in range(count):
    ledger.add([execution(root, f"{name}{number}")])
"""


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv(signing.VARIABLE, raising=False)
    return tmp_path / "config"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "checkout").mkdir()
    return tmp_path / "checkout"


def told(envelope: bytes) -> dict[str, Any]:
    statement = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
    assert isinstance(statement, dict)
    return statement


def added(root: Path, **more: Any) -> dict[str, Any]:
    """The statement of one execution."""
    Evidence(root / ".phaseline", root).add([execution(root, "s", **more)])
    return told(envelopes(root)[-1])


def faults(root: Path) -> tuple[verification.Fault, ...]:
    own = signing.own_key()
    assert own
    return verification.verify(root / ".phaseline", root, [own]).faults


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.Popen(argv, cwd=TREE, env=dict(os.environ), stdout=subprocess.PIPE, text=True)


def pem_of(kind: str) -> str:
    if kind == "rsa":
        key = generate_private_key(65537, 2048)
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n"


def test_the_key_is_made_at_first_use_for_this_user_alone(config: Path) -> None:
    assert signing.own_key() is None
    first = signing.signer().public_key.keyid
    assert stat.S_IMODE(signing.key_file().stat().st_mode) == 0o600
    assert signing.key_file().is_relative_to(config)
    assert signing.signer().public_key.keyid == first


def test_the_id_of_a_key_is_the_digest_of_its_der_form() -> None:
    key = signing.signer().public_key
    public = load_pem_public_key(signing.pem(key).encode())
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.keyid == hashlib.sha256(der).hexdigest()


def test_processes_at_once_get_the_same_key() -> None:
    code = "from phaseline.engine import signing; print(signing.signer().public_key.keyid)"
    processes = [python(code) for _ in range(4)]
    ids = {process.communicate(timeout=60)[0] for process in processes}
    assert ids == {signing.signer().public_key.keyid + "\n"}


def test_the_variable_beats_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    given = signing.signer()
    text = signing.key_file().read_text()
    signing.key_file().unlink()
    other = signing.signer()
    monkeypatch.setenv(signing.VARIABLE, text)
    assert other.public_key.keyid != signing.signer().public_key.keyid == given.public_key.keyid


@pytest.mark.parametrize("kind", ["rsa", "none"])
def test_a_key_of_another_kind_is_refused_and_not_shown(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = pem_of(kind)
    monkeypatch.setenv(signing.VARIABLE, text)
    with pytest.raises(InvalidConfiguration, match=signing.VARIABLE) as caught:
        signing.signer()
    assert not any(line in str(caught.value) for line in text.splitlines()[1:-1])


def test_a_key_that_others_may_read_is_refused() -> None:
    signing.signer()
    signing.key_file().chmod(0o640)
    with pytest.raises(InvalidConfiguration, match="open to other users"):
        signing.signer()


def test_several_public_keys_may_be_trusted(tmp_path: Path) -> None:
    first = signing.signer().public_key
    signing.key_file().unlink()
    second = signing.signer().public_key
    both = tmp_path / "keys.pem"
    both.write_text(signing.pem(first) + signing.pem(second))
    assert [key.keyid for key in signing.read_keys(both)] == [first.keyid, second.keyid]


@pytest.mark.parametrize("content", ["", "no key", "own"])
def test_what_is_no_public_key_is_refused(content: str, tmp_path: Path) -> None:
    signing.signer()
    file = tmp_path / "key.pem"
    file.write_bytes(signing.key_file().read_bytes() if content == "own" else content.encode())
    with pytest.raises(InvalidConfiguration, match="no ed25519 public key"):
        signing.read_keys(file)


def test_an_envelope_is_signed_as_dsse_says(root: Path) -> None:
    chain(root, 1)
    sealed = json.loads(envelopes(root)[0])
    kind, payload = sealed["payloadType"].encode(), base64.b64decode(sealed["payload"])
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    own = signing.own_key()
    assert own
    public = load_pem_public_key(signing.pem(own).encode())
    assert isinstance(public, Ed25519PublicKey)
    (signature,) = sealed["signatures"]
    assert kind == b"application/vnd.in-toto+json"
    assert signature["keyid"] == own.keyid
    public.verify(base64.b64decode(signature["sig"]), signed)  # raises if it is wrong


def test_subjects_are_the_outputs_by_the_digest_of_their_bytes(root: Path) -> None:
    statement = added(root)
    (subject,) = statement["subject"]
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert subject["name"] == "s.out"
    assert subject["digest"]["sha256"] == hashlib.sha256((root / "s.out").read_bytes()).hexdigest()
    assert subject["annotations"]["phaselineFileV1"] == digest_file(root / "s.out")


def test_live_things_named_by_digest_are_subjects_and_others_are_not(root: Path) -> None:
    identity = {"backend": f"sha256:{DIGEST}", "revision": "7"}
    statement = added(root, identity=identity, outputs={})
    assert statement["subject"] == [{"name": "live:backend", "digest": {"sha256": DIGEST}}]


def test_without_an_output_the_log_is_the_subject(root: Path) -> None:
    (subject,) = added(root, outputs={})["subject"]
    assert subject["name"] == ".phaseline/runs/run-1/s.log"


def test_with_nothing_at_all_there_is_a_subject_nevertheless(root: Path) -> None:
    (subject,) = added(root, outputs={}, log="", ending="failed")["subject"]
    assert subject["name"] == "outcome:s"
    assert faults(root) == ()


def test_an_output_that_is_gone_already_is_a_byproduct(root: Path) -> None:
    statement = added(root, outputs={"never.out": DIGEST})
    assert [one["name"] for one in statement["subject"]] == [".phaseline/runs/run-1/s.log"]
    byproducts = statement["predicate"]["runDetails"]["byproducts"]
    assert {"phaselineFileV1": DIGEST} in [one.get("annotations") for one in byproducts]


def test_the_provenance_says_what_went_in_and_what_ran(root: Path) -> None:
    parts = {
        "inputs": {"a b.txt": DIGEST, "no.txt": "absent"},
        "upstream": {"T007.base": DIGEST},
        "settings": {"chart": {"folder": "charts"}},
        "code": {"x.py": DIGEST},
    }
    predicate = added(root, parts=parts, started=0.5, ended=1.25)["predicate"]
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    assert definition["externalParameters"]["settings"] == {"chart": {"folder": "charts"}}
    assert definition["internalParameters"]["parts"]["code"] == {"x.py": DIGEST}
    assert definition["resolvedDependencies"] == [
        {"name": "a b.txt", "uri": "file:a%20b.txt", "digest": {"phaselineFileV1": DIGEST}},
        {"name": "no.txt", "uri": "file:no.txt", "annotations": {"state": "absent"}},
        {"name": "T007.base", "uri": "step:T007.base", "digest": {"phaselineEffectV1": DIGEST}},
    ]
    assert details["metadata"] == {
        "invocationId": "run-1",
        "startedOn": "1970-01-01T00:00:00.500000Z",
        "finishedOn": "1970-01-01T00:00:01.250000Z",
    }
    called = [one["annotations"] for one in details["byproducts"] if "command:" in one["name"]]
    assert called == [{"command": "make s", "code": 0, "seconds": 0.25}]


class Heard:
    """A journal that keeps what a step's record would keep of its commands."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def progress(self, text: str) -> None: ...

    def line(self, text: str) -> None:
        self.kept.append(text)

    def command(self, completed: Completed) -> None:
        self.kept.append(str(completed.command))


def test_no_secret_of_a_command_or_of_the_settings_gets_in(root: Path) -> None:
    heard, secret = Heard(), "correct-horse-battery"
    journal.listen(heard)
    run(Command(argv=("echo", "login", secret), secrets=(secret,)))
    settings = {"chart": {"values": {"db": {"password": secret, "tokens": [secret]}, "port": 80}}}
    parts = {"settings": settings, "inputs": {"secret.yaml": DIGEST}}
    statement = added(root, reason="; ".join(heard.kept), parts=parts)
    text = json.dumps(statement)
    assert "login" in text
    assert secret not in text
    assert statement["predicate"]["buildDefinition"]["externalParameters"]["settings"]["chart"][
        "values"
    ] == {"db": {"password": "••••••", "tokens": ["••••••"]}, "port": 80}
    assert DIGEST in text  # a file whose name sounds secret keeps its digest


def test_nothing_names_the_machine(root: Path) -> None:
    text = json.dumps(added(root))
    assert str(root) not in text
    assert str(Path.home()) not in text
    assert not re.search(rf"\b{re.escape(os.uname().nodename)}\b", text)


def test_what_was_written_is_read_back(root: Path) -> None:
    odd = os.fsdecode(b"na\xefve.out")
    (root / odd).write_text("x")
    outputs = {odd: digest_file(root / odd), "gone.out": DIGEST}
    parts = {"settings": {"chart": 1}, "inputs": {odd: DIGEST}, "code": {"x.py": DIGEST}}
    more: dict[str, Any] = {"identity": {"cluster": "x"}, "projection": {"replicas": "2"}}
    ledger = chain(root, 1)
    ledger.add([execution(root, "T1.image", run="run-2", outputs=outputs, parts=parts, **more)])
    first, second = entries.entries(root / ".phaseline")
    assert (first.number, first.previous) == (1, "")
    assert (second.number, second.previous) == (2, first.digest)
    assert second.digest == ledger.head
    assert dict(second.outputs) == outputs
    assert (second.identity, second.projection) == ({"cluster": "x"}, {"replicas": "2"})
    assert second.parts["settings"] == {"chart": 1}
    assert second.log[0] == ".phaseline/runs/run-2/T1.image.log"
    assert entries.latest(root / ".phaseline").keys() == {"s1", "T1.image"}
    assert [fault.what for fault in faults(root)] == ["the output gone.out is gone"]


def test_threads_and_processes_at_once_make_one_chain(root: Path) -> None:
    signing.signer()
    others = [python(ADDING, str(root), name, "5") for name in ("p", "q")]
    ledger = Evidence(root / ".phaseline", root)

    def adding(name: str) -> None:
        for number in range(5):
            ledger.add([execution(root, f"{name}{number}")])

    threads = [threading.Thread(target=adding, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for process in others:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert ledger.count == 25
    assert faults(root) == ()


def holds(root: Path, count: int) -> bool:
    return len(envelopes(root)) >= count


def test_a_writer_that_is_killed_leaves_a_whole_chain(root: Path) -> None:
    signing.signer()
    for attempt in range(8):
        wanted = len(envelopes(root)) + attempt + 1
        process = python(ADDING, str(root), f"k{attempt}-", "100000")
        assert eventually(partial(holds, root, wanted), 30.0)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert [fault for fault in faults(root) if fault.kind != "altered since"] == []
    numbers = [entry.number for entry in entries.entries(root / ".phaseline")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_line_that_was_cut_off_is_no_fault_and_is_cut_at_the_next_one(root: Path) -> None:
    ledger = chain(root, 2)
    head, place = ledger.head, bundle.place(root / ".phaseline")
    with place.open("ab") as stream:
        stream.write(envelopes(root)[1][:-1])  # as whole as can be, but for its end
    assert (ledger.head, ledger.count, faults(root)) == (head, 2, ())
    for writer in (ledger, Evidence(root / ".phaseline", root)):
        writer.add([execution(root, "s3")])
    assert [entry.step for entry in entries.entries(root / ".phaseline")] == [
        "s1", "s2", "s3", "s3",
    ]  # fmt: skip
    assert faults(root) == ()


def test_what_an_earlier_version_has_left_is_taken_over_with_its_head(root: Path) -> None:
    ledger = chain(root, 3)
    head, place = ledger.head, bundle.place(root / ".phaseline")
    for number, line in enumerate(envelopes(root), start=1):
        (place.parent / f"{number:07d}-s{number}.json").write_bytes(line)
    place.unlink()
    assert (ledger.head, ledger.count, faults(root)) == (head, 3, ())
    Evidence(root / ".phaseline", root).add([execution(root, "s4")])
    last = list(entries.entries(root / ".phaseline"))[-1]
    assert (last.number, last.previous) == (4, head)
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert faults(root) == ()


def test_what_is_added_at_once_is_a_chain_too(root: Path) -> None:
    ledger = Evidence(root / ".phaseline", root)
    ledger.add([execution(root, f"s{number}") for number in range(5)])
    assert [entry.number for entry in entries.entries(root / ".phaseline")] == [1, 2, 3, 4, 5]
    assert faults(root) == ()


def test_source_files_that_many_steps_have_in_common_are_listed_once_in_a_run(root: Path) -> None:
    code = canonical.one({f"phaseline/{number}.py": DIGEST for number in range(9)})
    ledger = Evidence(root / ".phaseline", root)
    for step in ("a", "b"):
        ledger.add([execution(root, step, parts={"code": code})])
    first, second = (entry.parts["code"] for entry in entries.entries(root / ".phaseline"))
    assert (first, second) == (code, f"sha256:{canonical.digest(code)}")
    Evidence(root / ".phaseline", root).add([execution(root, "c", parts={"code": code})])
    assert list(entries.entries(root / ".phaseline"))[-1].parts["code"] == code


def test_a_ledger_that_nothing_is_added_to_loads_no_cryptography(root: Path) -> None:
    chain(root, 1)
    code = (
        "import sys; from pathlib import Path; from phaseline.engine.evidence import Evidence\n"
        "print(Evidence(Path(sys.argv[1]) / '.phaseline', Path(sys.argv[1])).head)\n"
        "assert not {'cryptography', 'google', 'securesystemslib'} & sys.modules.keys()"
    )
    process = python(code, str(root))
    assert process.communicate(timeout=60)[0].startswith("sha256:")
    assert process.returncode == 0


def test_a_wrong_key_is_told_before_anything_is_written(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(signing.VARIABLE, "no key")
    ledger = Evidence(root / ".phaseline", root)
    with pytest.raises(InvalidConfiguration):
        ledger.ready()
    assert ledger.head == ""
    assert not (root / ".phaseline").exists()
