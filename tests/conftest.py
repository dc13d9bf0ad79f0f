"""What all tests share: Hypothesis's settings, and the photograph."""

import os
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from skimage import data

settings.register_profile("suite", max_examples=8, deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "search", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(scope="session")
def photograph():
    """Return scikit-image's camera man, `(512, 512)` uint8, read-only."""
    image = np.array(data.camera())
    image.flags.writeable = False
    return image


@pytest.fixture(autouse=True)
def no_figures_left():
    """Close what a test leaves open, so that the next one begins without figures."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
