"""Certificates refuse what is wrong: each kind of defect is planted and must be caught."""

import json
import math
import shutil
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from click.testing import CliRunner
from mpmath import mp

from ndk_sym import generate, prior
from ndk_sym import notation as nt
from ndk_sym.activations.erf import Erf
from ndk_sym.activations.parameters import Parameter
from ndk_sym.activations.rectified_monomial import RectifiedMonomial
from ndk_sym.activations.relu import ReLU
from ndk_sym.bounds import BOUND_ULP, allowed
from ndk_sym.certify import (
    CHECK,
    FULL,
    CertificationError,
    Effort,
    Measure,
    claims,
    load,
    measure,
    theory,
    transcription,
)
from ndk_sym.cli.generate import generate_command
from ndk_sym.digit_claims import DigitErrors, reference
from ndk_sym.emit import emit, emit_runtime
from ndk_sym.routines import activation_module, modules, prior_module
from ndk_sym.stable import Expm1
from ndk_sym.strata import parameter_values, strata, theory_points
from tests.tolerances import FIFTY_DIGITS

SMALL = Effort(samples=150, average_points=1, textbook_points=3)
RUNTIME = emit_runtime()


@pytest.fixture(scope="module")
def written():
    return {module.name: (module, emit(module)) for module in modules()}


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(generate.default_target(), tmp_path / "generated", ignore=shutil.ignore_patterns("__pyc*"))


@pytest.fixture
def without_measuring(monkeypatch):
    """Comparing files does not need the claims, which take most of the time, to be tested again."""
    monkeypatch.setattr(generate, "measure", lambda *args, **options: {})


# -- theory


class HeavierReLU(ReLU):
    name = "heavier"

    def dual(self, a, c, b):
        return super().dual(a, c, b) * sp.Rational(101, 100)

    def stable_dual(self, a, c, b):
        return super().stable_dual(a, c, b) * sp.Rational(101, 100)


class CarelessReLU(ReLU):
    name = "careless"

    def stable_dual_derivative(self, a, c, b):
        return super().stable_dual_derivative(a, -c, b)


class SlowErf(Erf):
    name = "slow"

    def dual_derivative(self, a, c, b):
        return super().dual_derivative(a, c, b) / 2

    def stable_dual_derivative(self, a, c, b):
        return super().stable_dual_derivative(a, c, b) / 2


class LazyReLU(ReLU):
    name = "lazy"

    def mean(self, a):
        return sp.sqrt(a / sp.pi)


@pytest.mark.parametrize(
    ("defect", "function", "message"),
    [
        (HeavierReLU, 0, "F differs from the defining average"),
        (CarelessReLU, 0, "F_dot differs from the stable form"),
        (SlowErf, 0, "F_dot differs from the defining average"),
        (HeavierReLU, 1, "G differs from the defining average"),
        (LazyReLU, 2, "mu differs from the defining average"),
    ],
)
def test_a_wrong_layer_map_is_caught(defect, function, message):
    with pytest.raises(CertificationError, match=message):
        theory(activation_module(defect()).routines[function], SMALL)


def flipped_noise(s):
    return nt.sigma02 * sp.exp(-2 * nt.kappa * s) + nt.sigma2 * Expm1(-2 * nt.kappa * s)


def test_a_wrong_sign_in_the_prior_is_caught():
    variance, covariance, _ = prior_module().routines
    (output,) = variance.outputs
    only_stable = replace(variance, outputs=(replace(output, stable=flipped_noise(nt.s)),))
    with pytest.raises(CertificationError, match="differs from the stable form"):
        theory(only_stable, SMALL)
    both = replace(
        output, stable=flipped_noise(nt.s), textbook=flipped_noise(nt.s).replace(Expm1, lambda x: sp.exp(x) - 1)
    )
    with pytest.raises(CertificationError, match="differs from the defining average"):
        theory(replace(variance, outputs=(both,)), SMALL)
    (output,) = covariance.outputs
    swapped = prior.stable_covariance(nt.s, nt.t)  # times in the wrong order
    with pytest.raises(CertificationError, match="differs from the stable form"):
        theory(replace(covariance, outputs=(replace(output, stable=swapped),)), SMALL)


