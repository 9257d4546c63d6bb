"""Ball certificates: enclosures are right, what is planted is caught, and mpmath's weaker word is called weaker."""

import json
from dataclasses import replace
from math import pi

import numpy as np
import pytest
import sympy as sp
from click.testing import CliRunner
from flint import acb, arb, ctx
from mpmath import mp

from ndk_sym import certificates, certify, enclosed_prior, error_map, generate
from ndk_sym import notation as nt
from ndk_sym.activations import registered
from ndk_sym.activations.gelu import GELU
from ndk_sym.activations.numeric import numeric_activations
from ndk_sym.activations.relu import ReLU
from ndk_sym.activations.sin import Sin
from ndk_sym.ball_claims import BallErrors, BallTheory
from ndk_sym.balls import Enclosure, StableBalls
from ndk_sym.certify import CertificationError, Effort, load, measure, theory, transcription
from ndk_sym.cli.verify import verify_command
from ndk_sym.complex_balls import ComplexBalls
from ndk_sym.digit_claims import reference
from ndk_sym.emit import emit, emit_runtime
from ndk_sym.enclosed_averages import EnclosedAverages
from ndk_sym.evaluation import Balls, CannotEvaluate
from ndk_sym.growth import growth, radius, tail
from ndk_sym.routines import ROOT, activation_module, modules
from ndk_sym.stable import Angle, RootDet, Wedge
from ndk_sym.statement import Status
from ndk_sym.strata import strata, theory_points
from ndk_sym.tape import Tape
from ndk_sym.trapezoid import _strip, trapezoidal_average
from tests.ndk_sym.nested import nested

SMALL = Effort(samples=60, average_points=1, textbook_points=3)
RUNTIME = emit_runtime()
ABC = (nt.a, nt.c, nt.b)


@pytest.fixture(scope="module")
def written():
    return {module.name: (module, emit(module)) for module in modules()}


def encloses(ball, value):
    """Whether a ball holds an mpmath number that was computed with more digits than the ball is sharp."""
    with ctx.workprec(400), mp.workdps(90):
        return abs(mp.mpf(ball.mid().str(60, radius=False)) - value) <= mp.mpf(2) ** -70 * abs(value)


# -- enclosures


@pytest.mark.parametrize("name", ["relu", "gelu", "rectified_monomial_3", "sin", "leaky_relu", "scaled_erf", "prior"])
def test_balls_and_digits_agree_on_every_stratum(written, name):
    compared = 0
    for routine in written[name][0].routines:
        for output in routine.outputs:
            ball, digits = Enclosure(routine.arguments, output.stable), reference(routine, output)
            for points in strata(routine, 3).values():
                for row in zip(*(x.tolist() for x in points), strict=True):
                    with mp.workdps(90):
                        expected = digits(*map(mp.mpf, row))
                    if 1e-290 < abs(expected) < 1e308:
                        assert encloses(ball(*row), expected), (output.label, row)
                        compared += 1
    assert compared > 50


def test_a_determinant_of_floats_is_zero_only_where_it_is_zero():
    root = Enclosure(ABC, RootDet(*ABC))
    assert root(0.1, 0.1, 0.1).is_zero()
    assert root(1e300, 1e-300, 1e-300).rel_accuracy_bits() >= 75
    just_inside = np.nextafter(0.3, 0.0)
    assert 0 < float(root(0.3, just_inside, 0.3)) < 1e-8
    outside = np.nextafter(0.3, 1.0)
    assert root(0.3, outside, 0.3).is_zero()  # rounding put c there


def test_a_value_at_the_edge_is_exact():
    form = Enclosure(ABC, sp.Max(nt.c, 0) / 2 + Wedge(RootDet(*ABC), sp.Abs(nt.c)) / (2 * sp.pi))
    assert form(4.0, -6.0, 9.0).is_zero()
    assert form(4.0, 6.0, 9.0).contains(3)
    assert form(0.3, -np.nextafter(0.3, 1.0), 0.3).is_zero()
    assert abs(float(Enclosure(ABC, Angle(RootDet(*ABC), nt.c))(0.0, 0.0, 0.0)) - pi / 2) < 1e-15


