"""Where there is evidence, a replay trusts it and not the records; where it is unsound, nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from phaseline.core.errors import CannotReplay
from phaseline.core.files import digest_text
from phaseline.core.workspace import Context
from phaseline.engine import bundle, record, signing
from phaseline.engine.comparison import Row, Verdict
from phaseline.engine.evidence import Evidence
from phaseline.engine.graph import Graph
from phaseline.engine.recorded import Trust
from phaseline.engine.replay import Replay
from phaseline.engine.schedule import Run
from tests.unit.engine import toy

GRAPH = toy.one_phase(toy.join_step("a", inputs=("in",)), toy.join_step("b", needs=("a",)))


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A workspace in which all was run, with evidence."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv(signing.VARIABLE, raising=False)
    root = tmp_path / "w"
    root.mkdir()
    (root / "in").write_text("as it was\n")
    context = toy.workspace(root)
    ledger = Evidence(context.state, root)
    run = Run(graph=GRAPH, context=context, watcher=toy.Noted(), id="first", ledger=ledger)
    run.run(list(GRAPH))
    return context


def trusted(head: str = "") -> Trust:
    own = signing.own_key()
    assert own
    return Trust((own,), head)


def replayed(context: Context, trust: Trust, graph: Graph = GRAPH) -> list[Row]:
    return Replay(graph, context, toy.Noted(), lambda made: None, trust).run(["all"])


def verdicts(rows: list[Row]) -> dict[str, Verdict]:
    return {row.output: row.verdict for row in rows}


def rewrite(context: Context, *envelopes: bytes) -> None:
    bundle.place(context.state).write_bytes(b"".join(envelopes))


def test_sound_evidence_is_compared(context: Context) -> None:
    head = Evidence(context.state, context.workspace.root).head
    found = verdicts(replayed(context, trusted(head)))
    assert found == {"a.out": Verdict.IDENTICAL, "b.out": Verdict.IDENTICAL}


def test_evidence_wins_over_records(context: Context) -> None:
    kept = record.load(context.state, "a")
    assert kept
    record.save(context.state, kept._replace(outputs={"a.out": digest_text("other")}))
    assert verdicts(replayed(context, trusted()))["a.out"] is Verdict.IDENTICAL


def test_a_record_whose_inputs_are_not_those_of_the_evidence_is_refused(context: Context) -> None:
    kept = record.load(context.state, "a")
    assert kept
    parts = {**kept.parts, "inputs": {"in": digest_text("other")}}
    record.save(context.state, kept._replace(parts=parts))
    with pytest.raises(CannotReplay, match="a cannot be replayed") as caught:
        replayed(context, trusted())
    assert "no evidence of its run first with the recorded inputs" in caught.value.why


def test_a_changed_envelope_is_refused(context: Context) -> None:
    first, second = bundle.lines(context.state)
    content = json.loads(second) | {"payload": json.loads(first)["payload"]}
    rewrite(context, first, json.dumps(content).encode() + b"\n")
    with pytest.raises(CannotReplay, match="cannot be trusted") as caught:
        replayed(context, trusted())
    assert caught.value.why.startswith("2 ")


def test_a_cut_off_end_is_refused_given_the_head(context: Context) -> None:
    head = Evidence(context.state, context.workspace.root).head
    rewrite(context, bundle.lines(context.state)[0])
    with pytest.raises(CannotReplay, match="cannot be trusted"):
        replayed(context, trusted(head))


def test_no_evidence_at_all_is_refused_given_the_head(context: Context) -> None:
    head = Evidence(context.state, context.workspace.root).head
    rewrite(context)
    with pytest.raises(CannotReplay, match="cannot be trusted"):
        replayed(context, trusted(head))


def test_an_unknown_key_is_refused(context: Context) -> None:
    with pytest.raises(CannotReplay, match="cannot be trusted") as caught:
        replayed(context, Trust())
    assert "untrusted key" in caught.value.why
