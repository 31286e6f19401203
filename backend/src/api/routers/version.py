"""Which build answers."""

from fastapi import APIRouter

from api.deps import SettingsDep
from api.schemas import VersionOut
from todo import __version__

router = APIRouter(tags=["version"])


@router.get("/api/version")
async def version(settings: SettingsDep) -> VersionOut:
    """The release and the source revision of the running build."""
    return VersionOut(version=__version__, revision=settings.revision)
