"""Images against a real daemon: made, rebuilt, judged, run, proved, removed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from phaseline.core.errors import CheckFailed, CommandFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators import images
from phaseline.operators.images import load_images
from phaseline.operators.images.daemon import connected, find
from phaseline.operators.images.model import store
from tests.contract.images.scratch import DOCKERFILE, PROGRAM, Scratch


def containerize(context: Context) -> Report:
    images.base_image(context)
    images.render_dockerfile(context)
    return images.build(context)


def test_an_image_is_made_from_packages_runs_and_is_proved(scratch: Scratch) -> None:
    context = scratch.write()
    report = containerize(context)

    record = load_images(context)["app"]
    assert record.route == "packages"
    assert record.tag == record.id.removeprefix("sha256:")[:12]
    assert report.identity == {"app": record.id}
    assert images.base_image_stands(context).stands
    assert images.build_stands(context).stands
    assert "no fault, 0 tolerated" in images.check_size_and_security(context).summary
    assert "app: ready after" in images.check_runs(context).summary
    assert "1 images are there" in images.check_images(context).summary


def test_the_same_source_gives_the_same_image_and_another_another(scratch: Scratch) -> None:
    first = containerize(scratch.write()).identity
    again = containerize(scratch.write()).identity
    other = containerize(scratch.write(program=PROGRAM + "# one line\n")).identity
    assert first == again != other


def test_a_removed_image_is_noticed(scratch: Scratch) -> None:
    context = scratch.write()
    containerize(context)
    with connected() as client:
        client.images.remove(load_images(context)["app"].reference, force=True)
    assert not images.build_stands(context).stands
    with pytest.raises(CheckFailed, match="are not those that were built"):
        images.check_images(context)


def test_teardown_leaves_no_image_and_no_record(scratch: Scratch) -> None:
    context = scratch.write()
    containerize(context)
    images.remove_images(context)
    with connected() as client:
        names = [tag for image in client.images.list() for tag in image.tags]
    assert not [name for name in names if context.workspace.id in name]
    assert load_images(context) == {}
    assert not images.build_stands(context).stands


def test_an_image_under_a_false_record_is_not_proved(scratch: Scratch) -> None:
    context = scratch.write()
    containerize(context)
    record = load_images(context)["app"]
    store(context, "app", record.model_copy(update={"id": "sha256:" + "0" * 64}))
    assert not images.build_stands(context).stands
    with pytest.raises(CheckFailed) as caught:
        images.check_images(context)
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
    ("dockerfile", "component", "fault"),
    [
        (DOCKERFILE.replace("USER {{ user }}:{{ user }}\n", ""), {}, "root instead of 10001"),
        (DOCKERFILE.replace("EXPOSE {{ port }}", "EXPOSE 22"), {}, "22/tcp instead of 8000/tcp"),
        (DOCKERFILE, {"size_mb": 1}, "of 1 MB"),
        (DOCKERFILE.replace("/main.py\n", "/usr/bin/bash\n", 1), {}, "/usr/bin/bash"),
        (
            DOCKERFILE.replace(
                "USER",
                'RUN ["python3", "-c", "__import__(\'os\').chmod(\'/main.py\', 0o4755)"]\nUSER',
            ),
            {},
            "setuid files     fault      /main.py",
        ),
    ],
)
def test_a_faulty_image_is_told_by_its_fault(
    scratch: Scratch, dockerfile: str, component: dict[str, Any], fault: str
) -> None:
    context = scratch.write(dockerfile=dockerfile, **component)
    containerize(context)
    with pytest.raises(CheckFailed) as caught:
        images.check_size_and_security(context)
    assert caught.value.what.startswith("1 of 6 findings")
    assert fault in caught.value.why


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
        images.check_runs(context)
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
    assert "ready after" in images.check_runs(context).summary


def test_an_image_that_is_named_is_used_as_it_stands(scratch: Scratch) -> None:
    containerize(scratch.write())
    built = load_images(scratch.context())["app"]
    with connected() as client:
        client.images.get(built.id).tag("localhost/elsewhere", "1")
    try:
        context = scratch.write(build=None, image="localhost/elsewhere:1")
        images.build(context)
        record = load_images(context)["app"]
        assert (record.id, record.route) == (built.id, "pulled")
        assert "1 images are there" in images.check_images(context).summary
    finally:
        with connected() as client:
            client.images.remove("localhost/elsewhere:1")


def test_old_images_of_a_component_are_forgotten(scratch: Scratch) -> None:
    for number in range(7):
        containerize(scratch.write(program=f"{PROGRAM}# {number}\n"))
    context = scratch.context()
    newest = load_images(context)["app"]
    with connected() as client:
        known = client.images.list(name=newest.repository)
        assert len(known) == 5
        assert find(client, newest.reference) in known


def test_a_base_is_loaded_anew_with_the_same_id(scratch: Scratch) -> None:
    context = scratch.write()
    first = images.base_image(context).identity
    images.remove_images(context)
    assert not images.base_image_stands(context).stands
    assert images.base_image(context).identity == first


def test_a_base_that_another_workspace_uses_stays(scratch: Scratch) -> None:
    context = scratch.write()
    containerize(context)
    neighbour = scratch.root / "neighbour"
    neighbour.mkdir()
    other = Scratch(neighbour).write()
    containerize(other)
    try:
        images.remove_images(context)
        assert images.base_image_stands(other).stands
        assert images.build_stands(other).stands
    finally:
        images.remove_images(other)


def test_containers_of_a_killed_check_go_with_the_images(scratch: Scratch) -> None:
    context = scratch.write()
    containerize(context)
    with connected() as client:
        left = client.containers.create(load_images(context)["app"].reference, network_mode="none")
        images.remove_images(context)
        assert left.id not in [one.id for one in client.containers.list(all=True)]


def test_components_are_taken_from_the_context_alone(scratch: Scratch) -> None:
    nothing = dataclasses.replace(scratch.write(), components=())
    assert images.base_image(nothing).identity == {}
    assert images.build(nothing).identity == {}
