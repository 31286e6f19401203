"""Phase 2: container images, from base to proof."""

from phaseline.operators.images.base import base_image, base_image_stands
from phaseline.operators.images.build import build, build_stands
from phaseline.operators.images.checks.image import check_image
from phaseline.operators.images.checks.lint import check_dockerfiles
from phaseline.operators.images.checks.vulnerabilities import check_vulnerabilities
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.operators.images.gate import check_images
from phaseline.operators.images.model import BaseImage, BuiltImage, load_images
from phaseline.operators.images.prepare import prepare
from phaseline.operators.images.remove import remove_images
from phaseline.operators.images.trial import check_runs

__all__ = [
    "BaseImage",
    "BuiltImage",
    "base_image",
    "base_image_stands",
    "build",
    "build_stands",
    "check_dockerfiles",
    "check_image",
    "check_images",
    "check_runs",
    "check_vulnerabilities",
    "load_images",
    "prepare",
    "remove_images",
    "render_dockerfile",
]