def test_a_pole_is_no_number():
    with pytest.raises(ZeroDivisionError):
        Enclosure(ABC, 1 / RootDet(*ABC))(2.0, 2.0, 2.0)
    with pytest.raises(ZeroDivisionError):
        Enclosure(ABC, 1 / sp.sqrt(nt.a * nt.b - nt.c**2), by_algebra=True)(2.0, -2.0, 2.0)


def test_what_is_nearly_nothing_need_not_be_sharp():
    x = sp.Symbol("x", real=True)
    nothing = sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1
    value = Enclosure((x,), nothing)(0.5)
    assert value.contains(0) and 0 < value.abs_upper() < 1e-300
    with pytest.raises(CannotEvaluate, match="16384 bits do not enclose"):
        Enclosure((x,), sp.exp(20000) * nothing)(0.5)


def test_a_condition_that_balls_leave_open_gives_both_branches():
    x = sp.Symbol("x", real=True)
    form = Enclosure((x,), sp.Piecewise((1, x**2 < 2), (5, True)))
    assert form(1.0) == 1
    assert form(1.5) == 5
    with ctx.workprec(60):
        root = arb(2).sqrt()
        assert all(form.at([root], 60).contains(k) for k in (1, 5))
    both = Enclosure((x,), sp.Piecewise((1, (x > 0) & (x < 1)), (2, sp.Or(x < -1, x > 3)), (3, True)))
    assert [int(both(x).unique_fmpz()) for x in (0.5, -2.0, 4.0, 2.0)] == [1, 2, 2, 3]


def test_powers_of_every_kind():
    x, y = sp.symbols("x y", positive=True)
    form = Enclosure((x, y), x ** sp.Rational(1, 3) + x**y + x**-2 + x ** sp.Rational(-3, 2))
    assert abs(float(form(8.0, 0.5)) - (2 + 8**0.5 + 8**-2 + 8**-1.5)) < 1e-15


@pytest.mark.parametrize("at", [2.5, 0.75 + 0.5j])
def test_powers_of_complex_balls(at):
    x, arithmetic = sp.Symbol("x", positive=True), ComplexBalls()
    for power in (2, -3, sp.S.Half, sp.Rational(-3, 2), sp.Rational(1, 3)):
        expected = at ** float(power)
        assert abs(complex(Tape((x,), x**power, arithmetic)(acb(at))) - expected) < 1e-14
    assert abs(complex(arithmetic.power(acb(at), acb(1.7), rational=None)) - at**1.7) < 1e-14


def test_numbers_that_are_finite_and_real():
    arithmetic = ComplexBalls()
    values = acb(1), acb(arb(1), arb(0, 1e-9)), acb(1, 1), acb("nan"), 1 / acb(0)
    assert [arithmetic.is_finite_real(value) for value in values] == [True, True, False, False, False]


def sharp(enclosed, point, bits=80):
    """The float of an integral that is enclosed to nearly so many bits, and what it is claimed to be, if it is said."""
    value, claimed = enclosed.sides(point, bits)
    assert value.rel_accuracy_bits() > bits - 10
    assert claimed is None or (claimed.rel_accuracy_bits() > bits - 10 and claimed.overlaps(value))
    return float(value)


def test_the_averages_of_relu_are_enclosed():
    known, (c, root) = EnclosedAverages(ReLU(), ()), (-0.6, 0.45)  # both variances are then 0.75
    angle = pi - np.arctan2(root, c)
    dual = 0.75 * (np.sin(angle) + angle * np.cos(pi - angle)) / (2 * pi)
    for enclosed, point, expected in (
        (known.dual(), (0.75, c, 0.75), dual),
        (known.dual(), (3.0, 2 * c, 0.75), 2 * dual),
        (known.carried_dual(), (c, root), dual),
        (known.dual_derivative(), (3.0, 2 * c, 0.75), angle / (2 * pi)),
        (known.carried_derivative(), (c, root), angle / (2 * pi)),
        (known.following(), (c, root), np.sqrt((0.75 / 2) ** 2 - dual**2)),
        (known.norm(), (3.0,), 1.5),
        (known.mean(), (3.0,), np.sqrt(3 / (2 * pi))),
    ):
        assert sharp(enclosed, point) == pytest.approx(expected, rel=1e-14, abs=0), enclosed.label


