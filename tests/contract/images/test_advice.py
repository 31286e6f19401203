"""A patch on trial with a real daemon: an image that does not run any more is rolled back."""

from __future__ import annotations

from pathlib import Path

from phaseline.operators.images.daemon import connected
from phaseline.operators.images.model import load_images
from tests.contract.assistants.programs import answer
from tests.contract.assistants.server import completion, serving
from tests.contract.images.scratch import DOCKERFILE, Scratch
from tests.unit.command_line import invoke

TASKS = """
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.engine.graph import Graph, Phase, check, make
from phaseline.operators.images.base import base_image
from phaseline.operators.images.build import build
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.operators.images.gate import check_images
from phaseline.operators.images.standing import base_image_stands, build_stands
from phaseline.operators.images.trial import check_runs

STEPS = (
    make("T007.base", "Base", base_image, settings=("bases",),
         outputs=("{state}/images/base-*.json",), probe=base_image_stands),
    make("T007.dockerfile", "File", render_dockerfile, role="backend",
         inputs=("{dockerfile}",), outputs=("{folder}/Dockerfile",)),
    make("T007.image", "Image", build, role="backend", inputs=("{sources}",),
         needs=("T007.base", "T007.dockerfile"), outputs=("{state}/images/{name}.json",),
         probe=build_stands),
    check("T010", "It runs", check_runs, needs=("T007.image",)),
    check("T012", "It is there", check_images, needs=("T007.image",)),
)
GRAPH = Graph([Phase(number=2, name="containerize", title="Images", steps=STEPS)])
namespace = collection(GRAPH, Path(__file__).parent, everything=("containerize",))
"""
PATH = "app.Dockerfile.j2"
BROKEN = f"""\
--- a/{PATH}
+++ b/{PATH}
@@ -5,2 +5,2 @@
-COPY main.py /main.py
+COPY main.py /other/main.py
 USER {{{{ user }}}}:{{{{ user }}}}
"""


def built(scratch: Scratch) -> str:
    return load_images(scratch.context())["app"].id


def test_the_image_is_again_what_it_was(scratch: Scratch) -> None:
    scratch.write()
    (scratch.root / "tasks.py").write_text(TASKS)
    assert invoke(scratch.root, "containerize").returncode == 0
    before = built(scratch)
    with serving() as chat:
        chat.replies = [completion(answer(BROKEN))]
        env = {"PHASELINE_MODEL": "small", "OPENAI_BASE_URL": chat.base}
        words = ("--assistant", "model", "--apply", "--yes")
        done = invoke(scratch.root, "image.advise", *words, env=env)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{PATH} is as it was: T010 fails" in done.stdout
    assert (scratch.root / PATH).read_text() == DOCKERFILE
    assert built(scratch) == before
    with connected() as client:
        assert client.images.get(load_images(scratch.context())["app"].reference)


def test_a_better_file_stays_and_its_image_runs(scratch: Scratch) -> None:
    context = scratch.write(dockerfile=DOCKERFILE.replace("COPY", "ADD"))
    (scratch.root / "tasks.py").write_text(TASKS)
    done = invoke(scratch.root, "image.advise", "--assistant", "rules", "--apply", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert Path(context.workspace.root, PATH).read_text() == DOCKERFILE
    assert built(scratch)
    assert invoke(scratch.root, "containerize", "--only", "T010").returncode == 0
