"""`wavelet` and `wavelet_basis` against PyWavelets' own transforms, to the last digits.

Tolerances are relative to the largest coefficient.
"""

import numpy as np
import pytest
import pywt
from scipy import ndimage

import filterbank as fb

pytestmark = [
    pytest.mark.filterwarnings("ignore:Level value of:UserWarning"),
    pytest.mark.filterwarnings("ignore::filterbank.BankWarning"),
]

EVERY = pywt.wavelist(kind="discrete")
ORTHOGONAL = [name for name in EVERY if pywt.Wavelet(name).orthogonal]
PLANE = {"horizontal": 0, "vertical": 1, "diagonal": 2}
RNG_SEED = 20


def assert_equal(found, expected, tolerance):
    peak = np.abs(expected).max()
    np.testing.assert_allclose(found / peak, expected / peak, rtol=0, atol=tolerance)


def coefficients(image, bank):
    """Correlate with every filter and roll by the documented whole pixels."""
    shifts = np.stack([bank.parameters[f"shift_{name}"] for name in ("z", "y", "x")[-bank.ndim :]], axis=1)
    axes = tuple(range(bank.ndim))
    for one, shift in zip(bank, shifts, strict=True):
        yield np.roll(ndimage.correlate(image, one, mode="wrap"), shift, axes)


def noise(*shape):
    return np.random.default_rng(RNG_SEED).standard_normal(shape)


@pytest.mark.parametrize("name", EVERY)
def test_every_wavelet_gives_the_coefficients_of_swt(name):
    signal = noise(128)
    side = pywt.Wavelet(name).dec_len
    bank = fb.wavelet((side,), wavelet=name, levels=1, norm=None)
    expected = pywt.swt(signal, name, level=1, trim_approx=True)
    assert list(bank.parameters["subband"]) == ["approximation", "detail"]
    for found, wanted in zip(coefficients(signal, bank), expected, strict=True):
        assert_equal(found, wanted, 1e-14)


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("name", ["haar", "db2", "db3", "sym4", "coif1", "bior1.3", "bior2.2", "bior3.1", "rbio2.4"])
@pytest.mark.parametrize("more", [0, 1, 2])
def test_levels_and_windows_of_swt(name, levels, more):
    """A window of either parity, as large as the filter or larger, has the same coefficients."""
    signal = noise(128)
    side = (pywt.Wavelet(name).dec_len - 1) * (2**levels - 1) + 1 + more
    bank = fb.wavelet((side,), wavelet=name, levels=levels, norm=None)
    np.testing.assert_array_equal(bank.parameters["level"], [levels, *range(levels, 0, -1)])
    expected = pywt.swt(signal, name, level=levels, trim_approx=True)
    for found, wanted in zip(coefficients(signal, bank), expected, strict=True):
        assert_equal(found, wanted, 1e-14)


@pytest.mark.parametrize(
    ("name", "size", "levels"),
    [
        ("haar", (8, 8), 3),
        ("haar", (9, 16), 3),
        ("db2", (11, 11), 2),
        ("db2", (10, 13), 2),
        ("sym4", (24, 22), 2),
        ("bior2.2", (17, 16), 2),
        ("rbio1.3", (6, 7), 1),
    ],
)
def test_the_plane_gives_the_coefficients_of_swt2(name, size, levels):
    image = noise(64, 96)
    bank = fb.wavelet(size, wavelet=name, levels=levels, norm=None)
    approximation, *details = pywt.swt2(image, name, level=levels, trim_approx=True)
    expected = [approximation, *(plane for level in details for plane in level)]
    assert list(bank.parameters["subband"]) == ["approximation", *[*PLANE] * levels]
    for found, wanted in zip(coefficients(image, bank), expected, strict=True):
        assert_equal(found, wanted, 1e-14)


@pytest.mark.parametrize(("name", "size", "levels"), [("haar", (4, 4, 5), 2), ("db2", (4, 6, 5), 1)])
def test_space_gives_the_coefficients_of_swtn(name, size, levels):
    volume = noise(16, 8, 12)
    bank = fb.wavelet(size, wavelet=name, levels=levels, norm=None)
    approximation, *details = pywt.swtn(volume, name, level=levels, trim_approx=True)
    assert len(bank) == 1 + 7 * levels
    columns = zip(bank.parameters["level"], bank.parameters["subband"], strict=True)
    for found, (level, subband) in zip(coefficients(volume, bank), columns, strict=True):
        wanted = approximation if subband == "aaa" else details[levels - level][subband]
        assert_equal(found, wanted, 1e-14)


@pytest.mark.parametrize("name", ["haar", "db2", "coif1"])
def test_orthogonal_wavelets_have_norm_one_by_themselves(name):
    size = (32,)
    raw, scaled = fb.wavelet(size, wavelet=name, norm=None), fb.wavelet(size, wavelet=name)
    np.testing.assert_allclose(raw.filters, scaled.filters, rtol=0, atol=5e-16)


