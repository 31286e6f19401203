"""Images against a real daemon: made, rebuilt, judged, run, proved, removed."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from phaseline.core.errors import CheckFailed, CommandFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.images import saved
from phaseline.operators.images.archive import CREATED
from phaseline.operators.images.base import base_image
from phaseline.operators.images.build import FRESH, build
from phaseline.operators.images.canonical import rewrite
from phaseline.operators.images.checks.image import check_image
from phaseline.operators.images.daemon import connected, find
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.operators.images.gate import check_images
from phaseline.operators.images.model import load_images, store
from phaseline.operators.images.ownership import KEPT, MOST, own, own_reference
from phaseline.operators.images.remove import remove_images
from phaseline.operators.images.standing import base_image_stands, build_stands
from phaseline.operators.images.stored import stored
from phaseline.operators.images.trial import check_runs
from phaseline.process.run import run
from phaseline.tools import docker
from tests.contract.images.scratch import DOCKERFILE, PROGRAM, Scratch


def containerize(context: Context) -> Report:
    base_image(context)
    render_dockerfile(context)
    return build(context)


def test_an_image_is_made_from_packages_runs_and_is_proved(scratch: Scratch) -> None:
    context = scratch.write()
    report = containerize(context)

    record = load_images(context)["app"]
    assert record.route == "packages"
    assert record.tag == record.id.removeprefix("sha256:")[:12]
    assert report.identity == {"app": record.id}
    assert base_image_stands(context).stands
    assert build_stands(context).stands
    assert check_image(context).summary == "the image: no findings"
    assert "app: ready after" in check_runs(context).summary
    assert "1 images are there" in check_images(context).summary


def test_the_same_source_gives_the_same_image_and_another_another(scratch: Scratch) -> None:
    first = containerize(scratch.write()).identity
    again = containerize(scratch.write()).identity
    other = containerize(scratch.write(program=PROGRAM + "# one line\n")).identity
    assert first == again != other


def test_read_in_place_and_exported_an_image_becomes_the_same(
    scratch: Scratch, tmp_path: Path
) -> None:
    code = "import os; os.link('/main.py', '/a.py'); os.remove('/etc/passwd')"
    change = f'USER 0\nRUN ["python3", "-c", "{code}"]\nUSER'
    context = scratch.write(dockerfile=DOCKERFILE.replace("USER", change, 1))
    containerize(context)
    ids = []
    with connected() as client:
        image = client.images.get(load_images(context)["app"].id)
        run(docker.command("save", f"--output={tmp_path / 'export.tar'}", str(image.id)))
        near = stored(image)
        assert near
        ids.append(rewrite(near, tmp_path / "near.tar", "x:1", {}))
    with saved.opened(tmp_path / "export.tar") as export:
        ids.append(rewrite(export, tmp_path / "far.tar", "x:1", {}))
    assert ids == [image.id] * 2
    assert (tmp_path / "near.tar").read_bytes() == (tmp_path / "far.tar").read_bytes()


def test_a_removed_image_is_noticed(scratch: Scratch) -> None:
    context = scratch.write()
    containerize(context)
    with connected() as client:
        record = load_images(context)["app"]
        for tag in (record.reference, own_reference(context, record)):
            client.images.remove(tag, force=True)
    assert not build_stands(context).stands
    with pytest.raises(CheckFailed, match="are not those that were built"):
        check_images(context)


def test_teardown_leaves_no_image_and_no_record(scratch: Scratch) -> None:
    context = scratch.write()
    containerize(context)
    remove_images(context)
    with connected() as client:
        names = [tag for image in client.images.list() for tag in image.tags]
    ours = (context.workspace.id, f"/{context.pipeline.application}/")
    assert not [name for name in names if any(one in name for one in ours)]
    assert load_images(context) == {}
    assert not build_stands(context).stands


def test_an_image_under_a_false_record_is_not_proved(scratch: Scratch) -> None:
    context = scratch.write()
    containerize(context)
    record = load_images(context)["app"]
    store(context, "app", dataclasses.replace(record, id="sha256:" + "0" * 64))
    assert not build_stands(context).stands
    with pytest.raises(CheckFailed) as caught:
        check_images(context)
    assert record.id in caught.value.why


def test_a_build_that_fails_says_where(scratch: Scratch) -> None:
    context = scratch.write(dockerfile=DOCKERFILE + 'RUN ["python3", "-c", "raise SystemExit(7)"]')
    with pytest.raises(CommandFailed) as caught:
        containerize(context)
    assert "SystemExit(7)" in caught.value.why
    assert "app" not in load_images(context)


def test_a_build_has_no_network(scratch: Scratch) -> None:
    code = "print(sorted(line.split(':')[0].strip() for line in open('/proc/net/dev'))[2:])"
    command = f'RUN ["python3", "-c", "{code}; raise SystemExit(1)"]'
    with pytest.raises(CommandFailed) as caught:
        containerize(scratch.write(dockerfile=DOCKERFILE.replace("USER", command + "\nUSER")))
    assert "['lo']" in caught.value.why


@pytest.mark.parametrize(
    ("program", "what", "why"),
    [
        ("print('cannot'); raise SystemExit(3)", "ended with code 3", "cannot"),
        ("open('/file', 'w')", "ended with code 1", "Read-only file system"),
        ("import os; os.setuid(0)", "ended with code 1", "Operation not permitted"),
        (
            "import socket; socket.create_connection(('192.0.2.1', 80), 2)",
            "ended with code 1",
            "Network is unreachable",
        ),
        (PROGRAM.replace("sys.exit(0)", "None") + "\nwhile True: signal.pause()", "still runs", ""),
    ],
)
def test_an_image_that_does_not_run_as_it_must(
    scratch: Scratch, program: str, what: str, why: str
) -> None:
    context = scratch.write(program=program)
    containerize(context)
    with pytest.raises(CheckFailed) as caught:
        check_runs(context)
    assert what in caught.value.what
    assert why in caught.value.why
    with connected() as client:
        names = [container.name for container in client.containers.list(all=True)]
    assert f"{context.workspace.id}-trial-app" not in names


def test_files_and_folders_of_a_trial_are_there(scratch: Scratch) -> None:
    program = "print(open('/etc/app/setting').read()); open('/data/x', 'w')\n" + PROGRAM
    how = {"logs": "works", "files": {"/etc/app/setting": "given"}, "folders": ["/data"]}
    context = scratch.write(program=program, try_out=how)
    containerize(context)
    assert "ready after" in check_runs(context).summary


def test_an_image_that_is_named_is_used_as_it_stands(scratch: Scratch) -> None:
    containerize(scratch.write())
    built = load_images(scratch.context())["app"]
    with connected() as client:
        client.images.get(built.id).tag("localhost/elsewhere", "1")
    try:
        context = scratch.write(build=None, image="localhost/elsewhere:1")
        build(context)
        record = load_images(context)["app"]
        assert (record.id, record.route) == (built.id, "pulled")
        assert "1 images are there" in check_images(context).summary
    finally:
        with connected() as client:
            client.images.remove("localhost/elsewhere:1")


def test_old_images_of_a_component_are_forgotten(scratch: Scratch) -> None:
    for number in range(MOST + 1):
        containerize(scratch.write(program=f"{PROGRAM}# {number}\n"))
    context = scratch.context()
    newest = load_images(context)["app"]
    with connected() as client:
        for repository in (newest.repository, own(context, "app")):
            known = client.images.list(name=repository)
            assert len(known) == KEPT
            assert find(client, newest.reference) in known


def test_a_base_is_loaded_anew_with_the_same_id(scratch: Scratch) -> None:
    context = scratch.write()
    first = base_image(context).identity
    remove_images(context)
    assert not base_image_stands(context).stands
    assert base_image(context).identity == first


@pytest.fixture
def neighbour(scratch: Scratch) -> Iterator[Scratch]:
    """A second workspace of the same application."""
    folder = scratch.root / "neighbour"
    folder.mkdir()
    workspace = Scratch(folder)
    yield workspace
    if (folder / "pipeline.yaml").exists():
        remove_images(workspace.context())


def test_images_that_another_workspace_uses_stay(scratch: Scratch, neighbour: Scratch) -> None:
    context, other = scratch.write(), neighbour.write()
    containerize(context)
    containerize(other)
    assert load_images(context) == load_images(other)
    reference = load_images(other)["app"].reference
    remove_images(context)
    assert base_image_stands(other).stands
    assert build_stands(other).stands
    remove_images(other)
    with connected() as client:
        assert find(client, reference) is None


def test_an_image_that_is_only_a_neighbours_is_noticed(
    scratch: Scratch, neighbour: Scratch
) -> None:
    context = scratch.write()
    containerize(context)
    containerize(neighbour.write())
    with connected() as client:
        for tag in ("latest", load_images(context)["app"].tag):
            client.images.remove(f"{own(context, 'app')}:{tag}")
    assert not build_stands(context).stands


def test_built_afresh_elsewhere_and_later_it_is_the_same_image(
    scratch: Scratch, neighbour: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the second's folders, files and dates are others, and it builds without the cache
    code = "import os; os.makedirs('/made/in/build'); os.link('/main.py', '/made/in/build/again')"
    lines = f'USER 0\nWORKDIR /work\nRUN ["python3", "-c", "{code}"]\nUSER {{{{ user }}}}\n'
    dockerfile = DOCKERFILE.replace("USER {{ user }}:{{ user }}\n", lines)
    first = containerize(scratch.write(dockerfile=dockerfile)).identity
    context = neighbour.write(dockerfile=dockerfile)
    os.utime(neighbour.root / "app/main.py", (1, 1))
    monkeypatch.setenv(FRESH, "1")
    assert containerize(context).identity == first
    records = [load_images(scratch.context()), load_images(context)]
    assert records[0] == records[1]
    with connected() as client:
        created = client.images.get(records[1]["app"].reference).attrs["Created"]
    assert created == CREATED


def test_containers_of_a_killed_check_go_with_the_images(scratch: Scratch) -> None:
    context = scratch.write()
    containerize(context)
    with connected() as client:
        image = own_reference(context, load_images(context)["app"])
        left = client.containers.create(image, network_mode="none")
        remove_images(context)
        assert left.id not in [one.id for one in client.containers.list(all=True)]


def test_components_are_taken_from_the_context_alone(scratch: Scratch) -> None:
    nothing = dataclasses.replace(scratch.write(), given=())
    assert base_image(nothing).identity == {}
    assert build(nothing).identity == {}
