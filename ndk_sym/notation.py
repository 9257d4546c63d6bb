r"""The notation: every symbol of the theory once, with its LaTeX, meaning, domain and equation in the paper.

Other modules import the symbols from here, `entry(name)` looks one up, and `latex(expr)` prints an expression
with this notation. Numbers `(n)` are equations of the paper, `(SI n)` of its supplement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp
from sympy.printing.latex import LatexPrinter
from sympy.printing.precedence import PRECEDENCE

from ndk_sym.errors import InputError
from ndk_sym.stable import exact

__all__ = [
    "G_H", "K_GP", "K_NTK", "A", "Apsi", "C", "C_dot", "C_other", "C_same", "C_star", "C_test", "Causal",
    "Causal_T", "D", "D_star", "E", "Entry", "F", "Fdot", "Forward", "Forward_T", "Hess", "K_step", "L", "N",
    "Other", "P", "Pi_loop", "Q_n", "R", "S", "S_n", "S_star", "Same", "Sigma", "T", "Theta", "Theta_previous",
    "Theta_star", "Theta_vector", "U", "V", "Y", "Z_n", "a", "alpha", "b", "c", "c_other", "c_same", "centre",
    "cov_f", "d", "decay", "delta", "delta_grad", "delta_sq", "det_n", "dt", "ell", "entries", "entry", "epsilon",
    "eta_sq", "explicit", "f", "f_star", "formula", "g", "g_star", "gamma", "grad", "grad_i", "grad_sq", "h", "i",
    "j", "k_GP", "k_NTK", "k_diag", "k_drift", "k_off", "k_one", "k_other", "k_same", "k_star", "k_step", "k_xx",
    "k_xy", "k_yy", "kappa", "lam", "lam_tilde", "last", "latex", "m", "m0", "m1", "m_ab", "m_n", "m_other",
    "m_same", "m_ss", "m_ts", "m_tt", "mu", "n", "norm", "p_1", "p_2", "phi", "psi", "psi1", "psi2", "q_1",
    "q_2", "r", "resid", "rho", "s", "shifted_sq", "sigma02", "sigma2", "sigma2_tilde", "t", "t0",
    "tau", "tau_prime", "theta", "theta_1", "theta_2", "u", "v", "v_field", "v_last", "v_rest", "v_sq", "v_v",
    "varrho", "w", "x_loss", "y", "z", "z1", "z2",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One symbol: its name, LaTeX, meaning, domain, and where the paper defines it."""

    symbol: Any  # sp.Symbol, or an undefined function class
    latex: str
    meaning: str
    domain: str
    equation: str

    @property
    def name(self) -> str:
        """The symbol's name in code."""
        return str(self.symbol.name)


# Times
t = sp.Symbol("t", nonnegative=True)
s = sp.Symbol("s", nonnegative=True)
t0 = sp.Symbol("t0", nonnegative=True)
tau = sp.Symbol("tau", nonnegative=True)
tau_prime = sp.Symbol("tau_prime", nonnegative=True)
i = sp.Symbol("i", integer=True, nonnegative=True)
j = sp.Symbol("j", integer=True, nonnegative=True)

# Hyper-parameters
T = sp.Symbol("T", positive=True)
sigma2 = sp.Symbol("sigma2", positive=True)
sigma02 = sp.Symbol("sigma02", positive=True)
kappa = sp.Symbol("kappa", positive=True)
lam = sp.Symbol("lam", positive=True)
lam_tilde = sp.Symbol("lam_tilde", positive=True)
sigma2_tilde = sp.Symbol("sigma2_tilde", positive=True)
L = sp.Symbol("L", integer=True, positive=True)
N = sp.Symbol("N", integer=True, positive=True)
P = sp.Symbol("P", integer=True, positive=True)
n = sp.Symbol("n", integer=True, positive=True)

