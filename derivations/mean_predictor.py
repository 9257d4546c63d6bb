r"""The mean predictor from the generating function.

After n → 0 the generating function is a Gaussian integral over two fields at every time and training input, the
response u and the residual v = i(Y − f):

    M(ℓ) = ∫ Dv Du e^{−S−Q},   S = ½ uᵀ C u − uᵀ(v + D v − iY),   Q = −½ ℓᵀ C_{**} ℓ − iℓᵀ C_* u + iℓᵀ D_* v.    (6)–(8)

C is the covariance m K^L of the prior process and D the NDK, both as operators over times and training inputs; a star
marks the test point. At finite λ, D is the matrix K^{d,L}_{t,s}/λ for s ≤ t; in continuous time it is the integral
operator ∫_0^t K^{d,L}(t,s) … ds. The operators are letters that do not commute, so that both are treated at once.

The integral is its exponent at rest, and ∂ log M/∂ℓ at ℓ = 0 is the mean: f̄_* = D_* R Y with R = (1 + D)⁻¹. On the
training inputs f̄ = D R Y = Y − R Y, hence f̄ = D (Y − f̄): a sum at finite λ, implicit at s = t, and the integral
equation (16) as λ → ∞. For a few steps the fields are also integrated out one by one, with nothing but completed
squares; and a regression without hidden layers is followed through its proximal chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.cases import Case, Cases
from ndk_sym.fields import Action, MatrixCases
from ndk_sym.integrals import Antiderivative
from ndk_sym.operators import Operators, operator
from ndk_sym.predictor import exponential_kernel, exponential_solution, predictor_equation
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

t, s, i, j, T, lam, gamma, y = nt.t, nt.s, nt.i, nt.j, nt.T, nt.lam, nt.gamma, nt.y
D, D_star, R, C, C_star, C_test, Y = nt.D, nt.D_star, nt.R, nt.C, nt.C_star, nt.C_test, nt.Y
source, log_M = operator("ell"), operator("W")
RESOLVENT: Rule = (D, R**-1 - 1)  # R = (1 + D)⁻¹
# D_*ᵀ and so on; letters of their own in the free algebra
D_T, R_T, D_star_T, C_star_T = (operator(f"{x}^T") for x in ("D", "R", "D_*", "C_*"))
TRANSPOSED: Rule = (D_T, R_T**-1 - 1)

mean = D_star * R * Y
covariance = C_test - D_star * R * C_star_T - C_star * R_T * D_star_T + D_star * R * C * R_T * D_star_T
response = sp.I * R_T * D_star_T * source
residual = R * (sp.I * Y - sp.I * C_star_T * source + C * response)

kernel, test_kernel = sp.Function("K^d", real=True), sp.Function("k^d", real=True)
f, f_star = nt.f, nt.f_star


def general_steps() -> Iterator[Step]:
    """Any number of steps and inputs: the fields at rest, the derivative of log M, the mean."""
    operators = Operators()
    yield Step(
        Statement(
            id="response",
            title="the exponent is at rest in v: the response to the source",
            lhs=(1 + D_T) * response,
            rhs=sp.I * D_star_T * source,
            paper="(6)–(8), (SI 41)–(SI 43)",
            given=(TRANSPOSED,),
        ),
        reason="∂(S+Q)/∂v = −(1 + D)ᵀu + iD_*ᵀℓ vanishes at u = iRᵀD_*ᵀℓ; without a source there is no response.",
        check=operators,
    )
    yield Step(
        Statement(
            id="residual",
            title="the exponent is at rest in u: the residual",
            lhs=(1 + D) * residual,
            rhs=sp.I * Y - sp.I * C_star_T * source + C * response,
            paper="(6)–(8), (SI 41)–(SI 43)",
            given=(RESOLVENT,),
        ),
        reason="∂(S+Q)/∂u = Cu − (1 + D)v + iY − iC_*ᵀℓ vanishes at this v; without a source v = iRY.",
        check=operators,
    )
    yield Step(
        Statement(
            id="slope",
            title="the derivative of log M by the source",
            lhs=C_test * source + sp.I * C_star * response - sp.I * D_star * residual,
            rhs=mean + covariance * source,
            paper="(SI 35)–(SI 39)",
        ),
        reason="∂ log M/∂ℓ = −∂Q/∂ℓ with both fields at rest: a Gaussian integral is its exponent there.",
        uses=("response", "residual"),
        check=operators,
    )
    yield Step(
        Statement(
            id="mean-residual",
            title="the mean of v is i(Y − f̄)",
            lhs=sp.I * (Y - D * R * Y),
            rhs=sp.I * R * Y,
            paper="(SI 36)",
            given=(RESOLVENT,),
        ),
        reason="Take a training input as the test point, D_* = D, so that f̄ = D R Y; without a source v = iRY.",
        uses=("residual", "slope"),
        check=operators,
    )
    yield Step(
        Statement(
            id="training",
            title="the mean predictor on the training inputs",
            lhs=D * R * Y,
            rhs=D * (Y - D * R * Y),
            paper="(16), (SI 35)–(SI 37), (SI 51)",
            given=(RESOLVENT,),
        ),
        reason="f̄ = D(Y − f̄): a matrix over steps at finite λ, the integral operator of the NDK in continuous time.",
        uses=("slope",),
        check=operators,
    )
    yield Step(
        Statement(
            id="test",
            title="the mean predictor on a test point",
            lhs=mean,
            rhs=D_star * (Y - D * R * Y),
            paper="(17), (SI 38), (SI 39), (SI 52)",
            given=(RESOLVENT,),
        ),
        reason="f̄_* = D_*(Y − f̄).",
        uses=("slope", "mean-residual"),
        check=operators,
    )


# -- the same, by integrating the fields out one by one ----------------------------------------------------------------


def _symbols(name: str, *, full: bool = False) -> sp.Matrix:
    """Two steps of a kernel, every entry a symbol; causal unless `full`."""
    return sp.Matrix(2, 2, lambda a, b: sp.Symbol(f"{name}_{a + 1}{b + 1}", real=True) if full or a >= b else 0)


def _numbers(steps: int, inputs: int, seed: int) -> sp.Matrix:
    """A causal kernel over steps, with the given number of inputs on its right."""
    return sp.Matrix(
        steps, steps * inputs, lambda a, b: sp.Rational(3 + seed + 2 * a - b, 4 + b) if b // inputs <= a else 0
    )


@cache
def action(steps: int, inputs: int) -> Action:
    """Explicit coefficients: all symbols for two steps and one input; else rational kernels and the symbol λ."""
    if (steps, inputs) == SIZES[0]:
        cross = _symbols("c", full=True)
        C_tests = _symbols("g", full=True)
        return Action(
            D=_symbols("k") / lam,
            D_star=_symbols("q") / lam,
            C=cross.lower_triangular() + cross.lower_triangular(-1).T,
            C_star=_symbols("p", full=True),
            C_test=C_tests.lower_triangular() + C_tests.lower_triangular(-1).T,
        )
    size = steps * inputs
    prior = sp.Matrix(size, size, lambda a, b: sp.Rational(2, 1 + abs(a - b)) + int(a == b))
    rows = [_numbers(steps, inputs, seed) for seed in range(inputs)]
    blocks = sp.Matrix(size, size, lambda a, b: rows[a % inputs][a // inputs, b])
    return Action(
        D=blocks / lam,
        D_star=_numbers(steps, inputs, 7) / lam,
        C=prior,
        C_star=sp.Matrix(steps, size, lambda a, b: sp.Rational(a - 2 * b + 1, 3)),
        C_test=prior[:steps, :steps],
    )


front, det = sp.symbols("c d", positive=True)
SIZES = ((2, 1), (3, 1), (2, 2))


def _name(steps: int, inputs: int) -> str:
    kernels = "all kernels symbolic" if (steps, inputs) == SIZES[0] else "rational kernels"
    return f"{steps} steps, P = {inputs} ({kernels})"


@cache
def integrated(steps: int, inputs: int) -> tuple[sp.Matrix, sp.Matrix, sp.Expr]:
    """M(ℓ) by completing squares; computed once, when a check first asks for it."""
    return action(steps, inputs).generating_function()


def _labels(count: int) -> sp.Matrix:
    return sp.Matrix(sp.symbols(f"y_1:{count + 1}", real=True))


def generating_rules(steps: int, inputs: int) -> Iterable[Rule]:
    """The letters of `generating-function` for explicit steps and inputs."""
    kernels, (linear, quadratic, _) = action(steps, inputs), integrated(steps, inputs)
    labels, ell = _labels(steps * inputs), sp.Matrix(sp.symbols(f"ell_1:{steps + 1}", real=True))
    exponent = ell.T * linear * labels + ell.T * quadratic * ell / 2
    resolvent = (sp.eye(steps * inputs) + kernels.D).inv()
    strength = lam if (steps, inputs) == SIZES[0] else sp.Integer(3)  # explicit, where the matrices are large
    matrices = {
        log_M: exponent, source: ell, Y: labels, C: kernels.C, C_star: kernels.C_star, C_test: kernels.C_test,
        D_star: kernels.D_star, R: resolvent, C_star_T: kernels.C_star.T, D_star_T: kernels.D_star.T, R_T: resolvent.T,
    }  # fmt: skip
    return [(letter, sp.ImmutableMatrix(matrix.subs(lam, strength))) for letter, matrix in matrices.items()]


def norm_rules(steps: int, inputs: int) -> Iterable[Rule]:
    """The factor in front, squared, and the determinant of 1 + D."""
    kernels = action(steps, inputs)
    factor = integrated(steps, inputs)[2]
    determinant = (sp.eye(steps * inputs) + kernels.D).det()
    return [(front**2, factor), (det, determinant)]


@cache
def training_means(steps: int, of: int) -> sp.Matrix:
    """The mean on one training input at each of the first `steps` of `of` steps, from ∂ log M/∂ℓ."""
    kernels = action(of, 1)
    NDK, prior = kernels.D[:steps, :steps], kernels.C[:steps, :steps]
    # the training input itself as the test point
    linear, _, _ = Action(NDK, NDK, prior, prior, prior).generating_function()
    return linear * sp.Matrix([y] * steps)


def mean_rules(steps: int, at: int) -> Iterable[Rule]:
    """The mean at every step, and the kernel's entries."""
    kernels, values = action(steps, 1), training_means(steps, steps)
    rules: list[Rule] = [(i, sp.Integer(at)), (sp.Sum, lambda term, limits: sp.Sum(term, limits).doit())]
    rules += [(f(a + 1), values[a]) for a in range(steps)]
    rules += [(kernel(a + 1, b + 1), lam * kernels.D[a, b]) for a in range(steps) for b in range(a + 1)]
    return rules


