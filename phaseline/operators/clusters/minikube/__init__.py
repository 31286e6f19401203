"""Minikube: one profile for each workspace, with a kubeconfig of its own."""
