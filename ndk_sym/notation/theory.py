"""The network, its prior, and the layer maps and kernels that follow from them."""

from __future__ import annotations

from ndk_sym.notation.declare import Table

table = Table()

# Times
t = table.nonnegative("t", "t", "later time", "t ≥ 0", "(5)")
s = table.nonnegative("s", "s", "earlier time (the paper's t′)", "s ≥ 0; s ≤ t where order matters", "(10)")
t0 = table.nonnegative("t0", "t_{0}", "time at which the readout is frozen", "0 ≤ t₀ ≤ t", "(21)")
tau = table.nonnegative("tau", r"\tau", "diffusive time T t", "τ ≥ 0", "(20)")
tau_prime = table.nonnegative("tau_prime", r"\tau'", "earlier diffusive time", "0 ≤ τ′ ≤ τ", "(20)")
i = table.step("i", "i", "later step of the proximal chain", "i = 0, 1, 2, …", "(4)")
j = table.step("j", "j", "earlier step of the proximal chain", "j = 0, 1, 2, …", "(4)")

# Hyper-parameters
T = table.positive("T", "T", "temperature", "T > 0; T = 0 is gradient flow", "(3)")
sigma2 = table.positive("sigma2", r"\sigma^{2}", "prior variance of every weight", "σ² > 0", "(3)")
sigma02 = table.positive("sigma02", r"\sigma_{0}^{2}", "variance of every weight at initialisation", "σ₀² > 0", "(5)")
kappa = table.positive("kappa", r"\kappa", "rate of weight decay, κ = T/σ²", "κ > 0; κ = 0 at T = 0", "(10)")
lam = table.positive("lam", r"\lambda", "strength of the proximal term", "λ > 0", "(4)")
lam_tilde = table.positive(
    "lam_tilde", r"\tilde{\lambda}", "memory of one proximal step, λ/(λ+κ)", "0 < λ̃ ≤ 1", "(SI 21)"
)
sigma2_tilde = table.positive(
    "sigma2_tilde", r"\tilde{\sigma}^{2}", "stationary variance of the chain", "σ̃² > 0", "(SI 21)"
)
L = table.natural("L", "L", "depth: number of hidden layers", "L = 1, 2, …", "(1)")
N = table.natural("N", "N", "width of the hidden layers", "N → ∞", "(1)")
P = table.natural("P", "P", "number of training inputs", "P = 1, 2, …", "(3)")
n = table.natural("n", "n", "number of replicas", "n = 1, 2, …, continued to n → 0", "(SI 10)")

# One weight, and the Gaussian pair behind the layer maps
Theta = table.real("Theta", r"\Theta", "one weight", "real", "(4)")
Theta_previous = table.real("Theta_previous", r"\Theta'", "the same weight one step earlier", "real", "(4)")
v = table.positive("v", "v", "variance of one weight", "v > 0", "(9)")
a = table.positive("a", "a", "variance of the first pre-activation", "a > 0; a = 0 by continuity", "(12)")
b = table.positive("b", "b", "variance of the second pre-activation", "b > 0; b = 0 by continuity", "(12)")
c = table.real("c", "c", "covariance of the two pre-activations", "c² ≤ ab", "(12)")
z = table.real("z", "z", "a pre-activation", "real", "(1)")
z1 = table.real("z1", "z_{1}", "the first pre-activation, of variance a", "real", "(12)")
z2 = table.real("z2", "z_{2}", "the second pre-activation, of variance b", "real", "(12)")
rho = table.real("rho", r"\rho", "a correlation", "−1 ≤ ρ ≤ 1", "(12)")
theta = table.nonnegative("theta", r"\theta", "the angle with cos θ = ρ", "0 ≤ θ ≤ π", "(SI 62)")
epsilon = table.positive("epsilon", r"\epsilon", "a small number", "ε > 0", "–")