def explicit_steps() -> Iterator[Step]:
    """A few steps, integrated out one field after the other."""
    yield Step(
        Statement(
            id="generating-function",
            title="W = log M(ℓ) for 2 and 3 steps, P = 1 and 2",
            lhs=log_M,
            rhs=sp.transpose(source) * mean + sp.transpose(source) * covariance * source / 2,
            paper="(SI 32)–(SI 35)",
        ),
        reason="Every u and v integrated out in turn by completing its square; no inverse, no point of rest.",
        uses=("slope",),
        check=MatrixCases(tuple((_name(*size), partial(generating_rules, *size)) for size in SIZES)),
    )
    yield Step(
        Statement(
            id="normalisation",
            title="M(0) = 1, with the determinant of 1 + D that belongs to the fields' measure",
            lhs=det**2 * front**2,
            rhs=sp.Integer(1),
            paper="(6), (SI 32)",
        ),
        reason="c = ∫∏ du dv/(2πi) e^{−S} at ℓ = 0 for every Y, and d = det(1 + D) = ∏_t det(1 + K^{d,L}_{t,t}/λ).",
        uses=("generating-function",),
        check=Cases(tuple((_name(*size), partial(norm_rules, *size)) for size in SIZES)),
    )
    cases: list[Case] = [
        (f"t = {at} of {steps} steps", partial(mean_rules, steps, at)) for steps in (2, 3) for at in range(1, steps + 1)
    ]
    yield Step(
        Statement(
            id="discrete-rule",
            title="the mean predictor at finite λ, for 2 and 3 steps",
            lhs=f(i),
            rhs=sp.Sum(kernel(i, j) * (y - f(j)), (j, 1, i)) / lam,
            paper="(SI 35)–(SI 37)",
        ),
        reason="∂ log M/∂ℓ_t at ℓ = 0 from the integrated fields; the rule is implicit, for s = t is in the sum.",
        uses=("generating-function",),
        check=Cases(tuple(cases)),
    )
    yield from causal_steps()