# -- transcription


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("relu", "/(2*pi) + 0.5*maximum", "/(3*pi) + 0.5*maximum"),  # a coefficient
        ("relu", "turn(a, -c, b)", "turn(a, c, b)"),  # a sign
        ("relu", "root_det(a, c, b)", "sqrt(maximum(a*b - c*c, 0))"),  # a cancelling form
        ("relu", "0.5*maximum(c, 0)", "0.5000000000000021*maximum(c, 0)"),  # 19 ulp
        ("erf", "2*root_det(a, c, b)", "2*root_det(a, b, c)"),  # swapped arguments
        ("erf", "4/(pi*x0)", "(4/(pi*x0)).astype('float32').astype('float64')"),  # single precision
        ("erf", "mu = filled(0, a)", "mu = 0.0"),  # a lost shape
        ("linear", "filled(1, a, c, b)", "filled(1, a, c, b) + 1e-12"),
        ("prior", "sigma02*exp(x0) - sigma2*", "sigma02*exp(x0) + sigma2*"),  # a sign
        ("prior", "expm1(x0)", "(exp(x0) - 1)"),  # a cancelling form
        ("sin", "expm1(-2*x0*x1)", "(exp(-2*x0*x1) - 1)"),  # a cancelling form
        ("sin", "spread(a, x0, b)", "(a + b - 2*x0)"),  # a cancelling form
        ("gelu", "where(c < -x2", "where(c < -9*x2"),  # the wrong one of two forms
        ("gelu", "/(2*pi)", "/(2*pi)*(1 + 3e-14)"),  # 135 ulp, where some points are ill-conditioned
        ("leaky_relu", "0.25*(negative + 1)**2", "0.25*(1 - negative)**2"),  # a sign in front of a parameter
        ("rectified_monomial_2", "- 1/2*x2, 1/2)", "+ 1/2*x2, 1/2)"),  # a sign
    ],
)
def test_a_hand_on_the_emitted_code_is_caught(written, name, right, wrong):
    module, text = written[name]
    assert right in text
    with pytest.raises(CertificationError, match=r"wrong by|not a float64 array"):
        transcribe(module, text.replace(right, wrong), RUNTIME)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("relu", "(ab - cc) + (ab_error - cc_error)", "ab - cc"),  # no compensation
        ("relu", "0.00119047619047", "0.00119047619033"),
        ("relu", "4.354531508319532e-14", "4.354531508319532e-11"),
        ("relu", "if _needs_scaling(a) or _needs_scaling(b):", "if False:"),
        ("relu", "np.where(origin, np.pi / 2, result)[()]", "result"),
        ("rectified_monomial_2", "for j in range(16))", "for j in range(9))"),  # a series cut too early
        ("rectified_monomial_3", "degree**2 * value", "degree * value"),
        ("exp", "np.where(c > 0, parallel, a + b - 2 * c)", "(a + b - 2 * c)"),  # a cancelling form
        ("cos", "2 * root * (root", "root * (root"),
        ("relu", "_HALF, _LOW_BITS = 1 << 26", "_HALF, _LOW_BITS = 1 << 27"),  # products not exact in their last bit
        ("relu", "_needs_scaling(a) or _needs_scaling(b)", "_needs_scaling(a)"),
        ("relu", "_needs_scaling(a) or _needs_scaling(b)", "_needs_scaling(b)"),
        ("relu", "x.size > 0 and", "x.size > 1 and"),  # one point alone
        ("relu", "square.min() > _TINY", "square.max() > _TINY"),  # some points of an array
        ("relu", "if origin.any()", "if origin.all()"),  # the origin in company
    ],
)
def test_a_defect_in_the_runtime_is_caught(written, name, right, wrong):
    module, text = written[name]
    assert right in RUNTIME
    with pytest.raises(CertificationError, match="wrong by"), np.errstate(all="ignore"):
        transcribe(module, text, RUNTIME.replace(right, wrong))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("x.size > 0 and", ""), ("square.size == 0 or", ""), ("quotient(x1, x2)", "quotient(x1, x2)[:]")],
)
def test_code_without_points_or_with_one_is_run(written, right, wrong):
    module, text = written["gelu"]
    assert right in text + RUNTIME
    with pytest.raises((ValueError, IndexError)):
        transcribe(module, text.replace(right, wrong), RUNTIME.replace(right, wrong))


@pytest.mark.parametrize("where", [lambda a: np.size(a) > SMALL.samples, lambda a: np.ndim(a) == 0])
def test_code_that_is_wrong_in_company_or_alone_is_caught(written, where):
    routine = next(routine for routine in written["relu"][0].routines if routine.name == "norm")
    transcription(routine, lambda a: np.multiply(a, 0.5), SMALL)
    with pytest.raises(CertificationError, match="wrong by"):
        transcription(routine, lambda a: np.multiply(a, 0.5 + 1e-9 * where(a)), SMALL)


