"""Files of trajectories: what is damaged is refused as they are read, and not with a traceback later."""

import json

import numpy as np
import pytest

from ndk_num import InputError, Network, Trajectory, proximal, solve
from tests.ndk_num.cases import CASES, unit

NET = Network(depth=1, activation="relu", temperature=1e-2)


@pytest.fixture(scope="module")
def saved():
    return solve(NET, *unit(), horizon=10.0, rtol=1e-3).to_xarray()


def stats(**changes):
    """Change statistics; a value of None leaves one out."""

    def change(data):
        found = json.loads(data.attrs["stats"]) | changes
        kept = {name: value for name, value in found.items() if value is not None}
        return data.assign_attrs(stats=json.dumps(kept))

    return change


def changed(name, change):
    """Change a variable; one of another shape gets dimensions of its own."""

    def apply(data):
        values = change(data[name].values)
        dims = data[name].dims
        if values.shape != data[name].shape:
            dims = tuple(f"{name}{axis}" for axis in range(values.ndim))
        return data.drop_vars(name).assign({name: (dims, values)})

    return apply


def set_attribute(name, value):
    return lambda data: data.assign_attrs({name: value})


def ungiven(values):
    found = values.copy()
    found[1:-1] = np.nan
    return found


DAMAGES = {
    **{f"stats {text}": set_attribute("stats", text) for text in ("[]", "null", "5", "{}", '"rtol"', "{")},
    **{f"rtol {value}": stats(rtol=value) for value in (None, "a", np.nan, -1, 0, [1e-3], {}, True, 1e-300)},
    **{f"error {value}": stats(error_estimate=value) for value in (None, "a", np.nan, -1.0)},
    **{f"method {value}": stats(method=value) for value in (None, 5, ["collocation"])},
    **{f"covariance {value}": set_attribute("covariance", value) for value in ("x", 7, 0.5, "", [0, 1])},
    **{f"learning {value}": set_attribute("learning", value) for value in ("x", 1)},
    "fewer labels": changed("y", lambda y: y[:3]),
    "labels of several outputs": changed("y", lambda y: y[:, None]),
    "no labels": changed("y", lambda y: y[:0]),
    "fewer inputs": changed("X", lambda X: X[:3]),
    "fewer features": changed("X", lambda X: X[:, :3]),
    "inputs without features": changed("X", lambda X: X[:, 0]),
    "more test inputs": changed("X_test", lambda X: np.tile(X, (2, 1))),
    "no test inputs": changed("X_test", lambda X: X[:0]),
    "other features": changed("X_test", lambda X: X[:, :3]),
    "nodes of one": changed("panel_nodes", np.ones_like),
    "reversed nodes": changed("panel_nodes", lambda nodes: nodes[::-1]),
    "nodes from 0": changed("panel_nodes", lambda nodes: nodes - nodes[0]),
    "nodes beyond 1": changed("panel_nodes", lambda nodes: 2 * nodes),
    "no nodes": changed("panel_nodes", lambda nodes: nodes[:0]),
    "one edge": changed("panel_edges", lambda edges: edges[:1]),
    "equal edges": changed("panel_edges", lambda edges: np.append(edges[:-1], edges[-2])),
    "edges in two dimensions": changed("panel_edges", lambda edges: edges[:, None]),
    "time unknown": changed("time", lambda time: np.full_like(time, np.nan)),
    "some times unknown": changed("time", ungiven),
    "other times": changed("time", lambda time: 2 * time),
    "edges of another time": changed("panel_edges", lambda edges: 2 * edges),
    "no time": lambda data: data.drop_vars("time"),
    "another predictor": changed("train_predictor", lambda path: path + 1e-3),
    "an infinite predictor": changed("test_predictor", lambda path: path + np.inf),
    "test path of one input": changed("test_predictor", lambda path: path[:, :1]),
    **{
        f"{name} in single precision": changed(name, lambda values: values.astype(np.float32))
        for name in ("X", "y", "X_test", "residual", "test_predictor", "panel_edges", "panel_nodes", "time")
    },
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_refused(saved, tmp_path, damage):
    DAMAGES[damage](saved).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="is a damaged trajectory") as found:
        Trajectory.load(tmp_path / "a.nc")
    assert "\n" not in str(found.value)


FLOW = Network(depth=1, activation="erf", temperature=0.0)
SHORT = {"horizon": 1.0, "rtol": 1e-2}
MADE = {
    "plain": lambda case: solve(NET, *case, **SHORT),
    "several outputs": lambda _: solve(NET, *CASES["several_outputs"], **SHORT, covariance="both"),
    "no test inputs": lambda case: solve(NET, case.X, case.y, **SHORT, covariance=True),
    "of test inputs": lambda case: solve(NET, *case, **SHORT, covariance="test", learning="hidden"),
    "gradient flow": lambda case: solve(FLOW, *case, rtol=1e-2),
    "trapezoid": lambda case: solve(NET, *case, **SHORT, method="trapezoid"),
    "proximal": lambda case: proximal.solve(NET, *case, lam=2.0, horizon=5.0),
    "annealed": lambda case: proximal.solve(NET, *case, lam=2.0, temperature=[0.3, 0.2, 0.1]),
}


@pytest.mark.parametrize("name", MADE)
def test_undamaged_files_are_read(tmp_path, name):
    sol = MADE[name](unit())
    sol.save(tmp_path / "a.nc")
    back = Trajectory.load(tmp_path / "a.nc")
    assert (back.covariance, back.learning) == (sol.covariance, sol.learning)
    assert dict(back.stats) == dict(sol.stats) and back.network == sol.network
    times = np.linspace(0.0, sol.horizon, 7)
    assert np.array_equal(back.residual_at(times), sol.residual_at(times))
    assert np.array_equal(back.test, sol.test) and np.array_equal(back.times, sol.times)


def test_files_from_before_parts_could_learn(saved, tmp_path):
    attributes = {name: value for name, value in saved.attrs.items() if name != "learning"}
    saved.drop_attrs().assign_attrs(attributes).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert Trajectory.load(tmp_path / "a.nc").learning == "all"
