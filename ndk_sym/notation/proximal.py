"""Markov proximal learning: one step for a general energy, and the deterministic step."""

from __future__ import annotations

from ndk_sym.notation.declare import Table

table = Table()

# One step of the proximal chain, for a general energy
delta = table.real("delta", r"\delta", "one step of the chain, Θ − Θ′", "real", "(SI 6)")
delta_sq = table.real("delta_sq", r"|\delta|^{2}", "squared length of a step", "≥ 0", "(4)")
delta_grad = table.real("delta_grad", r"(\delta\cdot\nabla E)", "slope of the energy along a step", "real", "(SI 5)")
grad_sq = table.real("grad_sq", r"|\nabla E|^{2}", "squared length of the gradient", "≥ 0", "(SI 5)")
shifted_sq = table.real(
    "shifted_sq", r"|\delta + \nabla E/\lambda|^{2}", "squared distance of a step from its mean", "≥ 0", "(SI 5)"
)
grad_i = table.real("grad_i", r"\partial_{i} E", "one component of the gradient", "real", "(SI 6)")
dt = table.positive("dt", "dt", "time of one step, 1/λ", "dt > 0", "(SI 8)")
eta_sq = table.positive(
    "eta_sq", r"\langle\eta^{2}\rangle", "variance of the noise of one step, each component", "> 0", "(SI 9)"
)
d = table.natural("d", "d", "dimension of Θ: the number of weights", "d = 1, 2, …", "(4)")
theta_1 = table.real("theta_1", r"\Theta'_{1}", "first component of Θ′", "real", "(4)")
theta_2 = table.real("theta_2", r"\Theta'_{2}", "second component of Θ′", "real", "(4)")
E = table.function("E", "E", "energy (cost function)", "differentiable", "(3)")
psi = table.function("psi", r"\psi", "a test function of the weights", "differentiable", "(5)")
Apsi = table.function(
    "Apsi", r"(\mathcal{A}\psi)", "generator of (5) applied to ψ, −∇E·∇ψ + T Δψ", "function of Θ′", "(5)"
)
U = table.function("U", "U", "|∇E|²/2 − T ΔE", "function of Θ′", "(SI 5)")
V = table.function("V", "V", "energy as a function of |Θ|²/2", "differentiable", "(SI 5)")
h = table.positive("h", "h", "|Θ′|²/2", "h > 0", "(SI 5)")
grad = table.matrix("grad", r"\nabla E", "gradient of a quadratic energy", "d × 1", "(SI 6)")
Hess = table.matrix("Hess", r"\nabla\nabla E", "Hessian of a quadratic energy", "d × d", "(SI 6)")
G_H = table.matrix("G_H", r"(\lambda + \nabla\nabla E)^{-1}", "inverse of the exponent's Hessian", "d × d", "(SI 6)")

# The deterministic proximal step
Theta_star = table.real(
    "Theta_star", r"\Theta^{*}", "the proximal step: minimum of E(Θ) + λ/2 (Θ − Θ′)²", "real", "(SI 1)"
)
Theta_vector = table.matrix("Theta_vector", r"\vec{\Theta}'", "all weights, one step earlier", "d × 1", "(SI 1)")
centre = table.matrix("centre", r"\vec{c}", "minimum of a quadratic energy", "d × 1", "(SI 1)")