def transcribe(module, text, runtime, effort=SMALL):
    with load(text, runtime) as functions:
        for routine in module.routines:
            transcription(routine, functions[routine.name], effort)


@pytest.mark.parametrize("name", [module.name for module in modules()])
def test_the_code_of_every_module_is_right(written, name):
    """At a few points of every stratum here; `ndk generate --check` takes more."""
    transcribe(*written[name], RUNTIME, Effort(samples=8, average_points=1, textbook_points=1))


@pytest.mark.parametrize("c", [0.0, 1e-300, -1e-300])
@pytest.mark.parametrize("degree", [2, 3])
def test_arc_cosine_kernels_are_known_where_the_angle_is_right(degree, c):
    act = RectifiedMonomial(degree)
    output = activation_module(act).routines[0].outputs[0]
    with mp.workdps(50):
        value = reference(activation_module(act).routines[0], output)(mp.mpf(2), mp.mpf(c), mp.mpf(3))
        # independent variables: F = μ(a) μ(b)
        expected = mp.mpf(sp.N(act.mean(sp.Integer(2)) * act.mean(sp.Integer(3)), 60))
        assert abs(value / expected - 1) < FIFTY_DIGITS


CONDITIONED = (
    *("abrelu", "cos", "exp", "gelu", "hermite_2", "hermite_3", "leaky_relu", "rectified_monomial_2"),
    *("rectified_monomial_3", "scaled_erf", "sin", "mish", "silu"),
)


@pytest.mark.parametrize("name", CONDITIONED)
def test_condition_numbers_are_asked_for_where_they_are_needed(written, name):
    """Errors that they forgive are too large to be allowed without them."""
    module, text = written[name]
    assert all(routine.conditioned for routine in module.routines)
    with load(text, RUNTIME) as functions, pytest.raises(CertificationError, match="wrong by"):
        for routine in module.routines:
            transcription(replace(routine, conditioned=False), functions[routine.name], FULL)


def test_condition_numbers_are_asked_for_nowhere_else(written):
    found = {name for name, (module, _) in written.items() if any(r.conditioned for r in module.routines)}
    assert found == {*CONDITIONED}


def far_points(routine, n=24):
    """Variances from 1e300, where strata end, to the 1e307 that `ndk_num.dual` takes."""
    rng = np.random.default_rng(7)
    a, b = 10.0 ** rng.uniform(300, 307, (2, n))
    rho = np.where(rng.random(n) < 0.5, rng.uniform(-1, 1, n), 1 - 10.0 ** rng.uniform(-12, -1, n))
    values = {"a": a, "c": rng.choice([-1, 1], n) * rho * (np.sqrt(a) * np.sqrt(b)), "b": b}
    drawn = {parameter.name: parameter_values(rng, parameter, n) for parameter in routine.parameters}
    return tuple((values | drawn)[symbol.name] for symbol in routine.arguments)


def worst_far_away(module, text, names=("dual", "norm", "mean")):
    with load(text, RUNTIME) as functions:
        for routine in (routine for routine in module.routines if routine.name in names):
            points = far_points(routine)
            with np.errstate(all="ignore"):
                found = functions[routine.name](*points)
            for output, values in zip(routine.outputs, found if len(routine.outputs) > 1 else (found,), strict=True):
                rows = [tuple(map(float, row)) for row in zip(*points, strict=True)]
                yield Measure(routine, output).worst("far away", values.tolist(), rows)["ulp"]


@pytest.mark.parametrize("name", [m.name for m in modules() if m.activation and "averages" not in m.activation])
def test_the_code_is_right_up_to_the_largest_variances(written, name):
    assert all(0 <= error <= BOUND_ULP for error in worst_far_away(*written[name]))


def test_code_that_overflows_at_the_largest_variances_is_caught(written):
    module, text = written["scaled_erf"]
    right, overflowing = "sqrt(a + b + (1/2)/scale**2)", "sqrt(1e8*a + 1e8*b + 5e7/scale**2)/1e4"
    assert text.count(right) == 1
    with pytest.raises(CertificationError, match="far away"):
        list(worst_far_away(module, text.replace(right, overflowing)))


def test_not_a_number_is_caught(written):
    module, _ = written["linear"]
    norm = next(routine for routine in module.routines if routine.name == "norm")
    with pytest.raises(CertificationError, match="nan"):
        transcription(norm, lambda a: np.where(a == 0, np.nan, a), SMALL)


# -- where it is tested


