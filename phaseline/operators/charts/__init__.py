"""Phase 3: the Helm chart: its structure, its values, what it renders, and whether that can run."""