def causal_steps() -> Iterator[Step]:
    """The rule solved for the newest value, and what it does not depend on."""
    earlier, newest = sp.Symbol("A_t", real=True), sp.Symbol("K_tt", positive=True)
    solved = (lam * earlier + newest * y) / (lam + newest)
    yield Step(
        Statement(
            id="implicit",
            title="the rule solved for the newest value",
            lhs=solved,
            rhs=earlier + newest * (y - solved) / lam,
            paper="(SI 35)–(SI 37)",
        ),
        reason="A_t is the sum over s < t and K_tt = K^{d,L}_{t,t}; each step divides by 1 + K_tt/λ, never by zero.",
        uses=("discrete-rule",),
    )
    yield Step(
        Statement(
            id="causality",
            title="the mean at step t does not know later kernels",
            lhs=sp.Function("fbar_3", real=True)(i),
            rhs=sp.Function("fbar_2", real=True)(i),
        ),
        reason="The first two values of a chain of 3 steps are those of the chain of 2 steps cut from it.",
        uses=("discrete-rule",),
        check=Cases(tuple((f"t = {at}", partial(cut_rules, at)) for at in (1, 2))),
    )


def cut_rules(at: int) -> Iterable[Rule]:
    """One mean from three steps and from the first two of them."""
    values = {"fbar_3": training_means(3, 3), "fbar_2": training_means(2, 3)}
    return [(sp.Function(name, real=True)(i), means[at - 1]) for name, means in values.items()]


