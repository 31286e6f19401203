"""Removing what the workspace made: its cluster, its images, and its hold on our Docker daemon."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import node
from phaseline.operators.hosts import daemon
from phaseline.operators.images.model import load_images
from phaseline.operators.images.remove import remove_images
from phaseline.tools import docker


def teardown(context: Context) -> Report:
    """Remove the cluster and the images, and stop our Docker daemon if nobody else uses it."""
    with ThreadPoolExecutor(2) as pool:
        cluster = pool.submit(node.delete, context)
        others = pool.submit(_images, context)
        lines = [cluster.result().summary, *others.result()]
    return Report("torn down", lines=tuple(lines))


def remove_state(context: Context) -> Report:
    """Remove the workspace's state folder: records, logs, rendered files."""
    shutil.rmtree(context.state, ignore_errors=True)
    return Report("the state folder is gone")


def _images(context: Context) -> list[str]:
    if docker.answers(docker.host()):
        removed = remove_images(context)
    elif load_images(context) and daemon.is_ours(context):
        daemon.daemon(context)  # it was killed, and only a daemon can remove images
        removed = remove_images(context)
    else:
        removed = Report("this workspace has no images")
    return [removed.summary, daemon.release(context).summary]
