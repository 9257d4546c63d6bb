"""The discrete theory: weights and kernels of one replica and of two, and the replica calculation."""

from __future__ import annotations

from ndk_sym.notation.declare import Table

table = Table()

# The discrete theory: weights and kernels of one replica and of two
m_same = table.positive(
    "m_same", "m^{1}", "covariance of a weight of one replica, at steps i and j", "m¹ > 0", "(SI 21)"
)
m_other = table.positive("m_other", "m^{0}", "covariance of a weight between two replicas", "m⁰ > 0", "(SI 21)")
k_same = table.real("k_same", "K^{L,1}", "two-time kernel of one replica", "real", "(SI 23)")
k_other = table.real("k_other", "K^{L,0}", "two-time kernel of two replicas", "real", "(SI 23)")

# Weights of the chain as functions of two steps
m1 = table.function("m1", r"\mathrm{m}^{1}", "covariance of a weight of one replica at two steps", "real", "(SI 21)")
m0 = table.function(
    "m0", r"\mathrm{m}^{0}", "covariance of a weight between two replicas at two steps", "real", "(SI 21)"
)

# The replica calculation
Z_n = table.function("Z_n", "Z_{n}", "integral over n replicas of one step, given Θ′", "Z₁ = Z", "(SI 10)")
v_field = table.real("v_field", r"\mathrm{v}", "field conjugate to one predictor", "real", "(SI 16)")
x_loss = table.real("x_loss", "(f - y)", "error on one training point", "real", "(SI 16)")
p_1 = table.real("p_1", "p_{1}", "arbitrary number", "real", "(SI 29)")
p_2 = table.real("p_2", "p_{2}", "arbitrary number", "real", "(SI 29)")
q_1 = table.real("q_1", "q_{1}", "arbitrary number", "real", "(SI 29)")
q_2 = table.real("q_2", "q_{2}", "arbitrary number", "real", "(SI 29)")
Same = table.matrix("Same", r"\mathcal{D}", "2T + m¹K¹ − m⁰K⁰ at equal times", "block diagonal in time", "(SI 30)")
Other = table.matrix("Other", r"\mathcal{C}^{0}", "m⁰K⁰, over times and training inputs", "symmetric", "(SI 30)")
Causal = table.matrix("Causal", r"\mathcal{J}", "m¹K¹ − m⁰K⁰ at t > s", "strictly lower triangular in time", "(SI 30)")
Causal_T = table.matrix(
    "Causal_T", r"\mathcal{J}^{\top}", "the transpose of 𝒥", "strictly upper triangular in time", "(SI 30)"
)
Forward = table.matrix("Forward", r"\mathcal{A}", "𝒟 + 𝒥 = 2T(1 + K^d/λ)", "lower triangular in time", "(SI 33)")
Forward_T = table.matrix(
    "Forward_T", r"\mathcal{A}^{\top}", "the transpose of 𝒜", "upper triangular in time", "(SI 33)"
)
C_same = table.function(
    "C_same", "C^{1}", "m¹K^{L,1} at steps i, j: covariance of predictors, one replica", "symmetric", "(SI 29)"
)
C_other = table.function(
    "C_other", "C^{0}", "m⁰K^{L,0} at steps i, j: covariance of predictors, two replicas", "symmetric", "(SI 29)"
)
c_same = table.function("c_same", "c^{1}", "m¹k^{L,1}: the same between a test and a training point", "real", "(SI 31)")
c_other = table.function("c_other", "c^{0}", "m⁰k^{L,0}: the same for two replicas", "real", "(SI 31)")
K_step = table.function("K_step", "K^{d,L}", "discrete neural dynamical kernel at steps i ≥ j", "real", "(SI 28)")
k_step = table.function("k_step", "k^{d,L}", "the same between a test and a training point", "real", "(SI 34)")
u = table.function("u", "u", "sum of the fields of all replicas at one step", "real", "(SI 32)")
v_last = table.function(
    "v_last", r"\hat{\mathrm{v}}", "2T times the field of the physical replica at one step", "real", "(SI 32)"
)
ell = table.function("ell", r"\ell", "source of the predictor on the test point", "real", "(SI 12)")
S_n = table.function("S_n", "S_{n}", "quadratic part of the replicated action", "n = 1, 2, …", "(SI 30)")
Q_n = table.function("Q_n", "Q_{n}", "replicated source term, linear in ℓ", "n = 1, 2, …", "(SI 31)")
last = table.natural("last", r"t_{\mathrm{f}}", "number of steps", "1, 2, …", "(SI 4)")

# The replica calculation, by brute force
m_n = table.function("m_n", "m_{n}", "covariance of one weight at two steps in n replicas", "n = 1, 2, …", "(SI 20)")
m_ab = table.function("m_ab", r"m^{\alpha\beta}", "the same as n → 0: m¹ or m⁰", "real", "(SI 20)")
explicit = table.function("explicit", r"X_{\mathrm{explicit}}", "an entry computed by elimination", "real", "(SI 20)")
formula = table.function(
    "formula", r"X_{\mathrm{formula}}", "the same entry from the formula for symbolic n", "real", "(SI 20)"
)
v_sq = table.function(
    "v_sq", r"\sum_{\alpha}(\mathrm{v}^{\alpha})^{2}", "squares of all replicas' fields", "≥ 0", "(SI 30)"
)
v_v = table.function(
    "v_v", r"\langle\mathrm{v}\mathrm{v}\rangle", "covariance of the physical field", "real", "(SI 33)"
)
cov_f = table.function(
    "cov_f", r"\mathrm{Cov}_{f}", "covariance of the chain's predictor at two steps", "real", "(SI 32)"
)
resid = table.function("resid", r"(y - \bar{f})", "y − f̄ at one step", "real", "(SI 35)")

# Determinants of the replica calculation
det_n = table.function(
    "det_n", r"\det_{n}", "determinant of the replicated action over that at C = 0", "n = 1, 2, …", "(SI 30)"
)