@pytest.mark.parametrize(
    ("size", "name", "fitting"),
    [(4, "db2", 1), (9, "db2", 1), (10, "db2", 2), (22, "db2", 3), (2, "haar", 1), (8, "haar", 3), (7, "haar", 2)],
)
def test_the_default_is_as_many_levels_as_fit_and_more_are_refused(size, name, fitting):
    assert fb.wavelet(size, wavelet=name).parameters["level"].max() == fitting
    with pytest.raises(ValueError, match=rf"`levels` must be an integer from 1 to {fitting}, got {fitting + 1}; "):
        fb.wavelet(size, wavelet=name, levels=fitting + 1)


def test_a_window_too_small_says_how_many_levels_fit():
    with pytest.raises(ValueError, match=r"`size` is too small .*, got 3: .* fit in a 3x3 window for 0 levels"):
        fb.wavelet(3)


@pytest.mark.parametrize("family", [fb.wavelet, fb.wavelet_basis])
@pytest.mark.parametrize("name", ["db99", "morl", "DB2", None, 2])
def test_unknown_wavelets_are_refused_with_the_list_to_look_in(family, name):
    with pytest.raises(ValueError, match=r"`wavelet` must be a discrete wavelet .*; see pywt.wavelist"):
        family(16, wavelet=name)


# wavelet_basis


def in_order(decomposition, dimensions):
    """Flatten pywt's coefficients: the approximation, then the details from coarse to fine."""
    approximation, *details = decomposition
    pieces = [approximation]
    for level in details:
        if dimensions == 1:
            pieces.append(level)
        elif dimensions == 2:
            pieces += list(level)
        else:
            pieces += [level[key] for key in sorted(level)]
    return np.concatenate([piece.ravel() for piece in pieces])


def inner_products(image, bank):
    return bank.filters.reshape(len(bank), -1) @ image.ravel()


@pytest.mark.parametrize("name", EVERY)
def test_every_wavelet_gives_the_coefficients_of_wavedec(name):
    signal = noise(16)
    bank = fb.wavelet_basis((16,), wavelet=name, norm=None)
    expected = in_order(pywt.wavedec(signal, name, mode="periodization", level=4), 1)
    assert_equal(inner_products(signal, bank), expected, 2e-14)


@pytest.mark.parametrize("size", [(8, 8), (16, 16), (4, 16), (32, 8), (1, 4), (2, 2)])
@pytest.mark.parametrize("name", ["haar", "db2", "db4", "sym5", "coif2", "bior2.2", "rbio3.5"])
def test_the_plane_gives_the_coefficients_of_wavedec2(name, size):
    image = noise(*size)
    levels = int(np.log2(min(size)))
    bank = fb.wavelet_basis(size, wavelet=name, norm=None)
    expected = in_order(pywt.wavedec2(image, name, mode="periodization", level=levels), 2)
    assert_equal(inner_products(image, bank), expected, 1e-14)


@pytest.mark.parametrize("size", [(4, 4, 4), (2, 8, 4)])
@pytest.mark.parametrize("name", ["haar", "db3", "bior1.3"])
def test_space_gives_the_coefficients_of_wavedecn(name, size):
    volume = noise(*size)
    levels = int(np.log2(min(size)))
    bank = fb.wavelet_basis(size, wavelet=name, norm=None)
    expected = in_order(pywt.wavedecn(volume, name, mode="periodization", level=levels), 3)
    assert_equal(inner_products(volume, bank), expected, 1e-14)


@pytest.mark.parametrize("name", ORTHOGONAL)
def test_orthogonal_wavelets_make_orthonormal_bases_and_rebuild_the_image(name):
    """Also where the filter is longer than the window, down to one pixel."""
    bank = fb.wavelet_basis(8, wavelet=name)
    flat = bank.filters.reshape(64, 64)
    # What PyWavelets' tables allow: dmey is a finite piece of the Meyer wavelet, some symlets have eleven digits.
    tolerance = {"dmey": 2e-3, "sym": 5e-11}.get(name.rstrip("0123456789"), 3e-15)
    np.testing.assert_allclose(flat @ flat.T, np.eye(64), rtol=0, atol=tolerance)


def test_columns_name_level_subband_and_position():
    bank = fb.wavelet_basis(8)
    for one in range(len(bank)):
        assert bank.parameters["position_y"][one] < 2 ** (3 - bank.parameters["level"][one])
    first = {name: column[:4] for name, column in bank.parameters.items()}
    assert list(first["subband"]) == ["approximation", *PLANE]
    assert list(first["level"]) == [3, 3, 3, 3]
    finest = bank[bank.parameters["level"] == 1]
    assert len(finest) == 48
    np.testing.assert_array_equal(finest.parameters["position_x"][:6], [0, 1, 2, 3, 0, 1])


@pytest.mark.parametrize("size", [6, (8, 12), (3,)])
def test_sides_must_be_powers_of_two(size):
    with pytest.raises(ValueError, match="`size` of wavelet_basis must be powers of two in pixels, got"):
        fb.wavelet_basis(size)
