"""What every room's tests share: the folder of real files, where it is there."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real files beside the checkout; in CI their absence is a failure, never a skip."""
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail("CI runs without ../shared/data: nothing that matters may be skipped there")
        pytest.skip("the real files (../shared/data) are not beside this checkout")
    return SHARED