def test_the_prior_is_enclosed():
    t, s, *scale = 2.0, 0.75, 0.375, 1.5, 0.25  # κ, σ², σ₀²

    def known(t, s):
        return 1.5 * np.exp(-0.375 * (t - s)) + (0.25 - 1.5) * np.exp(-0.375 * (t + s))

    assert sharp(enclosed_prior.covariance(), (t, s, *scale)) == pytest.approx(known(t, s), rel=1e-14, abs=0)
    assert sharp(enclosed_prior.variance(), (s, *scale)) == pytest.approx(known(s, s), rel=1e-14, abs=0)
    gap = 1 - known(t, s) ** 2 / (known(t, t) * known(s, s))
    assert sharp(enclosed_prior.complement(), (t, s, *scale)) == pytest.approx(gap, rel=1e-14, abs=0)
    sharp(enclosed_prior.complement(), (s * (1 + 2.0**-30), s, *scale))  # 30 bits cancel
    labels = {getattr(enclosed_prior, name)().label for name in ("covariance", "variance", "complement")}
    assert labels == {"one integral", "three integrals"}


def test_what_has_no_enclosure_is_refused():
    x = sp.Symbol("x", real=True)
    with pytest.raises(CannotEvaluate, match="no enclosure"):
        Enclosure((x,), sp.zeta(x))
    with pytest.raises(CannotEvaluate, match="bits do not enclose"):
        Enclosure((x,), sp.sqrt(x))(-1.0)
    unproved = Enclosure((x,), sp.sin(sp.pi * x, evaluate=False))(1.0)  # zero, which balls cannot show
    assert unproved.abs_upper() < 1e-300
    assert not unproved.is_zero()


# -- averages


def test_every_average_is_enclosed_and_by_what(written):
    labels = {}
    for cls in registered().values():
        for degrees in cls.instances or ((),):
            act = cls.symbolic(*degrees)
            module, _ = written[act.stem]
            found = [output.enclosed().label for routine in module.routines for output in routine.outputs]
            labels[act.stem] = found
    assert labels["relu"] == [*2 * ["angular integral"], *2 * ["one integral"], *5 * ["angular integral"]]
    assert labels["erf"][:2] == ["double sum", "double sum"]
    assert labels["step"][1] == "∫ Ḟ dc from c/2 to c"
    assert len(labels) == len(modules()) - 1 - len(numeric_activations())  # the prior


def averages(act):
    return EnclosedAverages(act, ())


@pytest.mark.parametrize(("act", "bits"), [(Sin(), 60), pytest.param(GELU(), 90, marks=pytest.mark.slow)])
def test_the_double_sum_lies_in_nested_integrals(act, bits):
    """A second route: Arb's integration twice, over a square, with a bound of what is outside."""
    a, c, b = 0.7, -0.4, 1.3
    summed, _ = averages(act).dual().sides((a, c, b), bits)
    bound, rate = growth(act.phi(nt.z), nt.z)
    with ctx.workprec(bits + 30):
        root = arb(a).sqrt()
        tape = Tape((nt.z,), act.phi(nt.z), ComplexBalls())
        scales = (root, arb(c) / root, (arb(a) * arb(b) - arb(c) ** 2).sqrt() / root)
        reach, growing = 16.0, rate * float(root + arb(b).sqrt()) * 1.0001
        outside = 4 * arb(tail(bound**2, growing, reach)) * (arb(growing) ** 2 / 2).exp()
        integrated = nested(tape, scales, reach, bits).real / (2 * arb.pi()) + arb(0, outside.abs_upper())
        assert integrated.overlaps(summed)
        assert (integrated - summed).abs_upper() < 1e-14


