"""scripts/validate-quickstart.sh over documents whose commands take no time."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from phaseline.operators.validation.quickstart import DOCUMENT, SCRIPT
from tests.deployment.workspace import CHECKOUT

pytestmark = pytest.mark.slow

GOOD = """
# Words

```sh
export GREETING=hello
echo one; echo two
echo three
```

```text
one
th…e
```

```sh
echo "$GREETING in $PWD"
test ! -e .git && test -e tasks.py
```

```text
hello in /tmp/pl-quick…
```
"""


def ran(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    document = folder / "document.md"
    document.write_text(text)
    return subprocess.run(
        ("bash", str(CHECKOUT / SCRIPT), str(document)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_blocks_run_in_one_shell_in_a_clean_copy_and_keep_what_they_promise(
    tmp_path: Path,
) -> None:
    ended = ran(tmp_path, GOOD)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == "2 blocks, 3 promises kept"
    assert list(Path("/tmp").glob("pl-quick*/checkout/tasks.py")) == []  # noqa: S108


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```sh\necho one\n```\n```text\ntwo\n```\n", "it does not print: two"),
        ("```sh\necho b; echo a\n```\n```text\na\nb\n```\n", "it does not print: b"),
        ("```sh\ntrue\nfalse\ntrue\n```\n", "it ended with exit code 1"),
        ("```sh\nno-such-program-here\n```\n", "it ended with exit code 127"),
        ("```sh\ntrue\n", "a block without an end"),
        ("```text\none\n```\n", "text before the first commands"),
        ("words\n", "there are no commands"),
    ],
)
def test_what_is_not_as_promised_is_named(tmp_path: Path, text: str, told: str) -> None:
    ended = ran(tmp_path, text)
    assert ended.returncode == 1
    assert told in ended.stderr


def test_each_block_of_the_quickstart_but_two_promises_something() -> None:
    text = (CHECKOUT / DOCUMENT).read_text()
    assert text.count("```sh\n") - text.count("```text\n") == 2