def test_the_strata_are_what_they_are_called():
    routines = {routine.name: routine for module in modules() for routine in module.routines}
    covariances, histories = strata(routines["dual"], 200), strata(routines["covariance"], 200)
    assert len(covariances) >= 12
    assert len(histories) >= 8
    a, c, b = covariances["within 2 ulp of the edge"]
    assert (c * c > a * b).any()
    assert (c * c < a * b).any()
    a, c, b = covariances["exactly at the edge"]
    assert (c * c == a * b).all()
    assert {*np.sign(c)} == {-1, 1}
    a, c, b = covariances["within 1e-12 of the edge"]
    assert (1 - np.abs(c) / np.sqrt(a * b)).min() < 1e-11
    a, c, b = covariances["1e-300 to 1e300"]
    assert a.min() < 1e-250
    assert b.max() > 1e250
    a, c, b = covariances["no variance"]
    assert (a * b == 0).all()
    assert (a + b == 0).any()
    assert (a > 0).any()
    assert (b > 0).any()
    t, s, kappa, *_ = histories["t = s"]
    assert (t == s).all()
    t, s, kappa, *_ = histories["s → t"]
    assert (t > s).all()
    assert (np.nextafter(s, np.inf) == t).any()
    t, s, kappa, *_ = histories["t → ∞"]
    assert (kappa * t).max() > 5000
    t, s, *_ = histories["s = 0"]
    assert not s.any() and {*np.sign(t)} == {0, 1}
    arguments = strata(routines["phi"], 200)
    for name, low, high in (("bulk", 1e-2, 10), ("large", 10, 1e3), ("huge", 1e3, 1e12)):
        sizes = np.abs(arguments[name][0])
        assert low < sizes.min() < 2 * low and high / 2 < sizes.max() < high
    assert all((t >= s).all() and (s >= 0).all() for t, s, *_ in histories.values())
    for routine in (*routines.values(), *modules()[0].routines):
        assert len(theory_points(routine, 8)) >= 10
        assert len(theory_points(routine, CHECK.average_points)) >= 3


# stratum → the powers of ten between which a, b and 1 − |ρ| lie, each of which is reached; None if not of that kind
SPANS = {
    "bulk": ((-3, 3), (-3, 3), None),
    "within 1e-12 of the edge": ((-3, 3), (-3, 3), (-12, -0.5)),
    "within 2 ulp of the edge": ((-3, 3), (-3, 3), None),
    "a = b, inside": ((-3, 3), (-3, 3), (-12, -0.5)),
    "a = b, at the edge": ((-3, 3), (-3, 3), None),
    "1e-300 to 1e300": ((-300, 300), (-300, 300), (-12, 0)),
    "both huge": ((250, 300), (250, 300), (-12, 0)),
    "both tiny": ((-300, -250), (-300, -250), (-12, 0)),
    "a much smaller than b": ((-33, -3), (-3, 3), (-12, 0)),
    "c near 0": ((-3, 3), (-3, 3), None),
    "1e-300 to 1e-50": ((-300, -100), (-119, -50), (-12, 0)),
    "1e50 to 1e300": ((50, 119), (100, 300), (-12, 0)),
}
ROOT_SPANS = {  # the same for |c| and root/|c|
    "root below c": ((-3, 3), (-8, 0)),
    "root far below c": ((-3, 3), (-20, -8)),
    "c far below root": ((-200, -3), (3, 200)),
    "1e-300 to 1e300": ((-300, 300), (-6, 6)),
    "1e-300 to 1": ((-300, 0), (-6, 6)),
}


def spanned(values, span):
    """Whether positive numbers lie between two powers of ten and come near both, by a tenth of the way at most."""
    (low, high), logs = span, np.log10(values)
    slack, near = 1e-3 * (high - low), 0.1 * (high - low)
    return low - slack <= logs.min() < low + near and high - near < logs.max() <= high + slack


