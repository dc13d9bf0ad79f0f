"""A few whole pictures, compared with those in tests/images; `pytest --mpl-generate-path=tests/images` draws them anew.

They were drawn by this library from formulas, and carry its licence. Texts are left out: fonts differ from machine to
machine. All else about pictures is tested by the data of their artists.
"""

import numpy as np
import pytest

import filterbank as fb

compared = pytest.mark.mpl_image_compare(
    baseline_dir="images", style="default", remove_text=True, tolerance=6, savefig_kwargs={"dpi": 60}
)


@compared
def test_filters():
    return fb.plot.filters(fb.gabor(15))


@compared
def test_colour_kernels():
    colours = np.array([[1.0, 0.4, -0.6], [-0.2, 0.8, 0.3], [0.5, -1.0, 0.9]])
    kernels = np.einsum("nyx,nc,no->yxco", fb.dct(7, n=3).filters, colours, np.eye(3))
    return fb.plot.kernels(kernels, rgb=True)


@compared
def test_decomposition():
    y, x = np.mgrid[-5:6, -5:6] / 5
    return fb.plot.decomposition(np.exp(-(x**2) - 3 * (y - x / 2) ** 2), fb.dct(11, n=10), terms=4)


@compared
def test_contours():
    return fb.plot.spectrum(fb.gabor(15), kind="contours")
