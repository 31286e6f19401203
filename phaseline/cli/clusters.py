"""The cluster's health and configuration, as tables or as JSON; colours only on a terminal."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from phaseline.cli.edge import say
from phaseline.core.errors import HostUnfit
from phaseline.core.finding import Finding
from phaseline.core.workspace import Context
from phaseline.operators.clusters.use import Use

VERSION = 1
_WIDE = 400  # where nobody looks, no line is broken


def status(context: Context, *, as_json: bool) -> int:
    """Print whether the cluster is well, and what it uses; exit code 1 when something is wrong."""
    from phaseline.operators.clusters import access, health, model

    state = model.require(context)
    found = health.look(context)
    checks = (*found.findings, *found.tenants)
    processes = [
        {"process": name, **unit} for name, unit in access.provider(context).status().units.items()
    ]
    if as_json:
        told = {
            "version": VERSION,
            "provider": state.provider,
            "name": state.name,
            "kubernetes": state.kubernetes,
            "well": found.well,
            "checks": _rows(checks),
            "processes": processes,
            "nodes": [asdict(one) for one in found.nodes],
            "namespaces": [asdict(one) for one in found.namespaces],
        }
        say(json.dumps(told, indent=2))
    else:
        bad = sum(not one.fit for one in checks)
        verdict = f"{bad} of {len(checks)} checks failed" if bad else "all is well"
        _print(
            _checks(checks),
            _use("node", found.nodes),
            _use("namespace", found.namespaces),
            f"{state.provider} {state.kubernetes}, {state.name}: {verdict}",
        )
    return 0 if found.well else 1


def validate(context: Context, *, as_json: bool) -> int:
    """Print whether this machine has what is asked for; exit code 3 when it has not."""
    from phaseline.operators.clusters.requirements import requirements

    found = requirements(context)
    bad = sum(not one.fit for one in found)
    if as_json:
        told = {"version": VERSION, "fit": not bad, "checks": _rows(found)}
        say(json.dumps(told, indent=2))
    else:
        verdict = f"{bad} of {len(found)} checks failed" if bad else "this machine will do"
        _print(_checks(found), verdict)
    return HostUnfit.exit_code if bad else 0


def _rows(found: Iterable[Finding]) -> list[dict[str, str]]:
    return [
        {
            "check": one.name,
            "state": "ok" if one.fit else "not ok",
            "seen": one.seen,
            "fix": "" if one.fit else one.fix,
        }
        for one in found
    ]


def _checks(found: Iterable[Finding]) -> Table:
    table = _table("check", "state", "seen", "fix")
    for row in _rows(found):
        style = "green" if row["state"] == "ok" else "bold red"
        table.add_row(row["check"], Text(row["state"], style), Text(row["seen"]), Text(row["fix"]))
    return table


def _use(title: str, rows: Iterable[Use]) -> Table:
    """Used, asked for, and allowed: of a node the last is what it has."""
    table = _table(title, "pods", "cpu", "asked", "of", "memory MiB", "asked", "limits", "of")
    for one in rows:
        table.add_row(
            one.name,
            str(one.pods),
            _cores(one.cpu),
            _cores(one.requests.get("cpu")),
            _cores(one.allocatable.get("cpu")),
            _mebi(one.memory),
            _mebi(one.requests.get("memory")),
            _mebi(one.limits.get("memory")),
            _mebi(one.allocatable.get("memory")),
        )
    return table


def _table(*names: str) -> Table:
    return Table(*names, box=None, pad_edge=False, show_edge=False)


def _cores(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _mebi(value: float | None) -> str:
    return "" if value is None else f"{value / 2**20:.0f}"


def _print(*parts: Any) -> None:
    wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE
    console = Console(highlight=False, width=wide)
    for number, part in enumerate(parts):
        if isinstance(part, str):
            console.print(f"\n{part}", markup=False)
        elif part.row_count:
            console.print(*([""] if number else []), part, sep="\n")
