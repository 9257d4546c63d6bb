"""Where trajectories lead: chains at finite λ, labels that cannot be learnt, and results that were given."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from ndk_num import InputError, Network, Prediction, equilibria, kernel, limits, plots, proximal, solve
from ndk_num.cli import main
from ndk_num.observables import StoppingPoint, optimal_stopping_time, phases, relaxation
from tests.ndk_num.cases import several_outputs, unit

NET = Network(depth=1, activation="erf", temperature=1e-3, sigma2=1.0, sigma02=0.5)
CASE = unit()
COARSE, WARM = 0.5, 0.1  # λ and T of the steps


@pytest.fixture(scope="module")
def chain():
    """Its T is not the network's, and its λ so small that it ends far from NNGP."""
    return proximal.solve(NET, *CASE, lam=COARSE, temperature=WARM, horizon=120.0)


@pytest.fixture(scope="module")
def sol():
    return solve(replace(NET, temperature=WARM), *CASE, rtol=1e-4)


def lines(figure, label):
    """Levels of the last horizontal line in the panels of the test inputs, if the legend has such a label."""
    assert label in [text.get_text() for text in figure.legends[0].get_texts()]
    across = [[one for one in axes.get_lines() if list(one.get_xdata()) == [0, 1]] for axes in figure.axes[1:]]
    return [float(found[-1].get_ydata()[0]) for found in across]


def test_a_chain_ends_at_the_equilibrium_of_its_own_steps(chain, monkeypatch):
    """The last steps themselves are the second route; NNGP at either temperature is far from them."""
    scales, found = phases(chain), relaxation(chain)
    assert scales.diffusive == pytest.approx(1 / WARM)
    assert scales.fastest == pytest.approx(1 / np.linalg.eigvalsh(kernel(NET, 0, 0, CASE.X))[-1])
    ntk, last = equilibria.ntk(NET, *CASE).test, chain.test[-1]
    assert found.gap == pytest.approx(np.sqrt(np.mean((ntk - last) ** 2)), rel=1e-6)
    assert found.equilibrium < chain.horizon / 2
    assert lines(plots.trajectory(chain), "equilibrium at finite λ") == pytest.approx(list(last), abs=1e-6)
    for temperature in (WARM, NET.temperature):
        assert np.abs(equilibria.nngp(replace(NET, temperature=temperature), *CASE).test - last).max() > 0.01

    def continuous(net, *data, lam):
        return equilibria.nngp(net, *data)

    monkeypatch.setattr(limits, "equilibria", SimpleNamespace(ntk=equilibria.ntk, proximal=continuous))
    assert relaxation(chain).equilibrium is None  # it never gets there


def test_the_phase_of_stopping_is_that_of_the_chain(chain):
    """The test predictor at one time is its best label: the error is smallest then."""
    time = float(chain.times[np.argmax(np.abs(chain.test[:, 0]))])
    best = optimal_stopping_time(chain, chain.at([time]).test[0])
    assert best.time == pytest.approx(time, rel=1e-3) and best.phase is not None
    late = optimal_stopping_time(chain, chain.test[-1])
    assert late.phase in ("diffusive", "equilibrium")


def test_a_chain_at_zero_temperature_has_no_diffusive_phase():
    end = proximal.solve(NET, *CASE, lam=0.1, temperature=0.0, horizon=2000.0)
    found = relaxation(end)
    assert math.isinf(phases(end).diffusive) and found.start == end.horizon and found.equilibrium is None
    assert np.abs(end.test[-1] - equilibria.ntk(NET, *CASE).test).max() < 1e-6
    assert optimal_stopping_time(end, end.test[-1]).phase == "gradient"
    plots.trajectory(end)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("lam", {"lam": np.linspace(0.5, 2.0, 30)}),
        ("temperature", {"lam": 1.0, "temperature": np.linspace(1, 0.1, 30)}),
    ],
)
def test_schedules_that_change_have_no_equilibrium(name, steps, tmp_path):
    changing = proximal.solve(NET, *CASE, **steps)
    for call in (relaxation, plots.trajectory, *([phases] if name == "temperature" else [])):
        with pytest.raises(InputError, match=f"{name} changes from step to step"):
            call(changing)
    changing.save(tmp_path / "chain.nc")
    for one in (changing, type(changing).load(tmp_path / "chain.nc")):
        assert optimal_stopping_time(one, one.test[17]).phase is None
    given = {
        "phases": phases(solve(NET, *CASE, horizon=changing.horizon, rtol=1e-3)),
        "nngp": equilibria.nngp(NET, *CASE),
    }
    plots.trajectory(changing, **given)


