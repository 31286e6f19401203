"""The application in the cluster: images on the node, the release, its rollout, its proof."""
