"""Phase 8: the deployed system of this workspace, tested, and what the tests said kept."""