@pytest.mark.parametrize("name", [name for name, cls in sorted(registered().items()) if not cls.kinks])
def test_growth_bounds_phi_on_strips(name):
    act = registered()[name]()
    phi = sp.lambdify(nt.z, act.phi(nt.z), "mpmath")
    slope = sp.lambdify(nt.z, act.phi_derivative(nt.z), "mpmath")
    for function, expr in ((phi, act.phi(nt.z)), (slope, act.phi_derivative(nt.z))):
        for height in (0.0, 0.5, 2.0):
            bound, rate = growth(expr, nt.z, height)
            for x in np.linspace(-6, 6, 25):
                for y in (-height, height / 3, height):
                    assert abs(function(mp.mpc(x, y))) <= bound * mp.exp(rate * abs(x))


@pytest.mark.parametrize(
    "phi",
    [sp.sin(3 * nt.z), sp.cos(nt.z / 2 + 1), sp.erf(2 * nt.z), sp.exp(1 - 2 * nt.z), nt.z**3 * sp.exp(2 - nt.z**2)],
    ids=str,
)
def test_growth_knows_every_coefficient(phi):
    """A bound, and none that is much too large somewhere on the strip."""
    function, height = sp.lambdify(nt.z, phi, "mpmath"), 1.5
    bound, rate = growth(phi, nt.z, height)
    sizes = [
        float(abs(function(mp.mpc(x, y))) / (bound * mp.exp(rate * abs(x))))
        for x in np.linspace(-6, 6, 49)
        for y in (-height, 0.0, height)
    ]
    assert 1e-3 < max(sizes) <= 1


def test_the_tail_beyond_the_radius_is_as_small_as_was_asked_for():
    for bound, rate in ((1.0, 0.0), (3.0, 2.0)):
        assert 1e-13 < float(tail(bound, rate, radius(bound, rate, 10))) < 1e-10


def test_the_step_of_the_double_sum_is_the_largest_that_is_accurate():
    """The error by its formula is a hundredth of what was asked for: 8 (1 + C²) e^{K² + d²/2 − 2πd/h}."""
    rate, digits = 0.75, 12

    def largest(width):
        wanted = np.log(10) * (digits + 2) + np.log(8 * (1 + np.exp(2 * width))) + rate**2 + width**2 / 2
        return 2 * pi * width / wanted

    width, step = _strip(lambda width: (np.exp(2 * width), rate), digits)
    steps = {quarter / 4: largest(quarter / 4) for quarter in range(1, 80)}
    assert width == max(steps, key=steps.get)
    assert 0 <= steps[width] - step < 1 / 1024


def test_the_error_of_the_double_sum_is_honest():
    """At every accuracy asked for, the ball holds the exact average of cos cos."""
    with ctx.workprec(200):
        scales = (arb(1), arb("0.5"), arb("0.75").sqrt())  # a = b = 1, c = 1/2
        exact = arb(-1).exp() * arb("0.5").cosh()
        radii = []
        for digits in (4, 8, 16, 32):
            found = trapezoidal_average(arb.cos, scales, lambda width: (float(np.exp(2 * width)) * 1.001, 0.0), digits)
            assert found.contains(exact)
            radii.append(float(found.rad()))
        assert all(radius < 10.0**-digits for radius, digits in zip(radii, (4, 8, 16, 32), strict=True))


def test_the_error_of_the_double_sum_is_that_of_its_theorem():
    """Of a rule so coarse that rounding is nothing, for a rate of growth that every term feels."""
    rate, digits = 0.6, 3

    def bounds(width):
        return float(np.exp(2 * width)), rate

    with ctx.workprec(200):
        found = trapezoidal_average(arb.cos, (arb(1), arb("0.5"), arb("0.75").sqrt()), bounds, digits)
        assert found.contains(arb(-1).exp() * arb("0.5").cosh())
    d, h = _strip(bounds, digits)
    reach = h * np.ceil(radius(1.0, rate, digits + 2) / h)
    peak = np.exp(rate**2 / 2)
    whole, sums = 2 * np.sqrt(2 * pi) * peak, (2 * np.sqrt(2 * pi) + 4 * h) * peak
    discretized = 4 * bounds(d)[0] * np.exp(d**2 / 2) * whole * sums / np.expm1(2 * pi * d / h)
    beyond = 2 * np.sqrt(2 * pi) * float(tail(1.0, rate, reach)) * sums
    assert abs(float(found.rad()) * 2 * pi / (discretized + beyond) - 1) < 1e-6


