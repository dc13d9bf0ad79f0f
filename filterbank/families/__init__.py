"""The families: functions that make banks. They only make filters; they never convolve.

A new family is a function in one of the files here and one row of the table below. Every law that the row's
promises name is then tested on it.
"""

from ._family import Family
from .analytic import log_gabor, morlet
from .blobs import dog, laplacian_of_gaussian
from .circular import circular_harmonic, fourier_bessel, zernike
from .concentrated import slepian
from .cortex import v1
from .derivatives import gaussian_derivative, hermite
from .elementary import delta, gradient, laws, random
from .learned import pca, zca
from .oscillating import gabor
from .polynomials import chebyshev, legendre
from .sparse import dictionary, ica
from .steerable import steerable, steerable_pyramid
from .textures import leung_malik, root_filter_set, schmid
from .transforms import dct, dst, fourier, hadamard
from .wavelets import wavelet, wavelet_basis

__all__ = [
    "FAMILIES",
    "KINDS",
    "Family",
    "chebyshev",
    "circular_harmonic",
    "dct",
    "delta",
    "dictionary",
    "dog",
    "dst",
    "fourier",
    "fourier_bessel",
    "gabor",
    "gaussian_derivative",
    "gradient",
    "hadamard",
    "hermite",
    "ica",
    "laplacian_of_gaussian",
    "laws",
    "legendre",
    "leung_malik",
    "log_gabor",
    "morlet",
    "pca",
    "random",
    "root_filter_set",
    "schmid",
    "slepian",
    "steerable",
    "steerable_pyramid",
    "v1",
    "wavelet",
    "wavelet_basis",
    "zca",
    "zernike",
]