@pytest.mark.parametrize("activation", ["step", "sign"])
def test_chains_without_gradients(activation):
    jumps = proximal.solve(replace(NET, activation=activation), *CASE, lam=1.0, horizon=20.0)
    for call in (phases, relaxation, plots.trajectory):
        with pytest.raises(InputError, match="no gradient dynamics"):
            call(jumps)
    found = optimal_stopping_time(jumps, jumps.test[7])
    assert found.time == pytest.approx(jumps.times[7], rel=1e-3) and found.phase is None


@pytest.mark.parametrize("temperature", [0.1, 0.0])
@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_nothing_is_learnt_of_labels_in_the_null_space(temperature, activation):
    """Rounding noise of 1e-16 looked like a fall within 2e-5."""
    net = Network(depth=1, activation=activation, temperature=temperature)
    X, y = [[1.0, 2.0], [1.0, 2.0]], [1.0, -1.0]
    given = {"lam": 5.0, "horizon": 20.0}
    for one in (solve(net, X, y, [[1.0, 0.0]]), proximal.solve(net, X, y, [[1.0, 0.0]], **given)):
        found = phases(one)
        assert math.isinf(found.gradient) and found.crossover is None and not found.separated
        assert found.gradient_end == min(one.horizon, found.diffusive)
        plots.trajectory(one, y_test=[0.0])
    half = phases(solve(net, X, [1.0, -0.9], [[1.0, 0.0]]))  # with a part that can be learnt
    assert math.isfinite(half.gradient)


def test_the_command_says_that_nothing_is_learnt(tmp_path):
    np.savez(tmp_path / "a.npz", X=[[1.0, 2.0], [1.0, 2.0]], y=[1.0, -1.0], X_test=[[1.0, 0.0]])
    arguments = ["solve", "--data", str(tmp_path / "a.npz")]
    arguments += ["--depth", "1", "--activation", "relu", "--temperature", "0.1", "--sigma2", "1", "--sigma02", "1"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0 and "nothing of the labels is learnt" in result.stdout
    assert "still falling" not in result.stdout
    content = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    assert content["phases"]["gradient"] is None and content["phases"]["crossover"] is None


WRONG = ["x", 3, np.zeros(3), (1.0, 2.0), {}]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda sol, wrong: relaxation(sol, scales=wrong), "scales"),
        (lambda sol, wrong: relaxation(sol, ntk=wrong), "ntk"),
        (lambda sol, wrong: relaxation(sol, nngp=wrong), "nngp"),
        (lambda sol, wrong: optimal_stopping_time(sol, [0.0, 0.0], relaxed=wrong), "relaxed"),
        (lambda sol, wrong: plots.trajectory(sol, ntk=wrong), "ntk"),
        (lambda sol, wrong: plots.trajectory(sol, phases=wrong), "phases"),
        (lambda sol, wrong: plots.trajectory(sol, stopping=wrong), "stopping"),
    ],
)
def test_results_that_are_something_else(sol, call, name, wrong):
    with pytest.raises(InputError, match=f"^{name} is .*returns, or leave it out"):
        call(sol, wrong)


def test_predictions_of_other_data(sol):
    """A trajectory in place of its end gave a number; other shapes a broadcast error."""
    with pytest.raises(InputError, match="ntk is"):
        relaxation(sol, ntk=sol)
    good = equilibria.nngp(sol.network, *CASE)
    assert relaxation(sol, nngp=good) == relaxation(sol)
    others = equilibria.nngp(sol.network, *several_outputs())
    for wrong in (replace(good, test=good.test[:1]), replace(good, train=good.train[1:]), others):
        for call in (relaxation, plots.trajectory):
            with pytest.raises(InputError, match=r"nngp\.t\w+ has shape"):
                call(sol, nngp=wrong)
    with pytest.raises(InputError, match=r"nngp\.test is ragged"):
        relaxation(sol, nngp=Prediction(good.train, [[1.0], 2.0]))


def test_phases_of_another_run(sol):
    other = replace(phases(sol), horizon=2 * sol.horizon)
    for call in (lambda: relaxation(sol, scales=other), lambda: plots.trajectory(sol, phases=other)):
        with pytest.raises(InputError, match="horizon is"):
            call()


def test_what_is_given_is_drawn(sol):
    best = StoppingPoint(time=3.0, error=0.0, where="interior", error_at_horizon=1.0, phase=None)
    figure = plots.trajectory(sol, stopping=best, nngp=equilibria.ntk(sol.network, *CASE))
    assert lines(figure, "NNGP equilibrium") == pytest.approx(list(equilibria.ntk(sol.network, *CASE).test))