# -- planted defects


class WrongCoefficient(GELU):
    name = "wrong_coefficient"

    def stable_dual(self, a, c, b):
        return super().stable_dual(a, c, b).subs(sp.pi, sp.pi * (1 + sp.Rational(1, 10**40)))


class WrongBranch(GELU):
    name = "wrong_branch"

    def stable_dual(self, a, c, b):
        (far, condition), (usual, _) = super().stable_dual(a, c, b).args[-1].args
        return sp.Piecewise((far * (1 + sp.Rational(1, 10**30)), condition), (usual, True)) / (2 * sp.pi)


class WrongAverage(Sin):
    name = "wrong_average"

    def dual(self, a, c, b):
        return super().dual(a, c, b) * (1 + sp.Rational(1, 10**22))

    def stable_dual(self, a, c, b):
        return super().stable_dual(a, c, b) * (1 + sp.Rational(1, 10**22))


class WrongStep(registered()["step"]):
    name = "wrong_step"

    def dual_derivative(self, a, c, b):
        return super().dual_derivative(a, c, b) * (1 + sp.Rational(1, 10**22))

    def stable_dual_derivative(self, a, c, b):
        return super().stable_dual_derivative(a, c, b) * (1 + sp.Rational(1, 10**22))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (WrongCoefficient(), "F differs from the stable form by 1.0e-40"),
        (WrongAverage(1), "F differs from the defining average by 1.0e-22"),
        (WrongStep(), "F_dot differs from the defining average by 1.0e-22"),
    ],
)
def test_a_wrong_form_is_caught(act, message, without_mpmath):
    with pytest.raises(CertificationError, match=message):
        theory(activation_module(act).routines[0], SMALL)


@pytest.fixture
def without_mpmath(monkeypatch):
    """Nothing below this is found by the fallback."""
    monkeypatch.setattr(certify.DigitTheory, "form_error", None)
    monkeypatch.setattr(certify.DigitTheory, "average_error", None)
    monkeypatch.setattr(certify.DigitErrors, "__call__", None)


def test_a_wrong_branch_is_caught():
    routine = activation_module(WrongBranch()).routines[0]
    errors = BallTheory(routine, routine.outputs[0])
    assert errors.form_error((0.5, 0.2, 1.0)) <= 1e-52  # the other branch
    assert 0.9e-30 < errors.form_error((10.0, -9.9, 10.0)) < 1e-29


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("relu", "-0.03333333333333302", "-0.03333333333334302"),  # a coefficient of a series
        ("rectified_monomial_3", "float(_CENTRE)", "1.2500001"),  # where a series is expanded, but for its coefficients
        ("erf", "result = np.arctan2(y, x)\n", "result = np.arctan2(y, x) * (1 + 4e-15)\n"),
    ],
)
def test_a_defect_in_the_runtime_is_caught(written, name, right, wrong, without_mpmath):
    module, text = written[name]
    assert right in RUNTIME
    with pytest.raises(CertificationError, match="wrong by"), load(text, RUNTIME.replace(right, wrong)) as functions:
        for routine in module.routines:
            transcription(routine, functions[routine.name], SMALL)


def test_the_ulp_are_those_of_the_enclosed_value(written):
    routine = written["relu"][0].routines[1]  # a/2
    errors = BallErrors(routine, routine.outputs[0])
    assert errors(1.0, (2.0,)) == (0.0, 0.0)
    assert errors(1.0 + 2**-52, (2.0,))[0] == pytest.approx(1)
    assert errors(np.nan, (2.0,))[0] == np.inf
    assert errors(5e-301, (1e-300,)) is None
    assert errors(1.0, (1e-300,)) == (np.inf, 0.0)
    assert errors(0.0, (0.0,)) == (0.0, 0.0)


