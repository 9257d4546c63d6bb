"""Activations without closed form: their Gaussian averages by quadrature of verified accuracy."""

from ndk_num.quadrature.layer import Numeric
from ndk_num.quadrature.rules import Functions

__all__ = ["Functions", "Numeric"]