def test_every_stratum_of_covariances_spans_what_it_says():
    found = strata(next(routine for routine in modules()[0].routines if routine.name == "dual"), 500)
    last, tiny = "ab − c² in the last bit", "ab − c² in the last bit, at 1e-300"
    others = {"exactly at the edge", "no variance", last, tiny, "values at the ends of the range"}
    assert found.keys() == {*SPANS, *others}
    for name, (first, second, gap) in SPANS.items():
        a, c, b = found[name][:3]
        assert spanned(a, first) and spanned(b, second), name
        rho = c / (np.sqrt(a) * np.sqrt(b))
        assert {*np.sign(c)} == {-1, 1} and abs(np.mean(np.sign(c))) < 0.2, name
        assert gap is None or spanned(1 - np.abs(rho[np.abs(rho) < 1]), gap), name
        assert np.array_equal(a, b) == name.startswith("a = b")
    a, c, b = found["bulk"][:3]
    assert np.ptp(c / np.sqrt(a * b)) > 1.9 and np.abs(c).max() > 50
    a, c, b = found["c near 0"][:3]
    assert spanned(np.abs(c) / np.sqrt(a * b), (-200, -1))
    for name, most in (("within 2 ulp of the edge", 2), ("a = b, at the edge", 1)):
        a, c, b = found[name][:3]
        steps = np.abs(c).view(np.int64) - np.sqrt(a * b).view(np.int64)
        assert {*steps.tolist()} == {*range(-most, most + 1)}
    a, c, b = found[tiny][:3]
    assert min(a.min(), b.min()) >= 1e-300 and max(a.max(), b.max()) < 3.3e-299 and {*np.sign(c)} == {-1, 1}
    left = [Fraction(x) * Fraction(z) - Fraction(y) ** 2 for x, y, z in zip(a, c, b, strict=True)]
    assert all(0 < d < Fraction(2.0**-1022) ** 2 for d in left)  # the root is no normal number
    a, c, b = found[last][:3]
    assert {*np.sign(c)} == {-1, 1}
    left = [float(Fraction(x) * Fraction(z) - Fraction(y) ** 2) for x, y, z in zip(a, c, b, strict=True)]
    assert {math.frexp(d)[0] for d in left} == {0.5}  # 1, times powers of two
    assert np.median(np.array(left) / (a * b)) < 2.0**-95


def test_every_stratum_of_roots_spans_what_it_says():
    found = strata(next(routine for routine in modules()[0].routines if routine.name == "layer"), 500)
    assert found.keys() == {*ROOT_SPANS, "bulk", "no root", "no variance", "values at the ends of the range"}
    for name, (size, tangent) in ROOT_SPANS.items():
        c, root = found[name][:2]
        assert spanned(np.abs(c), size) and spanned(root / np.abs(c), tangent), name
        assert abs(np.mean(np.sign(c))) < 0.2, name
    c, root = found["bulk"][:2]
    assert spanned(np.hypot(c, root), (-3, 3)) and (root >= 0).all() and {*np.sign(c)} == {-1, 1}
    assert np.ptp(np.arctan2(root, c)) > 0.95 * np.pi
    c, root = found["no root"][:2]
    assert spanned(np.abs(c), (-3, 3)) and not root.any()
    assert not np.any(found["no variance"][:2])


def at_the_ends(sizes, degrees):
    """Whether of each number some power is at an end of the range of floats, and every power and end occurs."""
    found = set()
    for size in np.log10(sizes):
        clipped = abs(abs(size) - 300) < 1e-9
        powers = [k for k in range(1, degrees + 1) if -291.1 < k * size < -284.9 or 306.9 < k * size < 308.7]
        assert powers or clipped
        found |= {(k, size > 0) for k in powers}
    return found >= {(k, side) for k in range(2, degrees + 1) for side in (False, True)}


def test_values_at_the_ends_of_the_range_are_there():
    name, routines = "values at the ends of the range", {routine.name: routine for routine in modules()[0].routines}
    a, c, b = strata(routines["dual"], 500)[name][:3]
    assert at_the_ends(np.sqrt(a) * np.sqrt(b), 7) and 0.2 < np.mean(a == b) < 0.55
    assert spanned(1 - np.abs(c) / (np.sqrt(a) * np.sqrt(b)), (-12, 0)) and {*np.sign(c)} == {-1, 1}
    assert spanned(np.maximum(a / b, b / a)[a != b], (0, 40))
    c, root = strata(routines["layer"], 500)[name][:2]
    assert at_the_ends(np.hypot(c, root), 7) and {*np.sign(c)} == {-1, 1}
    ratio = root / np.abs(c)
    assert spanned(ratio, (-12, 12)) and 0.2 < np.mean((ratio > 0.2) & (ratio < 5)) < 0.5
    (a,) = strata(routines["norm"], 500)[name][:1]
    assert at_the_ends(a, 8)


