"""The analysis of banks on filters that others made: pyrtools' steerable ones."""

import numpy as np
import pytest

import filterbank as fb


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "count", "off"), [("sp3_filters", 4, 1e-6), ("sp5_filters", 6, np.deg2rad(1.1))])
def test_steerable_filters_of_pyrtools_are_evenly_turned_odd_and_steerable(name, count, off):
    flat = pytest.importorskip("pyrtools").steerable_filters(name)["bfilts"].T
    side = round(flat.shape[1] ** 0.5)
    bank = fb.FilterBank(flat.reshape(count, side, side))
    tuned = fb.analysis.tuning(bank)
    orientations = np.sort(tuned["orientation"])
    np.testing.assert_allclose(orientations, np.pi * np.arange(count) / count, rtol=0, atol=off)
    np.testing.assert_allclose(tuned["symmetry"], -1, rtol=0, atol=1e-6)
    shares = fb.analysis.coverage(bank, orientations=count).per_orientation
    np.testing.assert_allclose(shares, 1 / count, rtol=0.2)
    # Turned by splines, in a window of few pixels.
    assert fb.analysis.rotation_error(bank).worst < 0.04
    assert fb.analysis.rotation_error(bank[:1]).worst > 0.9
