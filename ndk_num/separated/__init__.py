"""A two-time kernel between many inputs as a short sum  K(t,s) ≈ Σ_k A_k(t,s) Φ_k, or entry by entry."""

from ndk_num.separated.build import separate
from ndk_num.separated.entries import Entries, Times, ndk_entries, sample_times
from ndk_num.separated.kernels import ConstantKernel, ExactKernel, HistoryKernel, SeparatedKernel

__all__ = [
    "ConstantKernel",
    "Entries",
    "ExactKernel",
    "HistoryKernel",
    "SeparatedKernel",
    "Times",
    "ndk_entries",
    "sample_times",
    "separate",
]
