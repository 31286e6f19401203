"""Reading `pipeline.yaml`: what is wrong with it is told by field, before anything changes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import yaml
from pydantic import ValidationError

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.settings import Cluster, Pipeline, Wheels


def load_pipeline(root: Path, name: str = "pipeline.yaml") -> Pipeline:
    """Read and validate `root/name`, and see that the folders and files it names exist.

    Raises:
        InvalidConfiguration: naming the field and what is wrong with it.
    """
    path = root / name
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise InvalidConfiguration(
            f"there is no {name} in {root}", fix="run invoke in a folder that has one"
        ) from None
    except OSError as error:
        raise InvalidConfiguration(f"{name} cannot be read", why=str(error)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidConfiguration(
            f"{name} is not YAML", why=str(error), fix="correct the place that is named"
        ) from error
    try:
        pipeline = Pipeline.model_validate(content)
    except ValidationError as error:
        raise _explain(name, error) from error
    _check_paths(root, name, pipeline)
    return pipeline


def with_provider(pipeline: Pipeline, provider: str) -> Pipeline:
    """`pipeline` with another provider of the cluster.

    Raises:
        InvalidConfiguration: there is no such provider.
    """
    try:
        cluster = Cluster.model_validate({**pipeline.cluster.model_dump(), "provider": provider})
    except ValidationError as error:
        raise InvalidConfiguration(
            f"--cluster {provider}: there is no such provider",
            fix="one of embedded, minikube, context:NAME",
        ) from error
    return pipeline.model_copy(update={"cluster": cluster})


def _explain(name: str, error: ValidationError) -> InvalidConfiguration:
    faults = []
    for fault in error.errors(include_url=False, include_context=False):
        where = re.sub(r"\.(\d+)", r"[\1]", ".".join(str(part) for part in fault["loc"]))
        message = fault["msg"].removeprefix("Value error, ")
        faults.append(f"{where or name}: {message}")
    return InvalidConfiguration(
        f"{name} is not valid", why="; ".join(faults), fix="correct the field that is named"
    )


def _check_paths(root: Path, name: str, pipeline: Pipeline) -> None:
    folders, files = wanted_paths(pipeline)
    faults = [_no("folder", field, root, path) for field, path in folders.items()]
    faults += [_no("file", field, root, path) for field, path in files.items()]
    if found := [fault for fault in faults if fault]:
        raise InvalidConfiguration(
            f"{name} is not valid", why="; ".join(found), fix="correct the path or make it"
        )


def wanted_paths(pipeline: Pipeline) -> tuple[dict[str, Path], dict[str, Path]]:
    """The folders and the files that the settings name, by field."""
    folders = {"chart.folder": pipeline.chart.folder}
    files = {}
    for index, component in enumerate(pipeline.components):
        if build := component.build:
            field = f"components[{index}].build"
            folders[f"{field}.folder"] = build.folder
            files[f"{field}.dockerfile"] = build.dockerfile
            if isinstance(build.prepare, Wheels):
                files[f"{field}.prepare.lock"] = build.folder / build.prepare.lock
    return folders, files


def _no(kind: Literal["folder", "file"], field: str, root: Path, path: Path) -> str:
    place = root / path
    if not place.exists():
        return f"{field}: {path} does not exist"
    right = place.is_dir() if kind == "folder" else place.is_file()
    return "" if right else f"{field}: {path} is no {kind}"
