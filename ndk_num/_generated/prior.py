from numpy import exp, expm1
def variance(s, kappa, sigma2, sigma02):
    return sigma02 * exp(-2 * kappa * s) - sigma2 * expm1(-2 * kappa * s)
def covariance(t, s, kappa, sigma2, sigma02):
    return exp(-kappa * (t - s)) * variance(s, kappa, sigma2, sigma02)
