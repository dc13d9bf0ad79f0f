"""What the tests of the explorer set, as a reader would: for each family that the page computes, some banks.

A number is typed, True and False tick a box, a list sets several numbers by hand, and a text chooses from a menu.
"""

WAVELETS = ("haar", "db4", "sym4", "coif1", "bior1.3", "bior2.2", "rbio2.2")

CASES = {
    "gabor": [
        {},
        {"size": 11, "frequencies": [0.1, 0.22, 0.4], "orientations": 3, "zero_mean": True},
        {"size": 12, "bandwidth": 1.5, "aspect_ratio": 0.5, "phases": "odd", "norm": "l1"},
        {"size": 9, "frequencies": [0.5], "phases": "even", "norm": "None"},
    ],
    "log_gabor": [
        {},
        {"size": 10, "orientations": 4, "norm": "max"},
        {"size": 21, "orientations": 5, "phases": "four quarters"},
        {"size": 13, "frequencies": [0.2, 0.45], "sigma_on_f": 0.55, "phases": "odd", "n": 7},
    ],
    "morlet": [
        {},
        {"size": 12, "scales": 2, "orientations": 6, "low_pass": False},
        {"size": 11, "slant": 0.7, "phases": "even", "norm": "None"},
    ],
    "dog": [{}, {"size": 10, "sigmas": [1, 2], "ratio": 2}, {"size": 21, "ratio": 1.3, "norm": "None", "n": 3}],
    "laplacian_of_gaussian": [{}, {"size": 8, "sigmas": [0.7, 1.3, 2.5]}, {"size": 31, "n": 2, "norm": "max"}],
    "dct": [
        {},
        {"size": 11, "level": 4},
        {"size": 5, "dc": False, "norm": "None"},
        {"size": 16, "n": 40, "norm": "l1"},
    ],
    "dst": [{}, {"size": 11, "level": 3}, {"size": 6, "n": 9, "norm": "max"}],
    "fourier": [{}, {"size": 7, "dc": False}, {"size": 10, "n": 30, "norm": "None"}],
    "hadamard": [{}, {"size": "16", "level": 5}, {"size": "4", "norm": "None"}],
    "legendre": [{}, {"size": 16, "level": 9}, {"size": 7, "norm": "None"}],
    "chebyshev": [{}, {"size": 13, "n": 50}, {"size": 6, "norm": "None", "level": 4}],
    "slepian": [{}, {"size": 11, "bandwidth": 1.3}, {"size": 14, "bandwidth": 3.5, "n": 20}],
    "hermite": [{}, {"size": 11, "max_order": 6}, {"size": 8, "sigma": 1.2, "norm": "None"}],
    "gaussian_derivative": [
        {},
        {"size": 12, "sampling": "integrated", "max_order": 5},
        {"size": 13, "sampling": "discrete", "sigma": [1, 1.7]},
        {"size": 9, "max_order": 3, "sigma": [0.8], "norm": "None"},
    ],
    "fourier_bessel": [{}, {"size": 16, "max_root": 9}, {"size": 8, "max_root": 14, "norm": "None"}],
    "circular_harmonic": [
        {},
        {"size": 8, "rings": [0, 1.5], "sigma": 0.8},
        {"size": 15, "max_order": 2, "norm": "None"},
    ],
    "zernike": [{}, {"size": 14, "max_order": 8}, {"size": 9, "max_order": 5, "radius": 4, "norm": "None"}],
    "steerable": [
        {},
        {"kind": "G4 and H4", "basis": "rotated", "norm": "None"},
        {"size": 8, "kind": "G2", "spacing": 0.5, "zero_mean": True},
        {"size": 13, "kind": "G1"},
        {"size": 13, "kind": "H4"},
    ],
    "steerable_pyramid": [
        {},
        {"size": 12, "order": 2},
        {"size": 21, "order": 0, "residuals": True},
        {"size": 13, "levels": 2, "order": 5, "zero_mean": False, "norm": "None"},
        {"size": 11, "residuals": True},
    ],
    "wavelet": [{}, *({"size": 22, "wavelet": name, "norm": "None"} for name in WAVELETS), {"size": 16, "levels": 1}],
    "wavelet_basis": [
        {},
        *({"size": "16", "wavelet": name, "n": 100} for name in WAVELETS),
        {"size": "4", "norm": "max"},
    ],
    "leung_malik": [{}, {"size": 22, "sigmas": [1, 1.5]}, {"size": 49, "n": 20, "norm": "None"}],
    "root_filter_set": [{}, {"size": 20, "sigmas": [1], "blob_sigma": 2}, {"size": 44, "norm": "max"}],
    "schmid": [{}, {"size": 15, "sigmas": [1, 2], "cycles": 2}, {"size": 30, "cycles": 2, "norm": "None"}],
    "laws": [{}, {"size": 8, "norm": "None"}, {"size": 7, "n": 10}],
    "gradient": [
        {},
        *({"size": 6, "kind": kind, "norm": "None"} for kind in ("prewitt", "scharr", "roberts", "farid", "kirsch")),
    ],
    "delta": [{}, {"size": 3, "n": 5}],
}

# Those that Python made for the page, with the argument that comes before the size in Python.
TABLED = {
    "random": [{}, {"size": "11", "rng": "2"}, {"size": "3", "n": 4, "norm": "max"}],
    "v1": [{}, {"size": "21", "rng": "1", "n": 9, "norm": "None"}],
    "pca": [{}, {"size": "15", "n": 12}, {"size": "3"}],
    "zca": [{}, {"size": "5", "norm": "None"}, {"size": "11"}],
}