# Polar coordinates of the Gaussian pair
alpha = table.real("alpha", r"\alpha", "angle of the Gaussian pair in the plane of unit normals", "|α| ≤ π", "(SI 62)")
varrho = table.positive("varrho", r"\varrho", "its radius there", "ϱ > 0", "(SI 62)")
psi1 = table.nonnegative("psi1", r"\psi_{1}", "angle between the pre-activations of layer 1", "0 ≤ ψ₁ ≤ π", "(SI 63)")
psi2 = table.nonnegative("psi2", r"\psi_{2}", "angle between the pre-activations of layer 2", "0 ≤ ψ₂ ≤ π", "(SI 63)")
psi3 = table.nonnegative("psi3", r"\psi_{3}", "angle between the pre-activations of layer 3", "0 ≤ ψ₃ ≤ π", "(SI 63)")

# Homogeneous activations
u1 = table.real("u1", "u_{1}", "the first pre-activation over √a: unit variance", "real", "(12)")
u2 = table.real("u2", "u_{2}", "the second pre-activation over √b: unit variance", "real", "(12)")
q = table.function("q", "q", "layer map of unit variances, F(1, ρ, 1)", "|ρ| ≤ 1", "(SI 62)")
q_of_1 = table.positive("q_of_1", "q(1)", "layer map of unit variances at ρ = 1: ⟨φ(z)²⟩", "q(1) > 0", "(SI 64)")
rho_m = table.real(
    "rho_m", r"\rho_{m}", "correlation of a weight at the two times, m_ts/√(m_tt m_ss)", "|ρ_m| ≤ 1", "(SI 63)"
)
rho_0 = table.real("rho_0", r"\rho_{0}", "correlation of the inputs, x·x′/|x||x′|", "|ρ₀| ≤ 1", "(SI 63)")
k_l = table.function("k_l", "k_{l}", "what stands behind the norms in K^l, of ρ_m and ρ₀", "real", "(SI 65)")
g_l = table.function("g_l", "g_{l}", "what stands behind decay and norms in K^{d,l}, of ρ_m and ρ₀", "real", "(SI 66)")
p_plus = table.real("p_plus", "p_+", "slope of a homogeneous φ for z > 0", "real", "–")
p_minus = table.real("p_minus", "p_-", "slope of a homogeneous φ for z < 0", "real", "–")
stretch = table.positive("stretch", r"\nu", "factor by which an input is multiplied", "ν > 0", "–")
x_in = table.real("x_in", "x", "an input", "a vector of N₀ numbers", "(1)")
x_in_prime = table.real("x_in_prime", "x'", "another input", "a vector of N₀ numbers", "(1)")

# Arguments of the kernels
m = table.positive("m", "m", "the cross-time weight m(t,s), as one number", "m > 0", "(10)")
m_tt = table.positive("m_tt", "m_{tt}", "m(t,t), variance of a weight at time t", "m_tt > 0", "(10)")
m_ts = table.positive("m_ts", "m_{ts}", "m(t,s), covariance of a weight at t and s", "0 < m_ts ≤ √(m_tt m_ss)", "(10)")
m_ss = table.positive("m_ss", "m_{ss}", "m(s,s), variance of a weight at time s", "m_ss > 0", "(10)")
decay = table.positive("decay", r"e^{-\kappa|t-s|}", "decay of a perturbation between t and s", "0 < decay ≤ 1", "(14)")
k_xx = table.positive("k_xx", "k_{xx}", "input kernel K⁰(x,x) = x·x/N₀", "k_xx > 0", "(12)")
k_xy = table.real("k_xy", "k_{xy}", "input kernel K⁰(x,x′) = x·x′/N₀", "k_xy² ≤ k_xx k_yy", "(12)")
k_yy = table.positive("k_yy", "k_{yy}", "input kernel K⁰(x′,x′) = x′·x′/N₀", "k_yy > 0", "(12)")

# An abstract activation
phi = table.function("phi", r"\phi", "activation function", "real function", "(1)")
F = table.function("F", "F", "layer map ⟨φ(z₁)φ(z₂)⟩ at (a, c, b)", "a, b > 0, c² ≤ ab", "(12)")
Fdot = table.function(
    "Fdot", r"\dot{F}", "derivative layer map ⟨φ′(z₁)φ′(z₂)⟩ at (a, c, b)", "a, b > 0, c² ≤ ab", "(13)"
)
norm = table.positive_function("norm", "G", "layer map of equal-time norms, F(a, a, a)", "a > 0", "(12)")
mu = table.function("mu", r"\mu", "mean activation ⟨φ(z₁)⟩", "a > 0", "(22)")