def test_every_stratum_of_variances_and_arguments_spans_what_it_says():
    routines = {routine.name: routine for module in modules() for routine in module.routines}
    variances, arguments = strata(routines["norm"], 500), strata(routines["phi"], 500)
    assert variances.keys() == {"bulk", "1e-300 to 1e300", "no variance", "values at the ends of the range"}
    assert spanned(variances["bulk"][0], (-3, 3)) and spanned(variances["1e-300 to 1e300"][0], (-300, 300))
    spans = {"bulk": (-2, 1), "near 0": (-250, -2), "large": (1, 3), "huge": (3, 12)}
    assert arguments.keys() == {*spans, "at 0"}
    for name, span in spans.items():
        (z,) = arguments[name]
        assert spanned(np.abs(z), span) and abs(np.mean(np.sign(z))) < 0.2, name
    for zero in (variances["no variance"][0], arguments["at 0"][0]):
        assert zero.shape == (500,) and not zero.any()


HISTORIES = {  # stratum → what differs from the bulk
    "bulk": {},
    "t = s": {},
    "s → t": {},
    "t → ∞": {"t": None, "s": None},
    "s = 0": {"s": None, "t": None},
    "κ = 0": {"kappa": None},
    "κ → 0": {"kappa": (-300, -5)},
    "σ0²/σ² from 1e-6 to 1e6": {"ratio": (-6, 6)},
}


def test_every_stratum_of_histories_spans_what_it_says():
    found = strata(next(routine for routine in prior_module().routines if routine.name == "covariance"), 500)
    assert found.keys() == HISTORIES.keys()
    for name, others in HISTORIES.items():
        t, s, kappa, sigma2, sigma02 = found[name]
        spans = {"t": (-2, 2), "s": (-2, 2), "kappa": (-3, 1), "sigma2": (-2, 2), "ratio": (-1, 1)} | others
        values = {"t": t, "s": s, "kappa": kappa, "sigma2": sigma2, "ratio": sigma02 / sigma2}
        assert all(span is None or spanned(values[key], span) for key, span in spans.items()), name
        assert (t >= s).all() and (s >= 0).all()
    assert (found["t = s"][0] == found["t = s"][1]).all() and not found["κ = 0"][2].any()
    t, s, *_ = found["s → t"]
    assert 0.1 < np.mean(np.nextafter(s, np.inf) >= t) < 0.4 and spanned((t - s)[t > s] / s[t > s], (-16, -1))
    t, s, kappa, *_ = found["t → ∞"]
    assert spanned(kappa * t, (1, 4)) and np.quantile(kappa * (t - s), [0.1, 0.9]) == pytest.approx([0.5, 4.5], abs=0.3)
    t, s, *_ = found["s = 0"]
    assert not s.any() and 0.2 < np.mean(t == 0) < 0.4 and spanned(t[t > 0], (-2, 2))


def test_parameters_are_drawn_at_their_default_about_it_and_at_their_bounds():
    for signed, low in ((True, -100), (False, sp.Rational(1, 1000))):
        values = parameter_values(np.random.default_rng(3), Parameter("p", "p", "", sp.Rational(7), low=low), 2000)
        at = [np.mean(values == x) for x in (7, float(low), 100)]
        assert at == pytest.approx([0.3, 0.025, 0.025], abs=0.02)
        others = values[(values != 7) & (np.abs(values) != 100) & (values != float(low))]
        assert spanned(np.abs(others), (-1.5, 1)) and abs(np.mean(others > 0) - (0.5 if signed else 1)) < 0.1


def test_theory_is_tested_at_both_signs_of_arguments_and_parameters():
    routines = {routine.name: routine for module in modules() for routine in module.routines}
    (arguments,) = zip(*theory_points(routines["phi"], 400), strict=True)
    assert {*np.sign(arguments)} == {-1, 1} and spanned(np.abs(arguments), (-2, 1))
    scaled = next(module for module in modules() if module.name == "scaled_erf")
    a, *parameters = np.array(theory_points(scaled.routines[1], 400)).T
    assert spanned(a, (-2, 1))
    signs = [{*np.sign(x).tolist()} for x in parameters]
    assert signs == [{-1, 1}, {1}, {-1, 1}] and all({*np.abs(x)} == {0.75, 1.25} for x in parameters)


def test_theory_is_tested_on_both_sides_and_at_the_edges():
    routines = {routine.name: routine for routine in modules()[0].routines}
    for name, edge in (("dual", lambda a, c, b: a * b - c * c), ("layer", lambda c, root: root)):
        points = theory_points(routines[name], 8)
        width = edge.__code__.co_argcount
        cross = [point[name == "dual"] for point in points]
        distance = [edge(*point[:width]) for point in points]
        for side in (-1, 1):
            chosen = [d for x, d in zip(cross, distance, strict=True) if side * x > 0]
            assert min(chosen) == 0 and any(0 < d < 1e-5 for d in chosen)
            assert sum(d > 1e-3 for d in chosen) >= 2