# -- a proximal chain followed exactly -------------------------------------------------------------------------------

INPUTS = ((1, 2), (-1, 3), (2, 1))  # the last one is the test point
CHAIN = 3
field_of, input_kernel, label = (sp.Function(name, real=True) for name in ("fbar", "K^0", "y"))
mu, nu = sp.symbols("mu nu", integer=True, positive=True)


@cache
def chain() -> tuple[sp.Matrix, ...]:
    """Mean weights of the proximal chain of a linear regression: (4) is Gaussian, its mean is its most likely point."""
    targets = sp.Matrix(sp.symbols("y_1 y_2", real=True))
    weights, previous = sp.Matrix(sp.symbols("w_1 w_2", real=True)), sp.zeros(2, 1)
    found = []
    for _ in range(CHAIN):
        energy = sum((_output(weights, k) - targets[k]) ** 2 for k in range(2)) / 2
        energy += nt.kappa * (weights.T * weights)[0] / 2
        energy += lam * ((weights - previous).T * (weights - previous))[0] / 2
        slope, curvature = (sp.Matrix([sp.diff(energy, w) for w in weights]), sp.hessian(energy, list(weights)))
        lowest = -(curvature.adjugate() / curvature.det()) * slope.subs(dict.fromkeys(weights, 0))
        previous = lowest.applyfunc(sp.cancel)
        found.append(previous)
    return tuple(found)


def _output(weights: sp.Matrix, k: int) -> sp.Expr:
    return (sp.Matrix([INPUTS[k]]) * weights)[0] / sp.sqrt(2)


def chain_rules(at: int, which: int) -> Iterable[Rule]:
    """The outputs of the chain on all inputs, and the input kernel."""
    rules: list[Rule] = [(i, sp.Integer(at)), (mu, sp.Integer(which))]
    rules.append((sp.Sum, lambda term, *limits: sp.Sum(term, *limits).doit()))
    rules += [(field_of(k + 1, a + 1), _output(w, k)) for a, w in enumerate(chain()) for k in range(3)]
    inner = {(a, b): sum(p * q for p, q in zip(INPUTS[a], INPUTS[b], strict=True)) for a in range(3) for b in range(2)}
    rules += [(input_kernel(a + 1, b + 1), sp.Rational(value, 2)) for (a, b), value in inner.items()]
    rules += [(label(1), sp.Symbol("y_1", real=True)), (label(2), sp.Symbol("y_2", real=True))]
    return [*rules, (nt.lam_tilde, lam / (lam + nt.kappa))]