# One weight, and the Gaussian pair behind the layer maps
Theta = sp.Symbol("Theta", real=True)
Theta_previous = sp.Symbol("Theta_previous", real=True)
v = sp.Symbol("v", positive=True)
a = sp.Symbol("a", positive=True)
b = sp.Symbol("b", positive=True)
c = sp.Symbol("c", real=True)
z = sp.Symbol("z", real=True)
z1 = sp.Symbol("z1", real=True)
z2 = sp.Symbol("z2", real=True)
rho = sp.Symbol("rho", real=True)
theta = sp.Symbol("theta", nonnegative=True)
epsilon = sp.Symbol("epsilon", positive=True)

# Polar coordinates of the Gaussian pair
alpha = sp.Symbol("alpha", real=True)
varrho = sp.Symbol("varrho", positive=True)
psi1 = sp.Symbol("psi1", nonnegative=True)
psi2 = sp.Symbol("psi2", nonnegative=True)

# Arguments of the kernels
m = sp.Symbol("m", positive=True)
m_tt = sp.Symbol("m_tt", positive=True)
m_ts = sp.Symbol("m_ts", positive=True)
m_ss = sp.Symbol("m_ss", positive=True)
decay = sp.Symbol("decay", positive=True)
k_xx = sp.Symbol("k_xx", positive=True)
k_xy = sp.Symbol("k_xy", real=True)
k_yy = sp.Symbol("k_yy", positive=True)

# An abstract activation
phi = sp.Function("phi", real=True)
F = sp.Function("F", real=True)
Fdot = sp.Function("Fdot", real=True)
norm = sp.Function("norm", positive=True)
mu = sp.Function("mu", real=True)

# The predictor: along one eigenvector of a kernel matrix, and on the synthetic task
gamma = sp.Symbol("gamma", positive=True)
r = sp.Symbol("r", positive=True)
y = sp.Symbol("y", real=True)
k_star = sp.Symbol("k_star", real=True)
k_diag = sp.Symbol("k_diag", positive=True)
k_off = sp.Symbol("k_off", real=True)
k_one = sp.Symbol("k_one", real=True)
f = sp.Function("f", real=True)
f_star = sp.Function("f_star", real=True)
w = sp.Function("w", real=True)

# Matrices on the training inputs (and times), as letters that do not commute
K_NTK = sp.Symbol("K_NTK", commutative=False)
K_GP = sp.Symbol("K_GP", commutative=False)
k_NTK = sp.Symbol("k_NTK", commutative=False)
k_GP = sp.Symbol("k_GP", commutative=False)
k_drift = sp.Symbol("k_drift", commutative=False)
Y = sp.Symbol("Y", commutative=False)
A = sp.Symbol("A", commutative=False)
v_rest = sp.Symbol("v_rest", commutative=False)
R = sp.Symbol("R", commutative=False)
D = sp.Symbol("D", commutative=False)
D_star = sp.Symbol("D_star", commutative=False)
C = sp.Symbol("C", commutative=False)
C_star = sp.Symbol("C_star", commutative=False)
C_test = sp.Symbol("C_test", commutative=False)
C_dot = sp.Symbol("C_dot", commutative=False)
S = sp.Symbol("S", commutative=False)
S_star = sp.Symbol("S_star", commutative=False)
Pi_loop = sp.Symbol("Pi_loop", commutative=False)
Sigma = sp.Symbol("Sigma", commutative=False)
g = sp.Symbol("g", commutative=False)
g_star = sp.Symbol("g_star", commutative=False)

# One step of the proximal chain, for a general energy
delta = sp.Symbol("delta", real=True)
delta_sq = sp.Symbol("delta_sq", real=True)
delta_grad = sp.Symbol("delta_grad", real=True)
grad_sq = sp.Symbol("grad_sq", real=True)
shifted_sq = sp.Symbol("shifted_sq", real=True)
grad_i = sp.Symbol("grad_i", real=True)
dt = sp.Symbol("dt", positive=True)
eta_sq = sp.Symbol("eta_sq", positive=True)
d = sp.Symbol("d", integer=True, positive=True)
theta_1 = sp.Symbol("theta_1", real=True)
theta_2 = sp.Symbol("theta_2", real=True)
E = sp.Function("E", real=True)
psi = sp.Function("psi", real=True)
Apsi = sp.Function("Apsi", real=True)
U = sp.Function("U", real=True)
V = sp.Function("V", real=True)
h = sp.Symbol("h", positive=True)
grad = sp.Symbol("grad", commutative=False)
Hess = sp.Symbol("Hess", commutative=False)
G_H = sp.Symbol("G_H", commutative=False)

