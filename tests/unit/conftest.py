from __future__ import annotations

from collections.abc import Iterator

import pytest

from phaseline.engine import signing


@pytest.fixture(autouse=True, scope="session")
def own_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests sign is signed with a key of theirs, never with the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("configuration")))
        patch.delenv(signing.VARIABLE, raising=False)
        yield
