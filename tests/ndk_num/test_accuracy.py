"""Promise and estimate over a random sample of networks; `python -m tests.ndk_num.accuracy` takes a large one."""

import pytest

from tests.ndk_num.accuracy import measure, settings


@pytest.mark.parametrize("setting", settings(7, 3), ids=str)
def test_true_errors_are_within_estimate_and_promise(setting):
    for found in measure(setting, (1e-4, 1e-6)):
        assert found.error <= found.estimate <= found.rtol
        assert not found.warned
