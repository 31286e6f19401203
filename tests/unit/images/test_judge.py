"""T009's judgement, as a table: one image is faultless, each case spoils one thing."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from typing import Any

import pytest

from phaseline.operators.images.checks.finding import Sheet, settled
from phaseline.operators.images.checks.judge import judge, unused
from phaseline.operators.images.checks.rules import RULES
from tests.unit.images.surveyed import Files, component, good_run, image_of

pytestmark = pytest.mark.usefixtures("own_cache")

GOOD: Files = {"/app/main.py": b"print()", "/usr/bin/python3": (b"elf", 0o755)}
KEY = "AK" + "IA" + "Z" * 16


def member(mode: int = 0o644, **fields: Any) -> tarfile.TarInfo:
    header = tarfile.TarInfo()
    header.mode = mode
    for name, value in fields.items():
        setattr(header, name, value)
    return header


def rules(files: Files, run: dict[str, Any] | None = None, **fields: object) -> list[str]:
    found = judge(component(**fields), image_of(GOOD, files, run=run), 0)
    return [f"{one.rule} {one.place}".strip() for one in found]


def test_a_good_image_has_no_finding() -> None:
    assert rules({"/etc/passwd": b"root:x:0:0::/:/none"}) == []


CAPABLE = {"SCHILY.xattr.security.capability": "\x01\x00\x00\x02"}
FAULTY_FILES: list[tuple[Files, str]] = [
    ({"/bin/su": (b"", 0o4755)}, "IMG004 /bin/su"),
    ({"/bin/wall": (b"", 0o2755)}, "IMG004 /bin/wall"),
    ({"/bin/ping": member(pax_headers=CAPABLE)}, "IMG003 /bin/ping"),
    ({"/bin/sh": member(type=tarfile.SYMTYPE, linkname="dash")}, "IMG005 /bin/sh"),
    ({"/usr/local/bin/busybox": b""}, "IMG005 /usr/local/bin/busybox"),
    ({"/usr/bin/apt-get": b""}, "IMG006 /usr/bin/apt-get"),
    ({"/app/config": (b"", 0o666)}, "IMG007 /app/config"),
    ({"/data": member(0o777, type=tarfile.DIRTYPE)}, "IMG007 /data"),
    ({"/app/code.py": member(0o644, uid=10001)}, "IMG007 /app/code.py"),
    ({"/app/code.py": member(0o664, gid=10001)}, "IMG007 /app/code.py"),
    ({"/dev/kmsg": member(type=tarfile.CHRTYPE)}, "IMG017 /dev/kmsg"),
    ({"/root/.aws/credentials": KEY.encode()}, "IMG011 /root/.aws/credentials"),
    ({"/big": b"x" * 1_000_001}, "IMG001"),
]


@pytest.mark.parametrize(("files", "expected"), FAULTY_FILES)
def test_each_faulty_file_is_found(files: Files, expected: str) -> None:
    assert rules(files) == [expected]


HARMLESS: list[Files] = [
    {"/tmp": member(0o1777, type=tarfile.DIRTYPE)},  # noqa: S108 - a path inside an image
    {"/usr/share/doc/bash": b""},
    {"/app/link": member(0o777, type=tarfile.SYMTYPE, linkname="main.py")},
    {"/app/code.py": member(0o444, uid=10001)},
    {"/big": b"x" * 900_000},
]


@pytest.mark.parametrize("files", HARMLESS)
def test_what_only_looks_like_a_fault_is_none(files: Files) -> None:
    assert rules(files) == []


def _without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda run: run["Labels"].pop(f"org.opencontainers.image.{name}")


FAULTY_SETTINGS: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda run: run.update(User=""), "IMG002"),
    (lambda run: run.update(User="0"), "IMG002"),
    (lambda run: run.update(User="nobody"), "IMG002"),
    (lambda run: run.update(ExposedPorts=None), "IMG008"),
    (lambda run: run["ExposedPorts"].update({"22/tcp": {}}), "IMG008"),
    (lambda run: run.update(Healthcheck=None), "IMG009"),
    (lambda run: run.update(Healthcheck={"Test": ["NONE"]}), "IMG009"),
    (lambda run: run.update(Volumes={"/data": {}}), "IMG013 /data"),
    (_without("title"), "IMG010 org.opencontainers.image.title"),
    (_without("revision"), "IMG010 org.opencontainers.image.revision"),
    (lambda run: run["Env"].append("DB_PASSWORD=hunter2"), "IMG012 ENV DB_PASSWORD"),
    (lambda run: run["Env"].append("URL=x://u:pw@host/"), "IMG012 ENV URL"),
    (lambda run: run["Labels"].update(note=KEY), "IMG012 LABEL note"),
]


@pytest.mark.parametrize(("spoil", "expected"), FAULTY_SETTINGS)
def test_each_faulty_setting_is_found(
    spoil: Callable[[dict[str, Any]], object], expected: str
) -> None:
    run = good_run()
    spoil(run)
    assert rules({}, run) == [expected]


def test_a_secret_that_a_later_layer_deletes_is_found() -> None:
    hidden = image_of({"/root/.npmrc": b"//r/:_authToken=abcdefgh"}, {"/root/.wh..npmrc": b""})
    (finding,) = judge(component(), hidden, 0)
    assert (finding.rule, finding.place) == ("IMG011", "/root/.npmrc")
    assert finding.what == "npm registry login in layer 1, hidden by a later one"


def test_a_finding_never_shows_the_secret() -> None:
    image = image_of({"/a": KEY.encode()}, history=((f"ENV X_TOKEN={KEY}", 0),))
    found = judge(component(), image, 0)
    assert {one.rule for one in found} == {"IMG011", "IMG012"}
    assert KEY not in repr(found)


def test_a_fault_that_a_later_layer_mends_is_none() -> None:
    image = image_of(
        {"/bin/su": (b"", 0o4755), "/bin/sh": b""}, {"/bin/su": b"", "/bin/.wh.sh": b""}
    )
    assert judge(component(), image, 0) == []


def test_a_tag_is_no_pin() -> None:
    assert rules({}, image="registry.invalid/thing:1") == ["IMG014"]


def test_a_layer_that_is_not_what_it_says_is_found() -> None:
    found = judge(component(), image_of(GOOD, false=("sha256:22",)), 0)
    assert [(one.rule, one.place) for one in found] == [("IMG015", "sha256:22")]


def test_the_budget_names_the_layers_that_cost_most() -> None:
    history = (("COPY first", 300_000), ("ENV none", 0), ("COPY second", 900_000))
    image = image_of({"/a": b"x" * 300_000}, {"/b": b"x" * 900_000}, history=history)
    (finding,) = judge(component(), image, 0)
    assert finding.what == "1.2 MB of 1 MB: 0.9 MB by 'COPY second'; 0.3 MB by 'COPY first'"


def test_an_upstream_base_is_told_but_not_held_against_the_component() -> None:
    base: Files = {"/bin/sh": b"", "/bin/su": (b"", 0o4755), "/lib": b"x" * 1_500_000}
    image = image_of(base, {"/usr/bin/bash": b""})
    found = {one.place: one for one in judge(component(), image, 1)}
    assert set(found) == {"/bin/sh", "/bin/su", "/usr/bin/bash"}  # and the base's size is none
    assert found["/bin/sh"].allowed == "it comes with the upstream base"
    assert not found["/bin/su"].fails
    assert found["/usr/bin/bash"].fails


def test_what_pipeline_yaml_allows_passes_with_its_reason_and_nothing_else_does() -> None:
    allows = [{"rule": "IMG005", "places": ["/bin/sh"], "reason": "initdb calls it"}]
    judged = component(allows=allows)
    image = image_of({"/bin/sh": b"", "/bin/bash": b""})
    found = settled(judge(judged, image, 0), judged.allows)
    assert {one.place: one.fails for one in found} == {"/bin/sh": False, "/bin/bash": True}
    assert [one.allowed for one in found if one.allowed] == ["pipeline.yaml: initdb calls it"]


def test_an_allowance_that_nothing_needs_is_told() -> None:
    allows = [
        {"rule": "IMG005", "reason": "there was a shell once"},
        {"rule": "CVE-2026-1", "reason": "it is not used here"},
    ]
    judged = component(allows=allows)
    told = [(one.rule, one.place) for one in unused(judged, Sheet())]
    assert told == [("IMG016", "IMG005"), ("IMG016", "CVE-2026-1")]
    skipped = Sheet(skipped=("vulnerabilities, for want of a network",))
    assert [one.place for one in unused(judged, skipped)] == ["IMG005"]
    found = judge(judged, image_of({"/bin/sh": b""}), 0)
    assert [one.place for one in unused(judged, Sheet(findings=tuple(found)))] == ["CVE-2026-1"]


def test_every_rule_has_a_case_here() -> None:
    """IMG016 and IMG015 have tests of their own."""
    cases = [one for _, one in FAULTY_FILES] + [one for _, one in FAULTY_SETTINGS]
    shown = {case.partition(" ")[0] for case in cases} | {"IMG014", "IMG015", "IMG016"}
    assert shown == set(RULES)
