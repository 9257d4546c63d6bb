r"""The synthetic task: orthonormal inputs, balanced labels ±1, and one scalar equation whatever their number.

For x^μ·x^ν/N₀ = δ every layer of the recursion keeps a kernel matrix with two values, k_diag on the diagonal and k_off
off it (SI 84). Balanced labels sum to zero, so that k_off meets each label ±1 as often as the other, except for the
point itself: Y is an eigenvector with the eigenvalue

    k_diag + (P/2 − 1) k_off − (P/2) k_off = k_diag − k_off.

A predictor that starts at zero stays proportional to Y, and (16) becomes one scalar equation with the kernel
k_diag − k_off, independent of P (SI 86). A test point with overlap with the first input alone sees k_one with it and
k_off with all others (SI 85); the same cancellation leaves k_one − k_off in (17) (SI 87).

For symbolic P this is counting; for P = 2, 4 and 6 the matrices are written out, with the equation itself on a grid of
three times.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from ndk_sym import notation as nt
from ndk_sym.abstract import PRICE, abstract_instance
from ndk_sym.activations import activation
from ndk_sym.kernels import Arguments, layers
from ndk_sym.matrices import Entrywise
from ndk_sym.statement import Derivation, Rule, Statement, Step, domain

SIZES = (2, 4, 6)
DEPTHS = (1, 2)
P, t, s, T, f = nt.P, nt.t, nt.s, nt.T, nt.f
diagonal, off, one = nt.k_diag, nt.k_off, nt.k_one
Y, A, D, D_star, K_GP, k_GP = nt.Y, nt.A, nt.D, nt.D_star, nt.K_GP, nt.k_GP
nu = sp.Symbol("nu", integer=True)  # number of an input
times = sp.Symbol("F", commutative=False)  # the predictor at every time and input

# any kernels of t and s, for sampling
kernels = sp.symbols("K_diag K_off K_one", cls=sp.Function, real=True)
SOME_KERNELS = domain(
    functions=(
        (kernels[0], sp.Lambda((t, s), 1 + sp.cos(t - s) / 3)),
        (kernels[1], sp.Lambda((t, s), sp.exp(-t) / 4 + s / 9)),
        (kernels[2], sp.Lambda((t, s), sp.sin(t) / 5 + s / 7)),
    )
)


def row(first: sp.Expr, others: sp.Expr) -> sp.Expr:
    """One row of the kernel matrix times the labels: the first input, the others of label 1, those of label −1."""
    same, opposite = (sp.Sum(others, (nu, *ends)) for ends in ((2, P / 2), (P / 2 + 1, P)))
    return first + same - opposite


def labels(size: int) -> sp.ImmutableMatrix:
    """P/2 labels 1, then P/2 labels −1."""
    return sp.ImmutableMatrix([1] * (size // 2) + [-1] * (size // 2))


def two_valued(size: int, on: sp.Expr, beside: sp.Expr) -> sp.ImmutableMatrix:
    """The matrix of (SI 84)."""
    return sp.ImmutableMatrix(size, size, lambda i, j: on if i == j else beside)


def test_row(size: int, first: sp.Expr, others: sp.Expr) -> sp.ImmutableMatrix:
    """The row of (SI 85)."""
    return sp.ImmutableMatrix([[first] + [others] * (size - 1)])


def counting_steps() -> Iterator[Step]:
    """Any even P."""
    yield Step(
        Statement(
            id="eigenvector",
            title="Y is an eigenvector, any P",
            lhs=row(diagonal, off),
            rhs=diagonal - off,
            paper="(SI 84), (SI 86)",
        ),
        reason="The first row: the input itself, P/2 − 1 others of label 1, and P/2 of label −1.",
    )
    yield Step(
        Statement(
            id="test-row",
            title="the test kernel's product with the labels, any P",
            lhs=row(one, off),
            rhs=one - off,
            paper="(SI 85), (SI 87)",
        ),
        reason="The test point overlaps with the first input, of label 1, and sees all others alike.",
    )


def kernel_steps() -> Iterator[Step]:
    """The recursion keeps the two values, and knows k_off."""
    for depth in DEPTHS:
        yield Step(
            Statement(
                id=f"kernel-{depth}",
                title=f"the NDK of four orthonormal inputs, any activation, depth {depth}",
                lhs=D * Y,
                rhs=(diagonal - off) * Y,
                paper="(SI 84)",
                given=(
                    (D, recursed(4, depth)),
                    (Y, labels(4)),
                    (diagonal, ndk_between(depth, sp.Integer(1))),
                    (off, ndk_between(depth, sp.Integer(0))),
                ),
                domain=domain(functions=abstract_instance()),
            ),
            reason="The recursion for every pair of inputs, started from x^μ·x^ν/N₀ = δ, has two values.",
            uses=("eigenvector",),
            check=Entrywise(),
        )
    a, b = nt.a, nt.b
    yield Step(
        Statement(
            id="relu-off",
            title="for ReLU orthogonal inputs have a positive kernel",
            lhs=nt.F(a, 0, b),
            rhs=sp.sqrt(a * b) / (2 * sp.pi),
            paper="(SI 62)–(SI 65)",
            given=((nt.F, activation("relu").dual),),
        ),
        reason="The closed form at θ = π/2: k_off does not vanish, and the reduction is needed.",
    )


def ndk_between(depth: int, overlap: sp.Expr) -> sp.Expr:
    """K^{d,L} of two inputs of norm 1 with this overlap, for an abstract activation."""
    *_, top = layers(PRICE, depth, Arguments(k_xx=sp.Integer(1), k_xy=overlap, k_yy=sp.Integer(1)))
    return top.ndk


def recursed(size: int, depth: int) -> sp.ImmutableMatrix:
    """The recursion for every entry of the Gram matrix of orthonormal inputs."""
    gram = sp.eye(size)
    return sp.ImmutableMatrix(size, size, lambda i, j: ndk_between(depth, gram[i, j]))


def equation_steps() -> Iterator[Step]:
    """The integral equations, and their explicit form for P = 2, 4, 6."""
    on, beside, first = (kernel(t, s) for kernel in kernels)
    residual = 1 - f(s)
    some = domain(functions=(*SOME_KERNELS.functions, (f, sp.Lambda(s, sp.sin(s) / 2))))
    yield Step(
        Statement(
            id="training",
            title="the integrand of the vector equation is that of a scalar one",
            lhs=row(on * residual, beside * residual),
            rhs=(on - beside) * residual,
            paper="(SI 86)",
            domain=some,
        ),
        reason="f̄^μ = f̄ y^μ, so that the residual of a point with label −1 is that of one with label 1, negative.",
        uses=("eigenvector",),
    )
    yield Step(
        Statement(
            id="test",
            title="so is the test predictor's",
            lhs=row(first * residual, beside * residual),
            rhs=(first - beside) * residual,
            paper="(SI 87)",
            domain=some,
        ),
        reason="The same for the row of the test point.",
        uses=("test-row", "training"),
    )
    for size in SIZES:
        given = grid(size)
        yield Step(
            Statement(
                id=f"grid-{size}",
                title=f"P = {size}: three times, all inputs, solved by the scalar solution",
                lhs=D * (Y - times),
                rhs=times,
                paper="(16), (SI 86)",
                given=given,
            ),
            reason="F holds f̄(t₁) Y, f̄(t₂) Y, f̄(t₃) Y with the scalar f̄, whose formulas know nothing of P.",
            uses=("training",),
            check=Entrywise(),
        )
        yield Step(
            Statement(
                id=f"grid-test-{size}",
                title=f"P = {size}: the test predictor at the last time",
                lhs=D_star * (Y - times),
                rhs=scalar_test(),
                paper="(17), (SI 87)",
                given=(*given, (D_star, test_rows(size))),
            ),
            reason="Its value is a formula without P.",
            uses=("test", f"grid-{size}"),
            check=Entrywise(),
        )


# K^d(t_i, t_j) for the three times; causal, so that the equation is solved from one time to the next
PAIRS = ((2, 1), (3, 1), (3, 2))
ON = {pair: sp.Symbol(f"d_{pair[0]}{pair[1]}", real=True) for pair in PAIRS}
BESIDE = {pair: sp.Symbol(f"o_{pair[0]}{pair[1]}", real=True) for pair in PAIRS}
FIRST = {pair: sp.Symbol(f"e_{pair[0]}{pair[1]}", real=True) for pair in PAIRS}


def scalar_solution() -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """f̄ at the three times: f̄(t_i) = Σ_{j<i} (k_diag − k_off)(t_i, t_j) (1 − f̄(t_j))."""
    gap = {pair: ON[pair] - BESIDE[pair] for pair in PAIRS}
    second = gap[2, 1]
    return sp.Integer(0), second, gap[3, 1] + gap[3, 2] * (1 - second)


def scalar_test() -> sp.Expr:
    """f̄_*(t_3) = Σ_j (k_one − k_off)(t_3, t_j) (1 − f̄(t_j))."""
    _, second, _ = scalar_solution()
    return FIRST[3, 1] - BESIDE[3, 1] + (FIRST[3, 2] - BESIDE[3, 2]) * (1 - second)


def grid(size: int) -> tuple[Rule, ...]:
    """The NDK, the labels and the predictor on three times."""
    zero = sp.zeros(size, size)
    blocks = [[two_valued(size, ON[i, j], BESIDE[i, j]) if i > j else zero for j in (1, 2, 3)] for i in (1, 2, 3)]
    whole = sp.Matrix(sp.BlockMatrix(blocks).as_explicit())
    repeated = sp.Matrix.vstack(*[labels(size)] * 3)
    predictor = sp.Matrix.vstack(*[value * labels(size) for value in scalar_solution()])
    return (
        (D, sp.ImmutableMatrix(whole)), (Y, sp.ImmutableMatrix(repeated)), (times, sp.ImmutableMatrix(predictor))
    )  # fmt: skip


def test_rows(size: int) -> sp.ImmutableMatrix:
    """The test point's NDK at t_3 with all inputs at the three times."""
    earlier = [test_row(size, FIRST[3, j], BESIDE[3, j]) for j in (1, 2)]
    return sp.ImmutableMatrix(sp.Matrix.hstack(*earlier, sp.zeros(1, size)))


