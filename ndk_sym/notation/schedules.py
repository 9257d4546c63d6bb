"""Markov proximal learning with a proximity, a temperature and a weight decay of its own in every step."""

from __future__ import annotations

from ndk_sym.notation.declare import Table

table = Table()

lam_step = table.positive_function(
    "lam_step", r"\lambda_{\mathrm{step}}", "strength of the proximal term in one step", "> 0", "(4)"
)
T_step = table.positive_function("T_step", r"T_{\mathrm{step}}", "temperature of one step", "> 0", "(4)")
kappa_step = table.positive_function(
    "kappa_step", r"\kappa_{\mathrm{step}}", "weight decay of one step; T/σ² keeps the prior variance σ²", "> 0", "(3)"
)
kept = table.positive_function(
    "kept",
    r"\mathcal{M}",
    "share of the initial weight after so many steps, λ̃ of each multiplied",
    "1 at step 0",
    "(SI 21)",
)
variance_at = table.positive_function(
    "variance_at", r"\mathcal{W}", "variance of a weight after so many steps", "σ₀² at step 0", "(SI 21)"
)
Phi = table.positive_function(
    "Phi", r"\Phi", "time counted by the weight decay, ∫κ dt, where T changes in time", "Φ(0) = 0, Φ′ = κ", "(10)"
)
C_lag = table.function(
    "C_lag",
    r"C_{\mathrm{lag}}",
    "stationary covariance m K^L of predictors so many steps apart",
    "symmetric",
    "(SI 28)",
)
sum_lag = table.function("sum_lag", r"\mathcal{S}", "2T times the sum of the response over lags", "real", "(SI 28)")
K_mid = table.matrix(
    "K_mid", r"\bar{K}", "mean of the stationary covariance at one step and between successive ones", "P × P", "(SI 28)"
)
