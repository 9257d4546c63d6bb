"""Homogeneous activations, explicit networks, groups of weights: what is claimed holds, planted defects are found."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from derivations import general_hyperparameters as groups
from derivations import ndk_as_two_time_ntk as two_time
from derivations import relu_homogeneity as homogeneous
from ndk_sym import coincidences
from ndk_sym import notation as nt
from ndk_sym.abstract import F, Fdot, K, Kd, Kdot
from ndk_sym.groups import BIASES, WEIGHTS
from ndk_sym.layered import network, phi, phi_slope
from ndk_sym.prove import Induction
from ndk_sym.statement import Context, Evidence, Status
from ndk_sym.verify import check_derivation
from tests.derivations.defects import decide, step, with_lhs, with_rhs

MODULES = (homogeneous, two_time, groups)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.DERIVATION.id)
def test_every_step_is_proved(module):
    inner = {one.id for one in module.DERIVATION.steps}
    alone = [replace(one, uses=tuple(id for id in one.uses if id in inner)) for one in module.DERIVATION.steps]
    result = check_derivation(replace(module.DERIVATION, build=lambda: alone))
    assert {one.step.id: one.evidence.detail for one in result.steps if one.evidence.status is not Status.PROVED} == {}
    assert (result.status, result.residual) == (Status.PROVED, 0.0)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.DERIVATION.id)
def test_a_theorem_is_refuted_by_its_instances_alone(module):
    """Even if base and step were believed."""
    believed = Evidence(Status.PROVED, 0.0, "")
    checked = 0
    for one in module.DERIVATION.steps:
        if isinstance(one.check, Induction):
            context = Context(50, {one.check.base: believed, one.check.step: believed})
            assert one.check(one.statement, context).status is Status.PROVED
            wrong = replace(one.statement, rhs=one.statement.rhs * (1 + nt.L))
            assert one.check(wrong, context).status is Status.FALSE, one.id
            checked += 1
    assert checked


@pytest.mark.parametrize("module", [two_time, groups], ids=lambda module: module.DERIVATION.id)
@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.replace(Fdot, lambda a, c, b: -Fdot(a, c, b)),
        lambda e: e.replace(Fdot, lambda a, c, b: Fdot(c, a, b)),
        lambda e: e.replace(Fdot, F),
    ],
    ids=["flipped sign", "swapped arguments", "the map for its slope"],
)
def test_a_defect_in_the_recursion_of_the_induction_step_is_false(module, change):
    """In the NDK's recursion alone; what it is compared with stays."""
    one = step("step", module)
    first = next(i for i, (_, meaning) in enumerate(one.statement.given) if meaning.has(Fdot))
    given = [(k, change(v) if i == first else v) for i, (k, v) in enumerate(one.statement.given)]
    assert decide(one, given=tuple(given)) is Status.FALSE


def test_kernels_are_printed_with_their_depth():
    t = sp.Symbol("t")
    printed = [str(kernel) for kernel in (K(2, t), K(nt.L, t), K(nt.L + 1, t), Kdot(2, t), Kd(2, t), Kd(nt.L + 1, t))]
    assert printed == ["K^2(t)", "K^L(t)", "K^{L + 1}(t)", "K̇^2(t)", "K^{d,2}(t)", "K^{d,L + 1}(t)"]
    assert sp.latex(Kd(2, t)) == r"K^{d,2}\left(t\right)"


# -- homogeneous activations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["kernel-step", "response-step"])
def test_the_norms_are_those_of_both_times_and_inputs(id):
    one = step(id, homogeneous)
    for change in ({nt.m_tt: 2 * nt.m_tt}, {nt.m_tt: nt.m_ss}, {nt.k_xx: nt.k_yy}):
        assert with_rhs(one, lambda e, change=change: e.xreplace(change)) is Status.FALSE


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("name", ["linear", "relu"])
def test_g_is_that_of_its_depth_its_times_and_its_inputs(name, depth):
    one = step(f"{name}-{depth}", homogeneous)
    changes = [{nt.rho_m: nt.rho_0}, {nt.rho_m: nt.rho_m**2}, {nt.m_tt: nt.m_ss}]
    if name == "relu" and depth > 1:
        changes += [{nt.psi1: nt.psi2, nt.psi2: nt.psi1}, {(nt.psi2, nt.psi3)[depth - 2]: nt.psi1}]
    for change in changes if depth > 1 or name == "relu" else changes[1:]:
        assert with_rhs(one, lambda e, change=change: e.xreplace(change)) is Status.FALSE, change


@pytest.mark.parametrize("id", ["ntk", "nngp"])
def test_kernels_at_one_time_need_every_power_of_the_variance(id):
    one = step(id, homogeneous)
    variance = nt.sigma02 if id == "ntk" else nt.sigma2
    assert with_rhs(one, lambda e: e * variance) is Status.FALSE


