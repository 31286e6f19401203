"""The HTTP edges: the todo service (`app`, `routers`), which the cluster runs, and the management
API (`management` and the modules beside it that carry a task's number), which `invoke serve` runs.

Neither imports the other.
"""