# The deterministic proximal step
Theta_star = sp.Symbol("Theta_star", real=True)
Theta_vector = sp.Symbol("Theta_vector", commutative=False)
centre = sp.Symbol("centre", commutative=False)

# The discrete theory: weights and kernels of one replica and of two
m_same = sp.Symbol("m_same", positive=True)
m_other = sp.Symbol("m_other", positive=True)
k_same = sp.Symbol("k_same", real=True)
k_other = sp.Symbol("k_other", real=True)

# The replica calculation
Z_n = sp.Function("Z_n", real=True)
v_field = sp.Symbol("v_field", real=True)
x_loss = sp.Symbol("x_loss", real=True)
p_1 = sp.Symbol("p_1", real=True)
p_2 = sp.Symbol("p_2", real=True)
q_1 = sp.Symbol("q_1", real=True)
q_2 = sp.Symbol("q_2", real=True)
Same = sp.Symbol("Same", commutative=False)
Other = sp.Symbol("Other", commutative=False)
Causal = sp.Symbol("Causal", commutative=False)
Causal_T = sp.Symbol("Causal_T", commutative=False)
Forward = sp.Symbol("Forward", commutative=False)
Forward_T = sp.Symbol("Forward_T", commutative=False)
C_same = sp.Function("C_same", real=True)
C_other = sp.Function("C_other", real=True)
c_same = sp.Function("c_same", real=True)
c_other = sp.Function("c_other", real=True)
K_step = sp.Function("K_step", real=True)
k_step = sp.Function("k_step", real=True)
u = sp.Function("u", real=True)
v_last = sp.Function("v_last", real=True)
ell = sp.Function("ell", real=True)
S_n = sp.Function("S_n", real=True)
Q_n = sp.Function("Q_n", real=True)
last = sp.Symbol("last", integer=True, positive=True)

# The replica calculation, by brute force
m_n = sp.Function("m_n", real=True)
m_ab = sp.Function("m_ab", real=True)
explicit = sp.Function("explicit", real=True)
formula = sp.Function("formula", real=True)
v_sq = sp.Function("v_sq", real=True)
v_v = sp.Function("v_v", real=True)
cov_f = sp.Function("cov_f", real=True)
resid = sp.Function("resid", real=True)

# Weights of the chain as functions of two steps
m1 = sp.Function("m1", real=True)
m0 = sp.Function("m0", real=True)

# Determinants of the replica calculation
det_n = sp.Function("det_n", real=True)

