"""From a plan to the cluster: dry-run, approval, apply, verification, and the way back."""
