"""The choice of panels: it must end, whatever the defect does."""

import numpy as np
import pytest

from ndk_num.volterra.panels import Adaptive


def panels(defect, tol: float = 4e-15, most: int = 2000) -> int:
    """Panels up to time 1e6 when [low, high] has the defect `defect(low, high)`."""
    steps = Adaptive(length=1e-3, horizon=1e6, tol=tol)
    low, count = 0.0, 0
    for _ in range(most):
        high = steps.end(low)
        if steps.accept(low, high, defect(low, high), 1.0, 17):
            low, count = high, count + 1
        if low >= steps.horizon:
            return count
    raise AssertionError(f"{most} attempts end at {low}")


@pytest.mark.parametrize("rounding", [1e-16, 6e-16, 3.9e-15, 4.1e-15, 1e-13, 1e-6])
def test_panels_do_not_shrink_for_a_defect_that_is_rounding(rounding):
    assert panels(lambda low, high: rounding) < 60


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_of_any_kind_ends(seed):
    """Rounding that is sometimes small, and grows with time."""
    rng = np.random.default_rng(seed)
    assert panels(lambda low, high: 1e-12 * (1 + high) ** 0.3 * rng.lognormal(0, 1.5), most=3000) < 1000


def test_a_defect_that_no_length_lowers_ends():
    assert panels(lambda low, high: 1.0 / (high - low) ** 0.1, most=6000) < 2000


def test_panels_follow_a_defect_that_grows_with_their_share_of_time():
    order = 17
    count = panels(lambda low, high: ((high - low) / (low + 1e-3)) ** order * 1e-9, tol=1e-9)
    assert 20 < count < 60


def test_panels_of_one_time_scale_keep_their_length():
    count = panels(lambda low, high: (1e-5 * (high - low)) ** 17, tol=1e-9, most=10_000)
    assert count < 80


def test_a_last_panel_that_is_rejected_is_shortened():
    """At four fifths of what is left the horizon was chosen again, and again."""
    steps, tried = Adaptive(length=0.9, horizon=1.0, tol=1.0), []
    while True:
        high = steps.end(0.0)
        tried.append(high)
        if steps.accept(0.0, high, 1.4 * high**10, 1.0, 10):
            break
    assert tried[0] == 1.0
    assert len(set(tried)) == len(tried) <= 3
