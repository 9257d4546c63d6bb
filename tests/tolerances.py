"""Every tolerance the tests use, each with its reason. Never loosen one to pass: find out why."""

# Data sets: a scaling by one square root and one division, each correct to half a unit in the last place.
ROUNDING = 1e-14

# Kernels in float64, relative: fifty layers deep, at nearly equal times, between nearly parallel inputs.
FOURTEEN_DIGITS = 1e-14
# The same in networks that multiply small angles: some ulp from each of fifty layers, all of which count.
CHAOTIC = 3e-14

# Two exact forms of one function compared at 50 digits: the last digits of either may be rounded.
FIFTY_DIGITS = 1e-48
# Printed code in float64 against 50 digits in the bulk, depth ≤ 3: tens of rounding errors, what the formats promise.
PRINTED_CODE = 1e-12
# Two generated layer maps of the same function: a few rounding errors each, relative to √(ab).
SAME_MAP = 1e-13
# Symmetry and positivity of float64 kernels, depth ≤ 3, relative to the kernel's own scale: tens of rounding errors.
KERNEL_PROPERTY = 1e-13

# --- the solver ------------------------------------------------------------------------------------------------------

# The accuracies at which the solver is compared with its oracles.
RTOLS = (1e-4, 1e-6, 1e-8, 1e-10)

# `rtol` promises an error of at most rtol · max|y|, so the factor is 1: the promise is tested as it is made.
ORACLE = 1.0

# At T = 1e-8 and t ≤ 30 the prior has decorrelated by κt = 3e-7; ReLU networks feel its square root, 5e-4.
EARLY_PHASE = 2e-3

# A minimum on dense output: its place is known to the square root of the rounding of its value, its value to 1e-10.
MINIMUM_PLACE = 1e-6
MINIMUM_VALUE = 1e-10
# A crossing found by bisection to the spacing of float64.
CROSSING = 1e-9

# The trapezoid's slope between 400 and 800 steps: within this of its limit, which higher-order terms still shift.
TRAPEZOID_SLOPE = 0.15

# The package voles with 4000 steps of 1/400 on a kernel that goes like √u at 0: error of order h^{3/2} λ √κ / 30.
VOLES = 1e-6

# Slope in 1/λ between λ = 4 and 32, where the second order still contributes up to κ/λ and λ_NTK/λ.
FIRST_ORDER = 0.15

# Kernels in float64 against 30 digits, depth ≤ 3 and away from s = t: rounding of the inputs' inner products, of the
# prior and of three layers, each some ulp.
FLOAT_KERNEL = 2e-14

# Covariance with rtol = 1e-6, relative to the prior variance (of order 1): what `Trajectory.at` states.
COVARIANCE = 1e-6

# Smallest eigenvalue of a covariance over the largest: tens of rounding errors of a product B Bᵀ.
SEMIDEFINITE = 1e-14

# The brute-force route has steps h = 1/40 on a kernel with a kink on the diagonal: error of order h² λ².
COVARIANCE_SECOND_ROUTE = 1e-3

# Interpolation at the nodes themselves: their position inside a panel is known to some ulp.
DENSE_OUTPUT = 1e-13

# -- generated code and its certificates
# Quadrature agrees between two rules to the digits asked for; the slack covers the conversion of ⟨|fg|⟩ to ⟨fg⟩.
AVERAGE_GUARD = 2
# A layer map at float inputs: three roundings of a compensated determinant, amplified three times by its cube.
LAYER_MAP_ULP = 8

# Certificates compare formulas with their Gaussian averages to 25 digits, two of which quadrature may use up.
CERTIFIED_AVERAGE = 1e-23
# Printed code of a short expression at numbers of order 1: some roundings, of sums that may cancel to order 0.1.
PRINTED_EXPRESSION = 1e-14

# Solving with a kernel matrix loses its condition number times some ulp; used times that number, or for numbers of
# order 1 whose kernel is well conditioned.
EQUILIBRIUM = 1e-13
# Equilibria of a part of a kernel, or the kernel of a part of the data: rounding times a condition number of some ten.
SAME_EQUILIBRIUM = 1e-12
# Prior statistics, in units of one rounding of κt, which the exponential amplifies by κt.
PRIOR_ULP = 8

# Averages by quadrature, relative to √(F(a,a,a) F(b,b,b)): the accuracy that their tables are verified to.
QUADRATURE = 1e-12

# One solve by two libraries of linear algebra, or in two parts, at rtol = 1e-5: systems are solved to 3e-2 of 1e-5/4.
SAME_SOLVE = 1e-6

# Another quadrature of the same residual v at rtol = 1e-6: kernels to 1e-8 of their largest, times ∫ |v| ds of tens.
DRIFT_BY_QUADRATURE = 1e-6

# Slope in T of the distance to the diffusive limit between T = 1e-4 and 1e-6, where √T-terms of ReLU still contribute.
DIFFUSIVE_SLOPE = 0.1
# The reference for rtol = 1e-4 … 1e-8.
DIFFUSIVE_REFERENCE = 1e-10
# Weights w, relative to the largest: the derivative of what is solved to rtol = 1e-8, on panels of length 0.1.
DIFFUSIVE_WEIGHTS = 1e-5
# Gradient flow with eigenvalues over 18 orders, relative: rounding of factors of a scaled condition number of some 100.
GRADED_FLOW = 1e-13
# Simulated ensembles: of some tens of comparisons, none should be farther than this many standard errors.
STANDARD_ERRORS = 3.0

# Times at which a path solved to rtol = 1e-8 crosses a level, against the exact path: 1e-8 over the path's slope there,
# in units of the gap between the equilibria, 1e-2 of the labels.
EXACT_PATH = 1e-5
# Rate of the last two factors e that a trajectory with rtol = 1e-9 resolves: the next mode is e^{−2κt} ~ 1e-6 smaller,
# the solver's error 1 % of what is left at the end, spread over two factors e.
LATE_RATE = 1e-2
# Trajectories at T = 1e-5 against the limit T → 0: of order √(T/λ) for ReLU, whose kernel starts with a root.
PATH_AT_ZERO_TEMPERATURE = 1e-2

# Response of the proximal chain against 90 digits, relative to its largest entry: F subtracted over a step's noise of
# 1/100 of the variance leaves 14 digits, as does its slope where Boole's rule is taken for smooth maps.
PROXIMAL_DIGITS = 1e-13
# The same with biases and layers of different activations.
GROUPED_DIGITS = 1e-12
# Where the chain ends, after the slowest mode has decayed by 1e-14.
PROXIMAL_EQUILIBRIUM = 1e-12
# Distance to the present equilibrium over that to the first one.
TRACKED = 0.1
# Networks of finite width: standard errors of a mean over hundreds, 36 compared, and the bias of order y²/N.
CHAIN_ERRORS = 4.0
CHAIN_BIAS = 1.5