def equilibrium_steps() -> Iterator[Step]:
    """Both equilibria of the task."""
    for size in SIZES:
        yield Step(
            Statement(
                id=f"equilibrium-{size}",
                title=f"the Gaussian-process equilibrium for P = {size}",
                lhs=k_GP * (K_GP + T) ** -1 * Y,
                rhs=(one - off) / (diagonal - off + T),
                paper="(20)",
                given=(
                    (K_GP, two_valued(size, diagonal, off)),
                    (k_GP, test_row(size, one, off)),
                    (Y, labels(size)),
                ),
                domain=domain(where=(off > 0, off < diagonal)),
            ),
            reason="Invert the matrix: no P is left. At T = 0 with the tangent kernel it is the NTK equilibrium.",
            uses=("eigenvector", "test-row", "nngp-limit/predictor"),
            check=Entrywise(),
        )


def steps() -> Iterator[Step]:
    """Counting for any P, the kernels, the equations, and the equilibria."""
    yield from counting_steps()
    yield from kernel_steps()
    yield from equation_steps()
    yield from equilibrium_steps()


DERIVATION = Derivation(
    id="synthetic-task",
    title="The synthetic task: one scalar equation for any number of inputs",
    paper="(SI 84)–(SI 87), SI Sec. E.1",
    assumptions=(
        "x^μ·x^ν/N₀ = δ; P even, half of the labels 1 and half −1.",
        "The test point has the norm of the others, and overlaps with the first input alone, whose label is 1.",
        "f̄(0) = 0 (the initial predictor has zero mean), so that f̄ stays proportional to Y.",
    ),
    exact=(
        "The eigenvalue and the integrands for symbolic P, as sums over the inputs; the NDK of four inputs from the "
        "recursion for an abstract activation; for P = 2, 4, 6 the equations on a grid of three times with arbitrary "
        "kernels, and the equilibrium. The solutions carry no P."
    ),
    physicist=(
        "Uniqueness of the solution of (16), by which f̄ ∝ Y is the solution and not only one: standard for Volterra "
        "equations; on the grid it is plain, since D is strictly lower triangular."
    ),
    build=steps,
    headline="training",
)
