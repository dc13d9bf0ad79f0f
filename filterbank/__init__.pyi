from . import layers as layers
from . import plot as plot
from ._apply import apply as apply
from ._bank import BankWarning as BankWarning
from ._bank import FilterBank as FilterBank
from ._bank import load as load
from ._compose import compose as compose
from ._compose import decompose as decompose
from ._recipes import catalogue as catalogue
from ._recipes import make as make
from .design import concatenate as concatenate
from .design import normalize as normalize
from .design import orthonormalize as orthonormalize
from .design import zero_mean as zero_mean
from .families import dct as dct
from .families import delta as delta
from .families import gabor as gabor
from .families import gaussian_derivative as gaussian_derivative
from .families import hermite as hermite
from .families import pca as pca
from .families import random as random
from .families import wavelet as wavelet
from .families import wavelet_basis as wavelet_basis

__version__: str
