"""The two equilibria: NTK at the end of the gradient phase, NNGP at the end of the diffusive phase."""

from ndk_num.equilibria.predictors import nngp, ntk
from ndk_num.equilibria.scans import scan

__all__ = ["nngp", "ntk", "scan"]
