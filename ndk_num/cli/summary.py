"""What every command says of its data, its network and its predictions: as text, and as plain numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ndk_num.checks import Array
from ndk_num.datasets import Dataset
from ndk_num.network import Network

MOST_TESTS = 10  # test inputs listed in the text


def display_name(activation: str) -> str:
    """An activation's name as one writes it in a sentence."""
    return "ReLU" if activation == "relu" else activation


def title(data: Dataset, net: Network) -> str:
    """Data set and network in a few words."""
    return f"{data.name}, {display_name(net.title)}, depth {net.depth}"


def data_line(data: Dataset) -> str:
    """How many inputs there are, and of how many features."""
    return f"{data.name}: {len(data.X)} training and {len(data.X_test)} test inputs, N0 = {data.X.shape[1]}"


def network_line(net: Network) -> str:
    """Activation, depth and hyper-parameters."""
    return (
        f"{display_name(net.title)} network, depth {net.depth}, T = {net.temperature:g}, sigma2 = {net.sigma2:g},"
        f" sigma02 = {net.sigma02:g}"
    )


def entry_name(index: tuple[int, ...]) -> str:
    """Name of a test input and, with several outputs, of an output."""
    return f"test {index[0] + 1}" + (f", output {index[1] + 1}" if len(index) == 2 else "")


def test_error(prediction: Array, y_test: Array | None) -> float | None:
    """Mean squared test error, or None without labels."""
    return None if y_test is None else float(np.mean((prediction - y_test) ** 2))


def prediction_lines(predictions: Sequence[tuple[str, Array]], y_test: Array | None) -> list[str]:
    """Test predictors, and the label where it is known: one line for each test input and output, then the errors."""
    columns = list(predictions) if y_test is None else [("label", y_test), *predictions]
    lines = ["Test predictor     " + "".join(f"{name:>12}" for name, _ in columns)]
    indices = list(np.ndindex(predictions[0][1].shape))
    for index in indices[:MOST_TESTS]:
        lines.append(f"  {entry_name(index):<17}" + "".join(f"{values[index]:>12.6f}" for _, values in columns))
    if len(indices) > MOST_TESTS:
        lines.append(f"  … and {len(indices) - MOST_TESTS} more (--json lists all)")
    if y_test is not None:
        errors = [test_error(values, y_test) for _, values in predictions]
        lines.append(f"  {'mean sq. error':<17}" + " " * 12 + "".join(f"{error:>12.6f}" for error in errors))
    return lines


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as they need, to the right."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    return ["  " + "  ".join(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=True)) for row in (headings, *rows)]


def data_content(data: Dataset) -> dict[str, Any]:
    """The same as `data_line`, for JSON."""
    return {
        "name": data.name,
        "description": data.description,
        "training_inputs": len(data.X),
        "test_inputs": len(data.X_test),
        "features": data.X.shape[1],
    }


def prediction_content(prediction: Array, y_test: Array | None) -> dict[str, Any]:
    """A test predictor and its error, for JSON."""
    return {"test": prediction.tolist(), "test_error": test_error(prediction, y_test)}


def plain(value: Any) -> Any:
    """JSON knows neither NumPy's numbers nor infinity."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
