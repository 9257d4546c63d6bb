"""The letters of mean-predictor: operators over times and training inputs that do not commute."""

from __future__ import annotations

from ndk_sym import notation as nt
from ndk_sym.operators import operator

D_star, R, C, C_star, C_test, Y = nt.D_star, nt.R, nt.C, nt.C_star, nt.C_test, nt.Y
source, log_M = operator("ell"), operator("W")
# D_*ᵀ and so on; letters of their own in the free algebra
R_T, D_star_T, C_star_T = (operator(f"{x}^T") for x in ("R", "D_*", "C_*"))

mean = D_star * R * Y
covariance = C_test - D_star * R * C_star_T - C_star * R_T * D_star_T + D_star * R * C * R_T * D_star_T
