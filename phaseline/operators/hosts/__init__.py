"""The machine: its system packages, a Docker daemon, and whether it is fit for the work."""
