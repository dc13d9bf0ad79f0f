"""The kinds of families, in the order in which a reader meets them."""

KINDS = {
    "Waves in an envelope": ("gabor", "log_gabor", "morlet", "v1"),
    "Transforms of the window": ("dct", "dst", "fourier", "hadamard", "slepian"),
    "Polynomials and derivatives": ("legendre", "chebyshev", "hermite", "gaussian_derivative"),
    "Steerable": ("steerable", "steerable_pyramid"),
    "Circular": ("fourier_bessel", "circular_harmonic", "zernike"),
    "Wavelets": ("wavelet", "wavelet_basis"),
    "Blobs and edges": ("dog", "laplacian_of_gaussian", "gradient", "laws"),
    "Texture banks": ("leung_malik", "root_filter_set", "schmid"),
    "Learned from your images": ("pca", "zca", "ica", "dictionary"),
    "Elementary": ("delta", "random"),
}