def test_the_ulp_are_forgiven_by_the_condition_number(written):
    routine = next(r for r in written["exp"][0].routines if r.name == "norm")  # f = exp(2ar²): Σ |x ∂f/∂x| = 6ar² f
    errors, point, right = BallErrors(routine, routine.outputs[0]), (0.5, 1.0), np.exp(1.0)
    error, number = errors(right + 1000 * np.spacing(right), point)
    assert number == pytest.approx(3, rel=1e-10, abs=0)
    assert error == pytest.approx(1000 / 4, abs=1)
    alone = BallErrors(routine, routine.outputs[0], unconditioned=2000)(right + 1000 * np.spacing(right), point)
    assert alone == (pytest.approx(4 * error), 0.0)


# -- labels


def test_a_certificate_by_balls_is_certified():
    found = certificates.available()["certificate-prior"].check(50)
    assert found.status is Status.CERTIFIED, found
    assert "at the sampled points" in found.detail


def test_without_flint_it_is_numeric(monkeypatch, written):
    monkeypatch.setattr(certify, "balls_available", lambda: False)
    measured = measure(*written["linear"], RUNTIME, Effort(5, 1, 1))
    assert {how for routine in measured.values() for by in routine["by"].values() for how in by.values()} == {"digits"}
    monkeypatch.setattr(certificates, "check_module", lambda target, module: ([], measured))
    found = certificates.available()["certificate-linear"].check(50)
    assert found.status is Status.NUMERIC
    assert "mpmath" in found.detail


def test_one_average_without_enclosure_weakens_the_whole(monkeypatch, written):
    module, text = written["linear"]
    dual, *others = module.routines
    weaker = replace(dual, outputs=(replace(dual.outputs[0], enclosed=None), *dual.outputs[1:]))
    measured = measure(replace(module, routines=(weaker, *others)), text, RUNTIME, Effort(5, 1, 1))
    assert measured["dual"]["by"]["F"] == {"textbook": "balls", "average": "digits", "transcription": "balls"}
    monkeypatch.setattr(certificates, "check_module", lambda target, module: ([], measured))
    found = certificates.available()["certificate-linear"].check(50)
    assert found.status is Status.NUMERIC
    assert "but average of 1 formulas by mpmath" in found.detail


def test_a_form_without_enclosure_falls_back(monkeypatch):
    routine = activation_module(ReLU()).routines[0]

    def refuse(*args):
        raise CannotEvaluate("no enclosure")

    monkeypatch.setattr(BallErrors, "__call__", refuse)
    by = {output.label: {} for output in routine.outputs}
    with load(emit(activation_module(ReLU())), RUNTIME) as functions:
        transcription(routine, functions["dual"], Effort(3, 1, 1), by=by)
    assert by["F"]["transcription"] == "digits"


def test_committed_certificates_are_by_balls():
    committed = [json.loads(path.read_text(encoding="utf-8")) for path in generate.default_target().glob("*.json")]
    assert len(committed) == len(modules())
    closed = [c for c in committed if c.get("activation", {}).get("averages") != "numeric"]
    assert len(committed) - len(closed) == len(numeric_activations())
    found = [by for c in closed for routine in c["measured"].values() for by in routine["by"].values()]
    assert all(set(by) == {"textbook", "average", "transcription"} for by in found)
    assert all(how.startswith("balls") for by in found for how in by.values())


# -- the map