# -- explicit networks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ["gradient-readout", "gradient-hidden", "gradient-second", "gradient-first"])
def test_the_gradients_need_every_factor(id):
    one = step(id, two_time)
    assert (
        with_rhs(one, lambda e: e.replace(phi, phi_slope) if e.has(phi) else e.replace(phi_slope, phi)) is Status.FALSE
    )
    first = sorted(one.statement.lhs.args, key=str)[0]
    assert with_lhs(one, lambda e: e - first) is Status.FALSE


def test_outputs_at_two_times_are_printed_apart():
    at_t, at_s = (network(1, 2, sp.Symbol("x"), mark=mark).function for mark in (0, 1))
    assert (str(at_t), str(at_s)) == ("f", "f′")
    assert (sp.latex(at_t), sp.latex(at_s)) == ("f", "f'")


@pytest.mark.parametrize("id", ["square-any-width", "cube-any-width"])
def test_no_order_of_one_over_n_can_be_left_out_or_change_sign(id):
    one = step(id, two_time)
    expanded = sp.expand(one.statement.rhs)
    orders = (1,) if id.startswith("square") else (1, 2)
    for order in orders:
        part = expanded.coeff(nt.N, -order) / nt.N**order
        assert part != 0
        for times in (1, 2):
            assert decide(one, rhs=expanded - times * part) is Status.FALSE, order


@pytest.mark.parametrize("layer", ["a", *(pytest.param(x, marks=pytest.mark.slow) for x in ("W2", "W1"))])
def test_the_first_correction_needs_every_average(layer):
    """Fluctuations V, averages S of shared weights, B of the layer above: none can be left out."""
    one = step(f"correction-{layer}", two_time)
    averages = [symbol for symbol in sorted(one.statement.rhs.free_symbols, key=str) if str(symbol)[0] in "VSB"]
    assert len(averages) >= 6
    for symbol in averages:
        assert with_rhs(one, lambda e, symbol=symbol: e.xreplace({symbol: 0})) is Status.FALSE, symbol


def test_the_linear_network_has_no_correction():
    one = step("linear-any-width", two_time)
    assert with_rhs(one, lambda e: e * (1 + 1 / nt.N)) is Status.FALSE


def test_the_sum_over_coincidences_counts_them(monkeypatch):
    """If neurons never coincided, explicit networks would notice."""
    one = step("coincidences", two_time)
    assert decide(one) is Status.PROVED
    whole = coincidences._partitions
    monkeypatch.setattr(coincidences, "_partitions", lambda items: (p for p in whole(items) if len(p) == len(items)))
    assert decide(one) is Status.FALSE


@pytest.mark.parametrize("id", ["total-1", "linear-2", "square"])
def test_a_wrong_recursion_is_refuted_by_explicit_networks(id):
    one = step(id, two_time)
    if id == "square":
        assert with_rhs(one, lambda e: e.xreplace({two_time.C: sp.Integer(0)})) is Status.FALSE
        assert with_rhs(one, lambda e: e.xreplace({two_time.C: -two_time.C})) is Status.FALSE
    else:
        assert with_rhs(one, lambda e: e.xreplace({nt.m_ts: nt.m_tt})) is Status.FALSE


# -- groups of weights ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["WEIGHTS", "BIASES"])
@pytest.mark.parametrize("id", ["network", "linear-1", "relu-1"])
def test_no_group_can_be_left_out(id, kind):
    """Without the decay of one group in the sum, the relation and the explicit network refute the NDK."""
    one = step(id, groups)
    layers = (1, 2)
    for layer in layers:
        decay = getattr(groups, kind).decay_symbol(layer)
        statement = one.statement.where((decay, sp.Integer(0)))
        left, right = statement.explicit()
        if id == "network":  # only the recursion on the right is damaged
            found = decide(one, rhs=one.statement.explicit()[1].xreplace({decay: sp.Integer(0)}))
        else:
            found = decide(one, rhs=right)
            assert left != one.statement.explicit()[0]
        assert found is Status.FALSE, layer


def test_all_groups_share_the_temperature():
    one = step("group-slope", groups)
    assert with_rhs(one, lambda e: e.xreplace({nt.T: 2 * nt.T})) is Status.FALSE
    for id in ("identity-base", "identity-step", "identity-linear"):
        one = step(id, groups)
        assert with_rhs(one, lambda e: e * 2) is Status.FALSE


def test_the_instances_of_groups_tell_weights_biases_and_layers_apart():
    meanings = [meaning for group in (WEIGHTS, BIASES) for _, meaning in group.instance()]
    values = [meaning(layer) for meaning in meanings for layer in range(1, 5)]
    assert len(values) == len(set(values)) == 16
    assert all(0 < value < 1 for value in values)


@pytest.mark.parametrize("group", [WEIGHTS, BIASES], ids=["w", "v"])
def test_groups_are_sampled_where_their_covariances_are_those_of_a_pair(group):
    spans = group.ranges(3)
    assert len(spans) == 9
    for layer in (1, 2, 3):
        (low, high), (tt_low, tt_high), (ss_low, ss_high) = (
            spans[symbol] for symbol in (group.variances(layer)[k] for k in (1, 0, 2))
        )
        assert 0 < low < high <= tt_low < tt_high
        assert high <= ss_low < ss_high