def test_every_function_is_measured_on_every_stratum():
    for module in modules():
        certificate = json.loads((generate.default_target() / f"{module.name}.json").read_text(encoding="utf-8"))
        assert set(certificate["measured"]) == {routine.name for routine in module.routines}
        for routine in module.routines:
            counts = certificate["claims"][routine.name]["transcription"]["points"]
            assert counts
            assert set(counts.values()) == {FULL.samples}
            measured = certificate["measured"][routine.name]["transcription"]
            assert all(set(measured[output.label]) == set(counts) for output in routine.outputs)


def test_digits_stand_for_the_errors_that_are_allowed():
    assert allowed(25) == pytest.approx(1e-23, rel=1e-9, abs=0)
    assert allowed(50) == pytest.approx(1e-48, rel=1e-9, abs=0)


def test_steps_are_reported(written):
    module, text = written["linear"]
    seen = []
    measured = measure(module, text, RUNTIME, Effort(5, 1, 1), step=seen.append)
    assert seen == [f"linear.{name}" for name in measured]


# -- the files


def test_the_committed_package_passes_the_check(monkeypatch, tmp_path):
    """Three of its modules here; `ndk generate --check` does all."""
    some = tuple(module for module in modules() if module.name in ("linear", "relu", "prior"))
    monkeypatch.setattr(generate, "modules", lambda: some)
    for name in (*(f"{module.name}.{end}" for module in some for end in ("py", "json")), "runtime.py"):
        shutil.copy(generate.default_target() / name, tmp_path)
    arguments = ["--check", "--target", str(tmp_path), "--workers", "1"]
    result = CliRunner().invoke(generate_command, arguments)
    assert result.exit_code == 0, result.output
    assert "exactly what" in result.output


@pytest.mark.usefixtures("without_measuring")
@pytest.mark.parametrize(
    ("name", "right", "wrong", "report"),
    [
        ("relu.py", "(2*pi)", "(3*pi)", "relu.py: differs"),
        ("runtime.py", "0.00119047619", "0.00118906064", "runtime.py: differs"),
        ("prior.py", "\n", "\n\n", "prior.py: differs"),
        ("erf.json", '"seed": 20260', '"seed": 20261', "erf.json: claims something else"),
        ("erf.json", '"bound_ulp": 8.0', '"bound_ulp": 80.0', "erf.json: claims something else"),
        ("erf.json", '"ulp": 2', '"ulp": 200', "an error of dual exceeds the bound"),
        ("erf.json", '"c near 0": {', '"c far": {', "not measured on every stratum"),
        ("linear.json", "{", "", "linear.json: is not a certificate"),
        ("linear.json", '"measured"', '"guessed"', "linear.json: is not a certificate"),
    ],
)
def test_check_names_the_edited_file(copy, name, right, wrong, report):
    text = (copy / name).read_text(encoding="utf-8")
    assert right in text
    (copy / name).write_text(text.replace(right, wrong), encoding="utf-8")
    result = CliRunner().invoke(generate_command, ["--check", "--target", str(copy), "--workers", "1"])
    assert result.exit_code == 1
    assert report in result.output


@pytest.mark.usefixtures("without_measuring")
def test_check_names_missing_and_left_over_files(copy):
    assert generate.check(copy) == []
    (copy / "relu.py").rename(copy / "old_relu.py")
    (copy / "prior.json").unlink()
    (copy / "notes.txt").write_text("not ours", encoding="utf-8")
    problems = "\n".join(generate.check(copy))
    assert "relu.py: cannot be read" in problems
    assert "prior.json: cannot be read" in problems
    assert "old_relu.py: belongs to no module" in problems
    assert "notes" not in problems


@pytest.mark.usefixtures("without_measuring")
def test_generate_restores_the_package_and_removes_left_overs(copy):
    (copy / "relu.py").rename(copy / "old_relu.py")
    (copy / "runtime.py").write_text("", encoding="utf-8")
    assert CliRunner().invoke(generate_command, ["--target", str(copy), "--workers", "1"]).exit_code in (
        0,
        1,
    )  # the table needs numbers
    assert not (copy / "old_relu.py").exists()
    for name in (*(module.name for module in modules()), "runtime"):
        assert (copy / f"{name}.py").read_bytes() == (generate.default_target() / f"{name}.py").read_bytes()


