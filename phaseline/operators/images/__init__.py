"""Phase 2: container images, from base to proof."""
