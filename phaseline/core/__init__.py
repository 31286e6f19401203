"""What every layer shares: the error tree, the settings, the workspace, safe file writing."""
