"""The mean predictor and its covariance: along one eigenvector, and with matrices on the training inputs."""

from __future__ import annotations

from ndk_sym.notation.declare import Table

table = Table()

# The predictor: along one eigenvector of a kernel matrix, and on the synthetic task
gamma = table.positive("gamma", r"\gamma", "eigenvalue of a kernel matrix on the training inputs", "γ > 0", "(16)")
r = table.positive("r", "r", "rate at which a kernel decays in diffusive time", "r > 0; (L+1)/σ² if linear", "(SI 61)")
y = table.real("y", "y", "one label, or the labels' component along an eigenvector", "real", "(3)")
k_star = table.real("k_star", "k_{*}", "the test kernel's component along an eigenvector", "real", "(17)")
k_diag = table.positive(
    "k_diag", "k_{diag}", "diagonal entry of a kernel matrix of the synthetic task", "k_diag > 0", "(SI 84)"
)
k_off = table.real("k_off", "k_{off}", "entry of that matrix off its diagonal", "|k_off| ≤ k_diag", "(SI 84)")
k_one = table.real("k_one", "k_{one}", "kernel of the test point with the input that it overlaps", "real", "(SI 85)")
f = table.function("f", r"\bar{f}", "mean predictor on a training point", "real function of time", "(16)")
f_star = table.function("f_star", r"\bar{f}_{*}", "mean predictor on a test point", "real function of time", "(17)")
kdot_L = table.function(
    "kdot_L", r"\dot{k}^{L}", "derivative kernel K̇^L between a test point and the training inputs", "real", "(13)"
)
w = table.function("w", "w", "residual over T in the diffusive phase", "real function of τ", "–")

# Matrices on the training inputs (and times), as letters that do not commute
K_NTK = table.matrix(
    "K_NTK", r"K_{\mathrm{NTK}}", "neural tangent kernel on the training inputs", "P × P, symmetric", "(18)"
)
K_GP = table.matrix("K_GP", r"K_{\mathrm{GP}}", "NNGP kernel σ² K^L on the training inputs", "P × P, symmetric", "(20)")
k_NTK = table.matrix("k_NTK", r"k_{\mathrm{NTK}}^{\top}", "neural tangent kernel of a test point", "1 × P", "(18)")
k_GP = table.matrix("k_GP", r"k_{\mathrm{GP}}^{\top}", "NNGP kernel of a test point", "1 × P", "(20)")
k_drift = table.matrix(
    "k_drift", r"k^{L}(t,t_{0})^{\top}", "two-time kernel of a test point at t, the inputs at t₀", "1 × P", "(21)"
)
Y = table.matrix("Y", "Y", "labels", "P × 1, or one copy for each time", "(3)")
A = table.matrix("A", "A", "resolvent of the NNGP kernel, (K_GP + T)⁻¹", "P × P", "(20)")
v_rest = table.matrix("v_rest", r"v_{\infty}", "residual Y − f̄ at rest", "P × 1", "(20)")
R = table.matrix("R", "R", "causal resolvent (1 + K^d)⁻¹ of the NDK", "matrix over inputs and times", "(16)")
D = table.matrix(
    "D", "D", "the NDK on the training inputs, as a matrix over times", "strictly lower triangular", "(16)"
)
D_star = table.matrix(
    "D_star", "D_{*}", "the NDK between a test point and the training inputs, over times", "causal", "(17)"
)
C = table.matrix("C", "C", "covariance m K^L of the prior process on training inputs, over times", "symmetric", "(8)")
C_star = table.matrix(
    "C_star", "C_{*}", "the same between a test point and the training inputs", "matrix over times", "(8)"
)
C_test = table.matrix("C_test", "C_{**}", "the same on the test point", "symmetric", "(8)")
C_dot = table.matrix("C_dot", r"\dot{C}", "time derivative of the stationary covariance C", "antisymmetric", "(19)")
S = table.matrix("S", "S", "a factor of the covariance on the training inputs, C = S Sᵀ", "matrix", "(8)")
S_star = table.matrix("S_star", "S_{*}", "the test point's part of that factor, C_* = S_* Sᵀ", "matrix", "(8)")
Pi_loop = table.matrix("Pi_loop", r"\Pi", "projector on the training inputs", "Π² = Π = Πᵀ", "(16)")
Sigma = table.matrix("Sigma", r"\Sigma", "covariance of the predictor on the training inputs", "symmetric", "–")
g = table.matrix("g", "g", "prior process on the training inputs, of covariance m K^L", "zero mean", "(8)")
g_star = table.matrix("g_star", "g_{*}", "prior process on a test point", "zero mean", "(8)")
