"""From an application's source to a verified Kubernetes deployment, in nine phases."""

__version__ = "0.1.0"
