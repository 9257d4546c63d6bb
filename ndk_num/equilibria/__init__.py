"""The two equilibria, NTK at the end of the gradient phase and NNGP at the end of the diffusive phase, and drift."""

from ndk_num.equilibria.drifts import drift
from ndk_num.equilibria.finite_lambda import proximal
from ndk_num.equilibria.predictors import nngp, ntk
from ndk_num.equilibria.scans import scan

__all__ = ["drift", "nngp", "ntk", "proximal", "scan"]
