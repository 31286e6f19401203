"""OSV's database of vulnerabilities: https://google.github.io/osv.dev/api.

`POST /v1/querybatch` answers the IDs for each package, in the order of the questions, a page at a
time; `GET /v1/vulns/ID` answers one record (schema: https://ossf.github.io/osv-schema).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phaseline.core.errors import CommandFailed, Unreachable

if TYPE_CHECKING:
    import httpx

_AT_ONCE = 1000  # the API's limit
_PAGES = 100
_CONNECT, _READ = 3.0, 30.0


@dataclass(frozen=True)
class Question:
    """One package: `Debian:12`, `PyPI` or `npm`, its name there, its version."""

    ecosystem: str
    name: str
    version: str


@dataclass(frozen=True)
class Vulnerability:
    """One record.

    Attributes:
        aliases: its other names, such as a CVE's.
        vector: of CVSS 3 or 4; empty where the record has none.
        rating: the word that the record's own database has for it; empty where it has none.
        fixed: by ecosystem and name of a package, the versions that are the first without it.
    """

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    vector: str = ""
    rating: str = ""
    fixed: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


class Database:
    """The API at one address.

    Raises (each method):
        Unreachable: it does not answer, or says that it cannot.
        CommandFailed: its answer is not as documented.
    """

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    def affecting(self, questions: Sequence[Question]) -> dict[Question, list[str]]:
        """The IDs of what is known of each package; packages without any are left out."""
        found: dict[Question, list[str]] = {}
        for start in range(0, len(questions), _AT_ONCE):
            for question, name in self._pages(questions[start : start + _AT_ONCE]):
                found.setdefault(question, []).append(name)
        return found

    def record(self, name: str) -> Vulnerability:
        """What is known of one vulnerability."""
        content = self._asked("GET", f"/v1/vulns/{name}")
        try:
            return _read(content)
        except (KeyError, TypeError, AttributeError) as error:
            raise self._other() from error

    def _pages(self, questions: Sequence[Question]) -> Iterator[tuple[Question, str]]:
        pending = [(question, "") for question in questions]
        for _ in range(_PAGES):
            if not pending:
                return
            body = {"queries": [_query(question, page) for question, page in pending]}
            results = self._asked("POST", "/v1/querybatch", body).get("results")
            if not isinstance(results, list) or len(results) != len(pending):
                raise self._other()
            answered = list(zip((question for question, _ in pending), results, strict=True))
            for question, result in answered:
                yield from ((question, str(one["id"])) for one in result.get("vulns") or ())
            pages = [(q, str(result.get("next_page_token") or "")) for q, result in answered]
            pending = [(question, page) for question, page in pages if page]

    def _asked(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        import httpx

        limits = httpx.Timeout(_READ, connect=_CONNECT)
        try:
            answer = httpx.request(method, f"{self._address}{path}", json=body, timeout=limits)
        except httpx.TransportError as error:
            why = str(error) or type(error).__name__
            raise Unreachable(f"{self._address} does not answer", why=why) from error
        return self._content(answer)

    def _content(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code != 200:
            raise Unreachable(f"{self._address} answers {answer.status_code}")
        try:
            content = answer.json()
        except ValueError as error:
            raise CommandFailed(f"{self._address} does not answer with JSON") from error
        if not isinstance(content, dict):
            raise self._other()
        return content

    def _other(self) -> CommandFailed:
        return CommandFailed(f"{self._address} answers otherwise than documented")


def _query(question: Question, page: str) -> dict[str, Any]:
    package = {"ecosystem": question.ecosystem, "name": question.name}
    query: dict[str, Any] = {"package": package, "version": question.version}
    return {**query, "page_token": page} if page else query


def _read(content: Mapping[str, Any]) -> Vulnerability:
    vectors = [one.get("score", "") for one in content.get("severity") or ()]
    fixed: dict[tuple[str, str], tuple[str, ...]] = {}
    for affected in content.get("affected") or ():
        package = affected.get("package") or {}
        name = str(package.get("ecosystem", "")), str(package.get("name", ""))
        fixed[name] = (*fixed.get(name, ()), *_fixes(affected))
    return Vulnerability(
        id=str(content["id"]),
        aliases=tuple(content.get("aliases") or ()),
        summary=str(content.get("summary") or ""),
        vector=next((one for one in vectors if str(one).startswith("CVSS:")), ""),
        rating=str((content.get("database_specific") or {}).get("severity") or ""),
        fixed=fixed,
    )


def _fixes(affected: Mapping[str, Any]) -> Iterator[str]:
    for one in affected.get("ranges") or ():
        if one.get("type") != "GIT":
            yield from (str(event["fixed"]) for event in one["events"] if "fixed" in event)