_ENTRIES = (
    Entry(t, "t", "later time", "t ≥ 0", "(5)"),
    Entry(s, "s", "earlier time (the paper's t′)", "s ≥ 0; s ≤ t where order matters", "(10)"),
    Entry(t0, "t_{0}", "time at which the readout is frozen", "0 ≤ t₀ ≤ t", "(21)"),
    Entry(tau, r"\tau", "diffusive time T t", "τ ≥ 0", "(20)"),
    Entry(tau_prime, r"\tau'", "earlier diffusive time", "0 ≤ τ′ ≤ τ", "(20)"),
    Entry(i, "i", "later step of the proximal chain", "i = 0, 1, 2, …", "(4)"),
    Entry(j, "j", "earlier step of the proximal chain", "j = 0, 1, 2, …", "(4)"),
    Entry(T, "T", "temperature", "T > 0; T = 0 is gradient flow", "(3)"),
    Entry(sigma2, r"\sigma^{2}", "prior variance of every weight", "σ² > 0", "(3)"),
    Entry(sigma02, r"\sigma_{0}^{2}", "variance of every weight at initialisation", "σ₀² > 0", "(5)"),
    Entry(kappa, r"\kappa", "rate of weight decay, κ = T/σ²", "κ > 0; κ = 0 at T = 0", "(10)"),
    Entry(lam, r"\lambda", "strength of the proximal term", "λ > 0", "(4)"),
    Entry(lam_tilde, r"\tilde{\lambda}", "memory of one proximal step, λ/(λ+κ)", "0 < λ̃ ≤ 1", "(SI 21)"),
    Entry(sigma2_tilde, r"\tilde{\sigma}^{2}", "stationary variance of the chain", "σ̃² > 0", "(SI 21)"),
    Entry(L, "L", "depth: number of hidden layers", "L = 1, 2, …", "(1)"),
    Entry(N, "N", "width of the hidden layers", "N → ∞", "(1)"),
    Entry(P, "P", "number of training inputs", "P = 1, 2, …", "(3)"),
    Entry(n, "n", "number of replicas", "n = 1, 2, …, continued to n → 0", "(SI 10)"),
    Entry(Theta, r"\Theta", "one weight", "real", "(4)"),
    Entry(Theta_previous, r"\Theta'", "the same weight one step earlier", "real", "(4)"),
    Entry(v, "v", "variance of one weight", "v > 0", "(9)"),
    Entry(a, "a", "variance of the first pre-activation", "a > 0; a = 0 by continuity", "(12)"),
    Entry(b, "b", "variance of the second pre-activation", "b > 0; b = 0 by continuity", "(12)"),
    Entry(c, "c", "covariance of the two pre-activations", "c² ≤ ab", "(12)"),
    Entry(z, "z", "a pre-activation", "real", "(1)"),
    Entry(z1, "z_{1}", "the first pre-activation, of variance a", "real", "(12)"),
    Entry(z2, "z_{2}", "the second pre-activation, of variance b", "real", "(12)"),
    Entry(rho, r"\rho", "a correlation", "−1 ≤ ρ ≤ 1", "(12)"),
    Entry(theta, r"\theta", "the angle with cos θ = ρ", "0 ≤ θ ≤ π", "(SI 62)"),
    Entry(alpha, r"\alpha", "angle of the Gaussian pair in the plane of unit normals", "|α| ≤ π", "(SI 62)"),
    Entry(varrho, r"\varrho", "its radius there", "ϱ > 0", "(SI 62)"),
    Entry(psi1, r"\psi_{1}", "angle between the pre-activations of layer 1", "0 ≤ ψ₁ ≤ π", "(SI 63)"),
    Entry(psi2, r"\psi_{2}", "angle between the pre-activations of layer 2", "0 ≤ ψ₂ ≤ π", "(SI 63)"),
    Entry(epsilon, r"\epsilon", "a small number", "ε > 0", "–"),
    Entry(m, "m", "the cross-time weight m(t,s), as one number", "m > 0", "(10)"),
    Entry(m_tt, "m_{tt}", "m(t,t), variance of a weight at time t", "m_tt > 0", "(10)"),
    Entry(m_ts, "m_{ts}", "m(t,s), covariance of a weight at t and s", "0 < m_ts ≤ √(m_tt m_ss)", "(10)"),
    Entry(m_ss, "m_{ss}", "m(s,s), variance of a weight at time s", "m_ss > 0", "(10)"),
    Entry(decay, r"e^{-\kappa|t-s|}", "decay of a perturbation between t and s", "0 < decay ≤ 1", "(14)"),
    Entry(k_xx, "k_{xx}", "input kernel K⁰(x,x) = x·x/N₀", "k_xx > 0", "(12)"),
    Entry(k_xy, "k_{xy}", "input kernel K⁰(x,x′) = x·x′/N₀", "k_xy² ≤ k_xx k_yy", "(12)"),
    Entry(k_yy, "k_{yy}", "input kernel K⁰(x′,x′) = x′·x′/N₀", "k_yy > 0", "(12)"),
    Entry(phi, r"\phi", "activation function", "real function", "(1)"),
    Entry(F, "F", "layer map ⟨φ(z₁)φ(z₂)⟩ at (a, c, b)", "a, b > 0, c² ≤ ab", "(12)"),
    Entry(Fdot, r"\dot{F}", "derivative layer map ⟨φ′(z₁)φ′(z₂)⟩ at (a, c, b)", "a, b > 0, c² ≤ ab", "(13)"),
    Entry(norm, "G", "layer map of equal-time norms, F(a, a, a)", "a > 0", "(12)"),
    Entry(mu, r"\mu", "mean activation ⟨φ(z₁)⟩", "a > 0", "(22)"),
    Entry(gamma, r"\gamma", "eigenvalue of a kernel matrix on the training inputs", "γ > 0", "(16)"),
    Entry(r, "r", "rate at which a kernel decays in diffusive time", "r > 0; (L+1)/σ² if linear", "(SI 61)"),
    Entry(y, "y", "one label, or the labels' component along an eigenvector", "real", "(3)"),
    Entry(k_star, "k_{*}", "the test kernel's component along an eigenvector", "real", "(17)"),
    Entry(k_diag, "k_{diag}", "diagonal entry of a kernel matrix of the synthetic task", "k_diag > 0", "(SI 84)"),
    Entry(k_off, "k_{off}", "entry of that matrix off its diagonal", "|k_off| ≤ k_diag", "(SI 84)"),
    Entry(k_one, "k_{one}", "kernel of the test point with the input that it overlaps", "real", "(SI 85)"),
    Entry(f, r"\bar{f}", "mean predictor on a training point", "real function of time", "(16)"),
    Entry(f_star, r"\bar{f}_{*}", "mean predictor on a test point", "real function of time", "(17)"),
    Entry(w, "w", "residual over T in the diffusive phase", "real function of τ", "–"),
    Entry(K_NTK, r"K_{\mathrm{NTK}}", "neural tangent kernel on the training inputs", "P × P, symmetric", "(18)"),
    Entry(K_GP, r"K_{\mathrm{GP}}", "NNGP kernel σ² K^L on the training inputs", "P × P, symmetric", "(20)"),
    Entry(k_NTK, r"k_{\mathrm{NTK}}^{T}", "neural tangent kernel of a test point", "1 × P", "(18)"),
    Entry(k_GP, r"k_{\mathrm{GP}}^{T}", "NNGP kernel of a test point", "1 × P", "(20)"),
    Entry(k_drift, "k^{L}(t,t_{0})^{T}", "two-time kernel of a test point at t, the inputs at t₀", "1 × P", "(21)"),
    Entry(Y, "Y", "labels", "P × 1, or one copy for each time", "(3)"),
    Entry(A, "A", "resolvent of the NNGP kernel, (K_GP + T)⁻¹", "P × P", "(20)"),
    Entry(v_rest, r"v_{\infty}", "residual Y − f̄ at rest", "P × 1", "(20)"),
    Entry(R, "R", "causal resolvent (1 + K^d)⁻¹ of the NDK", "matrix over inputs and times", "(16)"),
    Entry(D, "D", "the NDK on the training inputs, as a matrix over times", "strictly lower triangular", "(16)"),
    Entry(D_star, "D_{*}", "the NDK between a test point and the training inputs, over times", "causal", "(17)"),
    Entry(C, "C", "covariance m K^L of the prior process on training inputs, over times", "symmetric", "(8)"),
    Entry(C_star, "C_{*}", "the same between a test point and the training inputs", "matrix over times", "(8)"),
    Entry(C_test, "C_{**}", "the same on the test point", "symmetric", "(8)"),
    Entry(C_dot, r"\dot{C}", "time derivative of the stationary covariance C", "antisymmetric", "(19)"),
    Entry(S, "S", "a factor of the covariance on the training inputs, C = S Sᵀ", "matrix", "(8)"),
    Entry(S_star, "S_{*}", "the test point's part of that factor, C_* = S_* Sᵀ", "matrix", "(8)"),
    Entry(Pi_loop, r"\Pi", "projector on the training inputs", "Π² = Π = Πᵀ", "(16)"),
    Entry(Sigma, r"\Sigma", "covariance of the predictor on the training inputs", "symmetric", "–"),
    Entry(g, "g", "prior process on the training inputs, of covariance m K^L", "zero mean", "(8)"),
    Entry(g_star, "g_{*}", "prior process on a test point", "zero mean", "(8)"),
    Entry(delta, r"\delta", "one step of the chain, Θ − Θ′", "real", "(SI 6)"),
    Entry(delta_sq, r"|\delta|^{2}", "squared length of a step", "≥ 0", "(4)"),
    Entry(delta_grad, r"(\delta\cdot\nabla E)", "slope of the energy along a step", "real", "(SI 5)"),
    Entry(grad_sq, r"|\nabla E|^{2}", "squared length of the gradient", "≥ 0", "(SI 5)"),
    Entry(shifted_sq, r"|\delta + \nabla E/\lambda|^{2}", "squared distance of a step from its mean", "≥ 0", "(SI 5)"),
    Entry(grad_i, r"\partial_{i} E", "one component of the gradient", "real", "(SI 6)"),
    Entry(dt, "dt", "time of one step, 1/λ", "dt > 0", "(SI 8)"),
    Entry(eta_sq, r"\langle\eta^{2}\rangle", "variance of the noise of one step, each component", "> 0", "(SI 9)"),
    Entry(d, "d", "dimension of Θ: the number of weights", "d = 1, 2, …", "(4)"),
    Entry(theta_1, r"\Theta'_{1}", "first component of Θ′", "real", "(4)"),
    Entry(theta_2, r"\Theta'_{2}", "second component of Θ′", "real", "(4)"),
    Entry(E, "E", "energy (cost function)", "differentiable", "(3)"),
    Entry(psi, r"\psi", "a test function of the weights", "differentiable", "(5)"),
    Entry(Apsi, r"(\mathcal{A}\psi)", "generator of (5) applied to ψ, −∇E·∇ψ + T Δψ", "function of Θ′", "(5)"),
    Entry(U, "U", "|∇E|²/2 − T ΔE", "function of Θ′", "(SI 5)"),
    Entry(V, "V", "energy as a function of |Θ|²/2", "differentiable", "(SI 5)"),
    Entry(h, "h", "|Θ′|²/2", "h > 0", "(SI 5)"),
    Entry(grad, r"\nabla E", "gradient of a quadratic energy", "d × 1", "(SI 6)"),
    Entry(Hess, r"\nabla\nabla E", "Hessian of a quadratic energy", "d × d", "(SI 6)"),
    Entry(G_H, r"(\lambda + \nabla\nabla E)^{-1}", "inverse of the exponent's Hessian", "d × d", "(SI 6)"),
    Entry(Theta_star, r"\Theta^{*}", "the proximal step: minimum of E(Θ) + λ/2 (Θ − Θ′)²", "real", "(SI 1)"),
    Entry(Theta_vector, r"\vec{\Theta}'", "all weights, one step earlier", "d × 1", "(SI 1)"),
    Entry(centre, r"\vec{c}", "minimum of a quadratic energy", "d × 1", "(SI 1)"),
    Entry(m_same, "m^{1}", "covariance of a weight of one replica, at steps i and j", "m¹ > 0", "(SI 21)"),
    Entry(m_other, "m^{0}", "covariance of a weight between two replicas", "m⁰ > 0", "(SI 21)"),
    Entry(k_same, "K^{L,1}", "two-time kernel of one replica", "real", "(SI 23)"),
    Entry(k_other, "K^{L,0}", "two-time kernel of two replicas", "real", "(SI 23)"),
    Entry(Z_n, "Z_{n}", "integral over n replicas of one step, given Θ′", "Z₁ = Z", "(SI 10)"),
    Entry(v_field, r"\mathrm{v}", "field conjugate to one predictor", "real", "(SI 16)"),
    Entry(x_loss, "(f - y)", "error on one training point", "real", "(SI 16)"),
    Entry(p_1, "p_{1}", "arbitrary number", "real", "(SI 29)"),
    Entry(p_2, "p_{2}", "arbitrary number", "real", "(SI 29)"),
    Entry(q_1, "q_{1}", "arbitrary number", "real", "(SI 29)"),
    Entry(q_2, "q_{2}", "arbitrary number", "real", "(SI 29)"),
    Entry(Same, r"\mathcal{D}", "2T + m¹K¹ − m⁰K⁰ at equal times", "block diagonal in time", "(SI 30)"),
    Entry(Other, r"\mathcal{C}^{0}", "m⁰K⁰, over times and training inputs", "symmetric", "(SI 30)"),
    Entry(Causal, r"\mathcal{J}", "m¹K¹ − m⁰K⁰ at t > s", "strictly lower triangular in time", "(SI 30)"),
    Entry(Causal_T, r"\mathcal{J}^{T}", "the transpose of 𝒥", "strictly upper triangular in time", "(SI 30)"),
    Entry(Forward, r"\mathcal{A}", "𝒟 + 𝒥 = 2T(1 + K^d/λ)", "lower triangular in time", "(SI 33)"),
    Entry(Forward_T, r"\mathcal{A}^{T}", "the transpose of 𝒜", "upper triangular in time", "(SI 33)"),
    Entry(C_same, "C^{1}", "m¹K^{L,1} at steps i, j: covariance of predictors, one replica", "symmetric", "(SI 29)"),
    Entry(C_other, "C^{0}", "m⁰K^{L,0} at steps i, j: covariance of predictors, two replicas", "symmetric", "(SI 29)"),
    Entry(c_same, "c^{1}", "m¹k^{L,1}: the same between a test and a training point", "real", "(SI 31)"),
    Entry(c_other, "c^{0}", "m⁰k^{L,0}: the same for two replicas", "real", "(SI 31)"),
    Entry(K_step, "K^{d,L}", "discrete neural dynamical kernel at steps i ≥ j", "real", "(SI 28)"),
    Entry(k_step, "k^{d,L}", "the same between a test and a training point", "real", "(SI 34)"),
    Entry(u, "u", "sum of the fields of all replicas at one step", "real", "(SI 32)"),
    Entry(v_last, r"\hat{\mathrm{v}}", "2T times the field of the physical replica at one step", "real", "(SI 32)"),
    Entry(ell, r"\ell", "source of the predictor on the test point", "real", "(SI 12)"),
    Entry(S_n, "S_{n}", "quadratic part of the replicated action", "n = 1, 2, …", "(SI 30)"),
    Entry(Q_n, "Q_{n}", "replicated source term, linear in ℓ", "n = 1, 2, …", "(SI 31)"),
    Entry(last, r"t_{\mathrm{f}}", "number of steps", "1, 2, …", "(SI 4)"),
    Entry(m_n, "m_{n}", "covariance of one weight at two steps in n replicas", "n = 1, 2, …", "(SI 20)"),
    Entry(m_ab, r"m^{\alpha\beta}", "the same as n → 0: m¹ or m⁰", "real", "(SI 20)"),
    Entry(explicit, r"X_{\mathrm{explicit}}", "an entry computed by elimination", "real", "(SI 20)"),
    Entry(formula, r"X_{\mathrm{formula}}", "the same entry from the formula for symbolic n", "real", "(SI 20)"),
    Entry(v_sq, r"\sum_{\alpha}(\mathrm{v}^{\alpha})^{2}", "squares of all replicas' fields", "≥ 0", "(SI 30)"),
    Entry(v_v, r"\langle\mathrm{v}\mathrm{v}\rangle", "covariance of the physical field", "real", "(SI 33)"),
    Entry(cov_f, r"\mathrm{Cov}_{f}", "covariance of the chain's predictor at two steps", "real", "(SI 32)"),
    Entry(resid, r"(y - \bar{f})", "y − f̄ at one step", "real", "(SI 35)"),
    Entry(m1, r"\mathrm{m}^{1}", "covariance of a weight of one replica at two steps", "real", "(SI 21)"),
    Entry(m0, r"\mathrm{m}^{0}", "covariance of a weight between two replicas at two steps", "real", "(SI 21)"),
    Entry(det_n, r"\det_{n}", "determinant of the replicated action over that at C = 0", "n = 1, 2, …", "(SI 30)"),
)  # fmt: skip


