"""docs/checks.md, from the rules as they are in the code.

Run `python -m phaseline.operators.images.checks.reference > docs/checks.md`; a test compares.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from phaseline.operators.images.checks import secrets
from phaseline.operators.images.checks.lint import SEVERITIES
from phaseline.operators.images.checks.rules import RULES, Rule, Severity
from phaseline.tools.hadolint import Level

_HEAD = """\
<!-- Generated: python -m phaseline.operators.images.checks.reference > docs/checks.md -->
# Checks on images

`invoke containerize` judges each image; `invoke image.findings` shows the table again, and
`invoke image.list` the images with what was found. A finding of severity high or critical fails its
step.

What an image cannot do without is allowed in `pipeline.yaml`, by rule and place, with a reason that
the table shows:

```yaml
allows:
  - rule: IMG005
    places: [/bin/sh]
    reason: initdb runs its helpers through /bin/sh
```

- T009.dockerfiles: each Dockerfile, by hadolint's rules. What the file says to hadolint, such as
  `# hadolint ignore=DL3006`, is not heeded.
- T009.backend, .frontend, .database: layers, settings and history, by the rules below.
- T009.vulnerabilities: the packages in the bills of materials, asked for in OSV's database. Where
  that cannot be reached, the check is skipped, and said to be.
- T010.backend, .frontend, .database: the running container. It has a read-only root, no capability,
  nothing on its network and `try_out.memory_mb` of memory. It has to start, become healthy, and end
  within two seconds of SIGTERM.
- T012: all findings in one table, and that the daemon still has what was built.

`.phaseline/images/findings/` holds what was found, `.phaseline/images/sbom/` a bill of materials
for each image (CycloneDX 1.6), made from the image's own content: Debian's status files, the
metadata of Python distributions, `package.json` below `node_modules`, and `.vite/license.json`,
Vite's list of what it has bundled. A package is listed when part of it is in the image. All of it
is output of the steps, so their evidence carries its digests.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD, "## Rules\n", *(_rule(rule) for rule in RULES.values())]
    parts += ["## Severities of hadolint's levels\n", _table("level", "severity", SEVERITIES)]
    parts += ["## Forms of secrets\n", _forms()]
    return "\n".join(parts)


def _rule(rule: Rule) -> str:
    fails = ", fails the step" if rule.severity.fails else ""
    return (
        f"### {rule.id}: {rule.title}\n\n"
        f"Severity {rule.severity}{fails}. {rule.why}\n\n"
        f"To do: {rule.fix}.\n"
    )


def _table(first: str, second: str, rows: Mapping[Level, Severity]) -> str:
    lines = [f"| {first} | {second} |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows.items())]) + "\n"


def _forms() -> str:
    kinds = dict.fromkeys(form.kind for form in secrets.FORMS)
    named = ", ".join(f"`{name}`" for name in secrets.NAMED)
    return (
        "In files: " + ", ".join(kinds) + f"; and a password in {named}. Of compiled programs, "
        "private keys are not looked for: libraries carry some to test themselves.\n\n"
        "In environment, labels and history also: a value of a name that ends in password, secret, "
        "token or key, and an address with a password in it.\n"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