def test_the_map_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(error_map, "_DRAWS", 1)
    target = tmp_path / "map.png"
    arguments = ["--workers", "1", "--map", str(target), "certificate-linear"]
    result = CliRunner().invoke(verify_command, arguments)
    assert result.exit_code == 0, result.output
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--map", "map.txt"], "is no picture"),
        (["--map", "nowhere/map.png"], "is not a directory"),
        (["--map", "map.png", "price-theorem"], "none of price-theorem is one"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused_at_once(arguments, message):
    result = CliRunner().invoke(verify_command, arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_the_map_shows_a_defect(written, monkeypatch):
    module, text = written["relu"]
    monkeypatch.setattr(
        error_map,
        "emit",
        lambda module: text.replace("root_det(a, c, b)", "sqrt(maximum(a*b-c*c, 0))").replace(
            "turn(a, -c, b)", "turn(a, -c, b)*(1 + 1e-14)"
        ),
    )
    value, slope, norm, mean, *layer = error_map.panels(module)
    assert value.title == "dual: F"
    edge, middle = value.worst[:, :4], value.worst[:, 14:17]
    assert np.nanmax(edge) > 1e3
    assert np.nanmax(middle) < 8
    assert np.nanmax(norm.worst) <= 8 >= np.nanmax(mean.worst)
    assert np.nanmax(slope.worst) > 8
    assert len(layer) == 5 and all(np.nanmax(panel.worst) < 8 for panel in layer)


def test_the_map_reaches_the_edges(written):
    dual, norm, *_ = written["relu"][0].routines
    a, c, b = error_map._grid(dual).points
    rho = c / np.sqrt(a) / np.sqrt(b)
    assert rho.min() < -1 + 1e-15 and rho.max() > 1 - 1e-15 and (np.abs(rho) < 0.1).any()
    assert (a / b).min() < 1e-10 and (a / b).max() > 1e10
    c, r = error_map._grid(replace(dual, arguments=(nt.c, ROOT))).points
    assert (r < 1e-7 * np.abs(c)).any() and {*np.sign(c)} == {-1, 0, 1}
    assert error_map._grid(replace(norm, arguments=(nt.b, ROOT))) is None


def test_the_axes_of_the_map_say_where_it_is(written):
    routines = {routine.name: routine for routine in (*written["relu"][0].routines, *written["prior"][0].routines)}
    across, along = error_map._grid(routines["dual"]).ticks
    assert along == ((0.0, "-12"), (6.0, "0"), (12.0, "12"))
    assert [at for at, _ in across] == [0.0, 11.0, 16.0, 32.0, 21.0]
    assert error_map._grid(routines["norm"]).ticks == (((0.0, "-10"), (20.0, "0"), (40.0, "10")), ())
    assert error_map._grid(routines["variance"]).ticks == (((0.0, "-6"), (20.0, "-1.5"), (40.0, "3")), ())


def test_what_the_map_says_is_on_the_picture(written, monkeypatch, tmp_path):
    figures = []
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda figure, path, dpi: figures.append(figure))
    grid = error_map._grid(written["relu"][0].routines[1])
    error_map.draw([("relu", [error_map.Panel("norm: G", grid, np.ones(grid.shape))])], tmp_path / "map.png")
    ((title,), axes) = figures[0].texts, figures[0].axes
    assert "red crosses" in title.get_text() and all(0 < x < 1 for x in title.get_position())
    assert [axis.get_title() for axis in axes] == ["relu norm: G", ""]


def test_theory_points_are_enclosed_also_at_the_edges(written):
    routine = written["rectified_monomial_3"][0].routines[0]
    errors = BallTheory(routine, routine.outputs[0])
    assert all(errors.average_error(point) <= 1e-25 for point in theory_points(routine, 4))


def test_a_determinant_of_floats_is_exact_at_any_precision():
    """Where products need twice the bits, and the ball of ab − c² contains zero."""
    root = StableBalls().functions[RootDet]
    p, q = 1.0 + 2.0**-26, 3.0 + 2.0**-24
    with Balls.precision(53):
        assert (arb(p * p) * arb(q * q) - arb(p * q) * arb(p * q)).rad() > 0
        assert root(arb(p * p), arb(p * q), arb(q * q)).is_zero()
        assert root(arb(p * p), arb(-p * q), arb(q * q)).is_zero()
        # neighbours in Fibonacci's sequence: ab − c² = 1
        assert (root(arb(2971215073), arb(4807526976), arb(7778742049)) - 1).is_zero()


@pytest.mark.parametrize("form", ["stable", "textbook"])
def test_a_form_that_vanishes_is_not_the_other(written, form):
    routine = written["relu"][0].routines[0]
    output = replace(routine.outputs[0], **{form: sp.Integer(0)})
    assert BallTheory(routine, output).form_error((1.0, 0.5, 2.0)) > 0.3
