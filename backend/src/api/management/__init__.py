"""The management API's frame: who may ask, how errors are told, pages, tags, operations.

Only `invoke serve` runs it, on the user's machine. The image of the todo service has none of it,
and nothing of the todo service is used here.
"""
