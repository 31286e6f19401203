"""Where the cluster comes from, and whether it is well."""