def chain_step() -> Step:
    """No hidden layer: the theory is exact, and can be compared with the chain itself."""
    ndk = nt.lam_tilde ** (i - j + 1) * input_kernel(mu, nu)
    names = ("first training input", "second training input", "test point")
    cases = tuple(
        (f"step {at}, {names[which - 1]}", partial(chain_rules, at, which))
        for at in range(1, CHAIN + 1)
        for which in (1, 2, 3)
    )
    return Step(
        Statement(
            id="chain",
            title="the proximal chain of a regression without hidden layers, 3 steps, P = 2 and a test point",
            lhs=field_of(mu, i),
            rhs=sp.Sum(ndk * (label(nu) - field_of(nu, j)), (nu, 1, 2), (j, 1, i)) / lam,
            paper="(4), (SI 35)–(SI 39)",
        ),
        reason="The chain (4) itself, its means step by step; L = 0, where K^{d,0}_{t,s} = λ̃^{t−s+1} K⁰ by (SI 28).",
        uses=("prior-statistics/replicas",),
        check=Cases(cases),
    )


# -- λ → ∞ -------------------------------------------------------------------------------------------------------------


def limit_steps() -> Iterator[Step]:
    """One panel of the sum for any integrand; the exponential kernel from finite λ to its limit and beyond."""
    G, width = sp.Function("G", real=True), sp.Symbol("h", positive=True)
    panel = G(s + width) - G(s) - width * sp.Subs(sp.Derivative(G(t), t), t, s + width)
    smooth = domain(functions=((G, sp.Lambda(t, sp.sin(t) + t**3 / 3)),))
    yield Step(
        Statement(
            id="panel",
            title="one term of the sum is one panel of the integral, up to order 1/λ²",
            lhs=sp.Subs(sp.Derivative(panel, (width, 2)), width, 0) / 2,
            rhs=-sp.Derivative(G(s), (s, 2)) / 2,
            paper="(SI 51), (SI 52)",
            domain=smooth,
        ),
        reason="G′ = K^d (y − f̄) and h = 1/λ; panel and term agree at orders 0 and 1, and λt panels leave order 1/λ.",
    )
    rate, (memory, root) = nt.r * T, sp.symbols("q rho", positive=True)
    strength = memory / root - 1  # γ/λ, from ρ = q/(1 + γ/λ)
    discrete = sp.Function("f_lambda", real=True)
    solved = (discrete, sp.Lambda(i, strength * y / (1 + strength - memory) * (1 - root**i)))
    yield Step(
        Statement(
            id="recurrence",
            title="the exponential kernel at finite λ: one more step",
            lhs=discrete(i + 1),
            rhs=memory * discrete(i) + strength * (y - discrete(i + 1)),
            paper="(SI 35)–(SI 37)",
            given=(solved,),
        ),
        reason="K^d_{t,s} = γ q^{t−s} with q = e^{−rT/λ}: the sum over s ≤ t remembers q of the last; f_λ(0) = 0. "
        "Here q/ρ = 1 + γ/λ.",
        uses=("discrete-rule",),
    )
    decay = sp.exp(-rate / lam)
    along = sp.exp(-rate * t) * (1 + gamma / lam) ** (-lam * t)
    at_time = gamma / lam * y / (1 + gamma / lam - decay) * (1 - along)
    yield Step(
        Statement(
            id="limit",
            title="its limit λ → ∞ at fixed time",
            lhs=sp.Limit(at_time, lam, sp.oo),
            rhs=exponential_solution(t),
            paper="(16), (SI 51)",
        ),
        reason="f_λ(λt), with ρ^{λt} = e^{−rTt}(1 + γ/λ)^{−λt}, becomes the solution in continuous time.",
        uses=("recurrence",),
    )
    total = gamma + rate
    plateau = gamma / (gamma + (1 - sp.exp(-rate * width)) / width)
    yield Step(
        Statement(
            id="rate-plateau",
            title="the first correction in 1/λ: the plateau",
            lhs=sp.Limit((plateau - gamma / total) / width, width, 0),
            rhs=gamma * rate**2 / (2 * total**2),
        ),
        reason="The factor in front of 1 − ρ^{λt}, at h = 1/λ: its distance from γ/(γ+rT) is of first order in 1/λ.",
        uses=("limit",),
    )
    yield Step(
        Statement(
            id="rate-memory",
            title="the first correction in 1/λ: the approach to it",
            lhs=sp.Limit((gamma * t - t / width * sp.log(1 + gamma * width)) / width, width, 0),
            rhs=gamma**2 * t / 2,
        ),
        reason="log ρ^{λt} + (γ+rT)t over h: of first order at fixed time; the theory of finite λ converges like 1/λ.",
        uses=("limit",),
    )
    solution: Rule = (f, sp.Lambda(t, exponential_solution(t)))
    share = (1 - sp.exp(-total * t)) / total
    yield from continuous_steps(solution, share)


