"""Pictures of banks and learned kernels: the only place that imports Matplotlib."""
