"""T009: what is known against the packages of each image, where a database can be reached."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from phaseline.core.errors import Unreachable
from phaseline.core.report import Report
from phaseline.core.settings import Component
from phaseline.core.workspace import Context
from phaseline.operators.images.checks.finding import Finding, Sheet, conclude, keep, settled
from phaseline.operators.images.checks.rules import Severity
from phaseline.operators.images.checks.sbom import place_of
from phaseline.operators.images.pulse import pulse
from phaseline.tools.osv import Database, Question, Vulnerability

KIND = "vulnerabilities"
_ECOSYSTEMS = {"pypi": "PyPI", "npm": "npm"}
_WORDS = {"moderate": Severity.MEDIUM, "none": Severity.INFO}
_UNRATED = Severity.MEDIUM


def check_vulnerabilities(context: Context) -> Report:
    """Ask the database that pipeline.yaml names for each package of each bill of materials.

    Where it cannot be reached, that is said, and the check counts as skipped.

    Raises:
        CheckFailed: with a table of the findings of severity high or above.
    """
    asked = [(one, questions(context, one)) for one in context.components]
    address = context.pipeline.vulnerabilities.database
    packages = sum(len(some) for _, some in asked)
    try:
        with pulse(f"asks {address} about {packages} packages"):
            sheets = _sheets(asked, Database(address))
    except Unreachable as error:
        why = f"{error.what}: {error.why}" if error.why else error.what
        sheets = [Sheet(skipped=(f"vulnerabilities, for {why}",)) for _ in asked]
    for (component, _), sheet in zip(asked, sheets, strict=True):
        keep(context, component.name, KIND, sheet)
    return Report(conclude(sheets, f"vulnerabilities of {packages} packages"))


def questions(context: Context, component: Component) -> dict[Question, str]:
    """What is asked for the component's image, and the package-url of each package."""
    content = json.loads(place_of(context, component.name).read_text())
    return {_question(one["purl"]): one["purl"] for one in content.get("components") or ()}


def _question(name: str) -> Question:
    from packageurl import PackageURL

    purl = PackageURL.from_string(name)
    if purl.type == "deb":  # the database knows source packages, by the release of Debian
        qualifiers = dict(purl.qualifiers) if isinstance(purl.qualifiers, dict) else {}
        release = str(qualifiers.get("distro", "")).rpartition("-")[2]
        source = str(qualifiers.get("upstream") or purl.name)
        return Question(f"Debian:{release}", source, str(purl.version))
    whole = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    return Question(_ECOSYSTEMS[purl.type], whole, str(purl.version))


def _sheets(
    asked: Sequence[tuple[Component, Mapping[Question, str]]], database: Database
) -> list[Sheet]:
    every = sorted({one for _, some in asked for one in some}, key=repr)
    known = database.affecting(every)
    records = {name: database.record(name) for names in known.values() for name in names}
    return [
        Sheet(
            findings=settled(
                (
                    _finding(component, question, purl, records[name])
                    for question, purl in some.items()
                    for name in _distinct(known.get(question, ()), records)
                ),
                component.allows,
            )
        )
        for component, some in asked
    ]


def _distinct(names: Iterable[str], records: Mapping[str, Vulnerability]) -> list[str]:
    """One name of each vulnerability: databases copy each other under names of their own."""
    seen: set[str] = set()
    kept = []
    for name in sorted(names):
        if seen.isdisjoint({name, *records[name].aliases}):
            kept.append(name)
        seen |= {name, *records[name].aliases}
    return kept


def _finding(component: Component, question: Question, purl: str, known: Vulnerability) -> Finding:
    fixes = known.fixed.get((question.ecosystem, question.name), ())
    also = f" ({', '.join(known.aliases[:2])})" if known.aliases else ""
    return Finding(
        rule=known.id,
        severity=severity(known),
        subject=component.name,
        place=purl.partition("?")[0],
        what=(known.summary or "no summary") + also,
        fix=f"take {question.name} {' or '.join(fixes)}" if fixes else "no version is fixed yet",
    )


def severity(known: Vulnerability) -> Severity:
    """How bad it is: by its CVSS vector, else by its database's word, else medium."""
    words = [_rated(known.vector), known.rating]
    for word in (one.lower() for one in words if one):
        if word in _WORDS:
            return _WORDS[word]
        if word in [str(one) for one in Severity]:
            return Severity(word)
    return _UNRATED


def _rated(vector: str) -> str:
    from cvss import CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    if not vector:
        return ""
    try:
        scored = CVSS4(vector) if vector.startswith("CVSS:4") else CVSS3(vector)
    except CVSSError:
        return ""
    return str(scored.severity if isinstance(scored, CVSS4) else scored.severities()[0])
