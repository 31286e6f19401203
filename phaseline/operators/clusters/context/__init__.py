"""A cluster that others run, by a context of a kubeconfig, and the registry it pulls from."""
