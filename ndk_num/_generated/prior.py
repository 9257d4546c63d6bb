# Written by `ndk generate`; do not edit: change `ndk_sym` and run `ndk generate` again.
# SHA-256 of the expressions:
#     variance    9ff8ff4223fdefc97ad2b354af5232397cef00314e0960e8cfbad7bab5b4fa00
#     covariance  6fae3ebd3fc0a1746ab35fa555b469fbfc309b4c18c40c3efad6a03f474cb7af
#     complement  1e581bfc4d869cb1ce196caa212bb3c6417da935e2c37ca06f565afc5f328111
r"""Prior statistics of a weight.

dΘ = −κΘ dt + √(2T) dW with T = κσ² and Θ(0) ~ N(0, σ0²):   m(t,s) = ⟨Θ(t) Θ(s)⟩.   (9)(10)
Stable where it matters: t = s, κ = 0, κt → ∞. Times t ≥ s ≥ 0.
"""

from numpy import exp

from .runtime import Array, expm1


def variance(s: Array, kappa: Array, sigma2: Array, sigma02: Array) -> Array:
    r"""m(s,s).

    m(s,s) = \sigma_{0}^{2} e^{- 2 \kappa s} + \sigma^{2} - \sigma^{2} e^{- 2 \kappa s}
    """
    x0 = -2*kappa*s
    m = sigma02*exp(x0) - sigma2*expm1(x0)
    return m


def covariance(t: Array, s: Array, kappa: Array, sigma2: Array, sigma02: Array) -> Array:
    r"""m(t,s) for t ≥ s.

    m(t,s) = \sigma_{0}^{2} e^{- \kappa \left(s + t\right)} + \sigma^{2} e^{- \kappa \left|{s - t}\right|} - \sigma^{2} e^{- \kappa \left(s + t\right)}
    """
    x0 = -2*kappa*s
    m = (sigma02*exp(x0) - sigma2*expm1(x0))*exp(-kappa*(-s + t))
    return m


def complement(t: Array, s: Array, kappa: Array, sigma2: Array, sigma02: Array) -> Array:
    r"""1 − ρ_m² = 1 − m(t,s)²/(m(t,t) m(s,s)) for t ≥ s.

    1-\rho_m^2 = 1 - \frac{\left(\sigma_{0}^{2} e^{- \kappa \left(s + t\right)} + \sigma^{2} e^{- \kappa \left|{s - t}\right|} - \sigma^{2} e^{- \kappa \left(s + t\right)}\right)^{2}}{\left(\sigma_{0}^{2} e^{- 2 \kappa s} + \sigma^{2} - \sigma^{2} e^{- 2 \kappa s}\right) \left(\sigma_{0}^{2} e^{- 2 \kappa t} + \sigma^{2} - \sigma^{2} e^{- 2 \kappa t}\right)}
    """
    x0 = 2*kappa
    x1 = -t*x0
    q = -sigma2*expm1(-x0*(-s + t))/(sigma02*exp(x1) - sigma2*expm1(x1))
    return q