def continuous_steps(solution: Rule, share: sp.Expr) -> Iterator[Step]:
    """The limit solves (16), and gives (17)."""
    total, rate = gamma + nt.r * T, nt.r * T
    # ∫ e^{−rT(t−s)} (y − f̄(s)) ds, y − f̄(s) = y (rT + γ e^{−(γ+rT)s})/(γ+rT)
    primitive = y / total * sp.exp(-rate * (t - s)) * (1 - sp.exp(-total * s))
    yield Step(
        Statement(
            id="continuous-training",
            title="the limit solves the integral equation on the training inputs",
            lhs=predictor_equation(exponential_kernel),
            rhs=f(t),
            paper="(16), (SI 51)",
            given=(solution,),
        ),
        reason="What the sums of finite λ converge to obeys (16).",
        uses=("limit",),
        check=Antiderivative(gamma * primitive),
    )
    yield Step(
        Statement(
            id="continuous-test",
            title="and its residual gives the test predictor",
            lhs=predictor_equation(lambda later, earlier: nt.k_star * sp.exp(-rate * (later - earlier))),
            rhs=nt.k_star * y * share,
            paper="(17), (SI 52)",
            given=(solution,),
        ),
        reason="The same integral with the test point's kernel k^d = k_* e^{−rT(t−s)}.",
        uses=("continuous-training",),
        check=Antiderivative(nt.k_star * primitive),
    )


def steps() -> Iterator[Step]:
    """Any number of steps; a few steps by brute force; a chain; the continuous limit."""
    yield from general_steps()
    yield from explicit_steps()
    yield chain_step()
    yield from limit_steps()


DERIVATION = Derivation(
    id="mean-predictor",
    title="The mean predictor from the generating function: f̄ = D (Y − f̄)",
    paper="(6)–(8), (16), (17), (SI 32)–(SI 39), (SI 51), (SI 52)",
    assumptions=(
        "The action after n → 0, with the averaged kernels: (7), (8), and (SI 33), (SI 34) at finite λ.",
        "C is symmetric and positive, D is causal, 1 + D has an inverse.",
        "Nothing is assumed of C besides: what it contains at order 1/λ does not reach the mean.",
    ),
    exact=(
        "The fields at rest, ∂ log M/∂ℓ, and both equations for the mean, as letters that do not commute: for any"
        " number of steps and inputs, and for integral operators. The generating function with all fields integrated "
        "out one by one: 2 steps with every kernel symbolic; 3 steps, and 2 steps with 2 inputs, with rational "
        "kernels. The exact proximal chain of a linear regression for 3 steps. The limit λ → ∞ and its first "
        "correction for the exponential kernel (linear networks of any depth with σ₀ = σ)."
    ),
    physicist=(
        "The action itself (N → ∞, n → 0) is the starting point. For general kernels the limit of the sum is shown for "
        "one panel, not uniformly; the functional integral of continuous time is understood as its limit. The letters "
        "Dᵀ, Rᵀ and so on are taken as transposes in the explicit cases only."
    ),
    build=steps,
    headline="training",
)