# By their kinds, in the order in which a reader meets them.
KINDS = {
    "Waves in an envelope": (
        Family(
            gabor,
            "Cosine waves under a Gaussian, at frequencies, orientations and phases.",
            "Daugman 1985",
            promises=("independent", "symmetric", "oriented"),
            sides="at least 3",
        ),
        Family(
            log_gabor,
            "Waves whose spectrum is a Gaussian of the logarithm of frequency, without mean at any bandwidth.",
            "Field 1987; Kovesi 1999",
            promises=("zero-mean", "oriented"),
            sides="at least 3",
        ),
        Family(
            morlet,
            "Complex wavelets octaves apart, with their low-pass filter: the filters of scattering.",
            "Bruna and Mallat 2013",
            promises=("independent", "symmetric", "oriented"),
            dimensions=(2,),
            sides="at least 3",
        ),
        Family(
            v1,
            "Gabor filters drawn from what neurons of the primary visual cortex prefer.",
            "Dapello et al. 2020",
            promises=("random", "oriented"),
            dimensions=(2,),
        ),
    ),
    "Transforms of the window": (
        Family(
            dct,
            "Products of cosines from coarse to fine: the discrete cosine transform.",
            "Ahmed, Natarajan and Rao 1974",
            promises=("orthonormal", "complete", "separable", "symmetric"),
        ),
        Family(
            dst,
            "Products of sines from coarse to fine: the discrete sine transform.",
            "Jain 1989",
            promises=("orthonormal", "complete", "separable", "symmetric"),
        ),
        Family(
            fourier,
            "Plane waves, an even and an odd one at every frequency of the window.",
            "Bracewell 2000",
            promises=("orthonormal", "complete", "symmetric", "oriented"),
        ),
        Family(
            hadamard,
            "Products of square waves by their sign changes: the Walsh-Hadamard transform.",
            "Pratt, Kane and Andrews 1969",
            promises=("orthonormal", "complete", "separable", "symmetric"),
            sides="power of two",
        ),
        Family(
            slepian,
            "The filters of the window with the most energy at low frequencies: discrete prolate spheroidal sequences.",
            "Slepian 1978",
            promises=("orthonormal", "complete", "separable", "symmetric"),
        ),
    ),
    "Polynomials and derivatives": (
        Family(
            legendre,
            "Polynomials orthogonal on the grid, with the scale of Legendre's.",
            "Neuman and Schonbach 1974",
            promises=("orthonormal", "complete", "separable", "symmetric"),
        ),
        Family(
            chebyshev,
            "Polynomials orthogonal on the grid, with the scale of Tchebichef moments.",
            "Mukundan, Ong and Lee 2001",
            promises=("orthonormal", "complete", "separable", "symmetric"),
        ),
        Family(
            hermite,
            "Orthogonal polynomials under a Gaussian, separable.",
            "Martens 1990",
            promises=("independent", "separable", "symmetric"),
        ),
        Family(
            gaussian_derivative,
            "Derivatives of a Gaussian up to an order: the N-jet of scale space.",
            "Koenderink and van Doorn 1987",
            promises=("independent", "separable", "symmetric"),
        ),
    ),
    "Steerable": (
        Family(
            steerable,
            "Gaussian derivatives and their Hilbert transforms that combine into any rotation.",
            "Freeman and Adelson 1991",
            promises=("independent", "separable", "symmetric"),
            dimensions=(2,),
            sides="at least 3",
        ),
        Family(
            steerable_pyramid,
            "Oriented bands an octave apart that combine into any rotation.",
            "Simoncelli and Freeman 1995",
            promises=("independent", "zero-mean", "symmetric", "oriented"),
            dimensions=(2,),
            sides="at least 3",
        ),
    ),
    "Circular": (
        Family(
            fourier_bessel,
            "Standing waves of a disk, from coarse to fine.",
            "Qiu, Cheng, Calderbank and Sapiro 2018",
            promises=("independent", "symmetric"),
            dimensions=(2,),
        ),
        Family(
            circular_harmonic,
            "Waves around the centre on rings of Gaussian profile.",
            "Weiler and Cesa 2019",
            promises=("independent", "symmetric"),
            dimensions=(2,),
        ),
        Family(
            zernike,
            "The orthogonal polynomials of the disk.",
            "Noll 1976",
            promises=("independent", "symmetric"),
            dimensions=(2,),
        ),
    ),
    "Wavelets": (
        Family(
            wavelet,
            "Equivalent filters of the undecimated wavelet transform, details by level and the approximation.",
            "Mallat 2009",
            promises=("independent", "separable"),
            sides="at least 4",
        ),
        Family(
            wavelet_basis,
            "The complete wavelet basis of the window, every wavelet at every position.",
            "Mallat 2009",
            promises=("orthonormal", "complete", "separable"),
            sides="power of two",
        ),
    ),
    "Blobs and edges": (
        Family(
            dog,
            "Differences of two Gaussians at several scales, without direction.",
            "Marr and Hildreth 1980",
            promises=("zero-mean", "independent", "symmetric"),
            sides="at least 3",
        ),
        Family(
            laplacian_of_gaussian,
            "Laplacians of a Gaussian at several scales: Mexican hats.",
            "Marr and Hildreth 1980",
            promises=("zero-mean", "independent", "symmetric"),
            sides="at least 3",
        ),
        Family(
            gradient,
            "The masks of edge detectors: Sobel, Prewitt, Scharr, Roberts, Farid, Kirsch.",
            "Sobel and Feldman 1968",
            promises=("zero-mean", "independent", "separable", "oriented"),
            dimensions=(2,),
            sides="at least 3",
        ),
        Family(
            laws,
            "Products of five vectors for level, edge, spot, wave and ripple.",
            "Laws 1980",
            promises=("independent", "separable"),
            sides="at least 5",
        ),
    ),
    "Texture banks": (
        Family(
            leung_malik,
            "Edges, bars and blobs at several scales and six orientations.",
            "Leung and Malik 2001",
            promises=("zero-mean", "symmetric", "oriented"),
            dimensions=(2,),
            sides="at least 3",
        ),
        Family(
            root_filter_set,
            "Edges and bars at three scales and six orientations, and two blobs: the filters behind MR8.",
            "Varma and Zisserman 2005",
            promises=("zero-mean", "symmetric", "oriented"),
            dimensions=(2,),
            sides="at least 3",
        ),
        Family(
            schmid,
            "Rings under a Gaussian, which no rotation changes.",
            "Schmid 2001",
            promises=("zero-mean", "symmetric"),
            dimensions=(2,),
            sides="at least 3",
        ),
    ),
    "Learned from your images": (
        Family(
            pca,
            "Principal components of image patches, by falling variance.",
            "Hancock, Baddeley and Smith 1992",
            promises=("orthonormal", "complete", "learned"),
        ),
        Family(
            zca,
            "Filters that whiten image patches and change them least: centre against surround.",
            "Bell and Sejnowski 1997",
            promises=("learned",),
        ),
        Family(
            ica,
            "Independent components of image patches: localised, oriented edges.",
            "Bell and Sejnowski 1997; Hyvärinen 1999",
            promises=("learned", "random"),
        ),
        Family(
            dictionary,
            "A dictionary of which every image patch needs only a few filters.",
            "Mairal, Bach, Ponce and Sapiro 2009",
            promises=("learned", "random"),
            sides="at least 2",
        ),
    ),
    "Elementary": (
        Family(
            delta,
            "Single pixels: a complete basis, with which a layer is a plain convolution.",
            "standard basis",
            promises=("orthonormal", "complete", "separable"),
        ),
        Family(
            random,
            "Random orthonormal filters: the control for experiments.",
            "Mezzadri 2007",
            promises=("orthonormal", "complete", "random"),
        ),
    ),
}
FAMILIES = tuple(family for families in KINDS.values() for family in families)