def test_certificates_are_measured_in_full_and_checked_on_fewer_points(tmp_path, monkeypatch):
    seen, some = [], [module for module in modules() if module.name in ("linear", "prior")]
    monkeypatch.setattr(generate, "modules", lambda: some)
    monkeypatch.setattr(generate, "measure", lambda *arguments: seen.append(arguments) or {})
    for run, effort in ((generate.check, CHECK), (generate.write, FULL)):
        seen.clear()
        run(tmp_path)
        assert seen == [(module, emit(module), RUNTIME, effort) for module in some]


def test_nothing_is_written_when_a_claim_fails(copy, monkeypatch):
    def refuse(*args, **options):
        raise CertificationError("dual: wrong by 1e3 ulp")

    monkeypatch.setattr(generate, "measure", refuse)
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    result = CliRunner().invoke(generate_command, ["--target", str(copy), "--workers", "1"])
    assert result.exit_code == 1
    assert "nothing was written" in result.output
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    assert "wrong by" in "".join(generate.check(copy))


@pytest.mark.usefixtures("without_measuring")
def test_bad_targets_exit_with_2(tmp_path, copy):
    for arguments in (["--target", str(tmp_path / "nowhere")], ["--check", "--target", str(copy / "relu.py")]):
        result = CliRunner().invoke(generate_command, arguments)
        assert result.exit_code == 2
        assert "is not a directory" in result.output
    (copy / ".erf.py.tmp").mkdir()  # in the way of the file that is to be written
    result = CliRunner().invoke(generate_command, ["--target", str(copy), "--workers", "1"])
    assert result.exit_code == 2
    assert "cannot be written" in result.output


def test_the_claims_do_not_depend_on_the_machine(written):
    module, text = written["prior"]
    stated = json.dumps(claims(module, text, RUNTIME))
    assert stated == json.dumps(claims(prior_module(), text, RUNTIME))
    assert np.__version__ not in stated


def test_the_reference_in_digits_knows_the_edges():
    """Clipped outside of the domain and nowhere inside, also where products of variances are tiny."""
    output = activation_module(ReLU()).routines[0].outputs[0]
    exact = reference(activation_module(ReLU()).routines[0], output)
    with mp.workdps(50):
        four, quarter = mp.mpf(4), mp.mpf(1) / 4
        assert abs(exact(four, mp.mpf(3), mp.mpf(1)) - 1) < FIFTY_DIGITS  # c/2 at c = 2
        inside = exact(quarter, mp.mpf(1) / 5, quarter)
        assert inside < exact(quarter, quarter, quarter) - mp.mpf(1) / 100
        tiny = exact(mp.mpf(10) ** -200, mp.mpf(0), mp.mpf(10) ** 10)
        assert abs(2 * mp.pi * tiny * mp.mpf(10) ** 95 - 1) < FIFTY_DIGITS


def test_errors_in_digits_are_in_ulp_of_the_right_value(written):
    routine = next(r for r in written["relu"][0].routines if r.name == "norm")  # a/2
    errors = DigitErrors(routine, routine.outputs[0])
    assert errors(1.0, (2.0,)) == (0.0, 0.0)
    assert errors(1.0 + 2**-52, (2.0,)) == (1.0, 0.0)
    assert errors(1.0 + 2**-48, (2.0,)) == (16.0, 0.0)
    assert errors(np.nan, (2.0,))[0] == np.inf
    assert errors(5e-301, (1e-300,)) is None
    assert errors(0.0, (0.0,)) == (0.0, 0.0)


def test_errors_in_digits_are_forgiven_by_the_condition_number(written):
    routine = next(r for r in written["exp"][0].routines if r.name == "norm")  # f = exp(2ar²): Σ |x ∂f/∂x| = 6ar² f
    errors, point = DigitErrors(routine, routine.outputs[0]), (0.5, 1.0)
    right = np.exp(1.0)
    exactly, _ = errors(right, point)
    assert exactly < 1
    error, number = errors(right + 1000 * np.spacing(right), point)
    assert number == pytest.approx(3, rel=1e-10, abs=0)
    assert error == pytest.approx(1000 / 4, abs=1)
    with mp.workdps(30):
        ulp = abs(mp.mpf(right + 1000 * np.spacing(right)) - mp.e) / mp.mpf(np.spacing(right))
        assert error == pytest.approx(float(ulp) / 4, rel=1e-10, abs=0)
    assert DigitErrors(routine, routine.outputs[0], unconditioned=2000)(right + 1000 * np.spacing(right), point) == (
        float(ulp), 0.0,
    )  # fmt: skip