def entries() -> tuple[Entry, ...]:
    """Return every entry of the notation, in the order in which the theory introduces them."""
    return _ENTRIES


def entry(name: str) -> Entry:
    """Return the entry of the symbol called `name`.

    Parameters
    ----------
    name : str
        The symbol's name in code, such as ``"sigma02"``.

    Returns
    -------
    Entry

    Raises
    ------
    InputError
        If no symbol has that name.
    """
    for candidate in _ENTRIES:
        if candidate.name == name:
            return candidate
    raise InputError(f"symbol {name!r} is not known; choose one of {', '.join(e.name for e in _ENTRIES)}")


class _Printer(LatexPrinter):
    """SymPy's LaTeX printer with this notation; squares such as σ² take powers as σ^{2n}, not as (σ²)^n."""

    _squares: ClassVar = {e.symbol: e.latex.removesuffix("^{2}") for e in _ENTRIES if e.latex.endswith("^{2}")}
    _functions: ClassVar = {e.name: e.latex for e in _ENTRIES if not isinstance(e.symbol, sp.Symbol)}

    def _print_Pow(self, expr: sp.Pow) -> str:
        if expr.base not in self._squares or not (2 * expr.exp).is_Integer or expr.exp < 0:
            return str(super()._print_Pow(expr))
        power = 2 * expr.exp
        return self._squares[expr.base] + ("" if power == 1 else f"^{{{power}}}")

    def _as_ordered_terms(self, expr: Any, order: Any = None) -> list[Any]:
        # t − s, not −s + t
        return sorted(super()._as_ordered_terms(expr, order=order), key=lambda x: bool(x.could_extract_minus_sign()))

    def _print_Derivative(self, expr: sp.Derivative) -> str:
        # brackets around what is differentiated: SymPy's ∂/∂s m K could be (∂m/∂s) K; and φ′(z) for one argument
        if expr.expr.is_Function and expr.expr.args == expr.variables and not hasattr(expr.expr, "_latex"):
            name, argument = self._hprint_Function(expr.expr.func.__name__), self._print(expr.expr.args[0])
            return rf"{name}'{{\left({argument}\right)}}"
        below = " ".join(self._differential(x, n) for x, n in expr.variable_count)
        order = sum(n for _, n in expr.variable_count)
        above = r"\partial" if order == 1 else rf"\partial^{{{self._print(order)}}}"
        inner = self._print(expr.expr)
        body = inner if expr.expr.is_Atom or expr.expr.is_Function else rf"\left[{inner}\right]"
        return rf"\frac{{{above}}}{{{below}}} {body}"

    def _print_transpose(self, expr: sp.Expr, exp: str | None = None) -> str:
        return rf"{self.parenthesize(expr.args[0], PRECEDENCE['Pow'])}^{{T}}" + (f"^{{{exp}}}" if exp else "")

    def _differential(self, x: sp.Symbol, n: sp.Expr) -> str:
        """∂x, or ∂x² with the name in braces where it has a superscript of its own."""
        name = self._print(x)
        return rf"\partial {name}" if n == 1 else rf"\partial {self.parenthesize_super(name)}^{{{self._print(n)}}}"

    def _hprint_Function(self, func: str) -> str:
        return self._functions.get(func) or str(super()._hprint_Function(func))


def latex(expr: Any, *, names: Mapping[sp.Symbol, str] | None = None) -> str:
    r"""Return LaTeX for a SymPy expression in this notation.

    Parameters
    ----------
    expr : sympy.Basic
        An expression; the opaque functions of `ndk_sym.stable` are printed as what they mean.
    names : mapping, optional
        LaTeX of further symbols.

    Returns
    -------
    str
        LaTeX without math delimiters.
    """
    symbol_names = {e.symbol: e.latex for e in _ENTRIES if isinstance(e.symbol, sp.Symbol)}
    symbol_names |= dict(names or {})
    printer = _Printer({"symbol_names": symbol_names, "inv_trig_style": "full"})
    return str(printer.doprint(exact(expr) if isinstance(expr, sp.Expr) else expr))
