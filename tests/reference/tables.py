"""The tables as files: one per activation and choice of parameters, with the points and the digests beside them."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ndk_sym.activations import Activation
from tests.reference.points import Point, points

FOLDER = Path(__file__).parent / "tables"
POINTS, DIGESTS = "points.csv", "digests.csv"
_COLUMNS = ["point", "depth", "kind", "value", "error", "condition"]


@dataclass(frozen=True)
class Entry:
    """One kernel at one point and depth.

    Attributes
    ----------
    value : str
        50 significant digits, or 0.
    error : str
        Of `ndk_num` when the table was last measured: |float64 − value| in units of 2⁻⁵² |value|; where the value is 0,
        of 2⁻⁵².
    condition : str
        The condition number: the sum of |∂ log value/∂ log x| for x = K⁰(x,x′) alone, all of K⁰, both variances, and κ.
    """

    point: str
    depth: int
    kind: str
    value: str
    error: str = ""
    condition: str = ""

    @property
    def group(self) -> tuple[str, int, str]:
        """(stratum, depth, kind): entries alike, whose rounding errors differ by chance."""
        return self.point.rpartition(" ")[0], self.depth, self.kind


def path(activation: Activation, folder: Path = FOLDER) -> Path:
    """Return the file of an activation's table."""
    return folder / (re.sub(r"[^\w-]+", "_", activation.call).strip("_") + ".csv")


def read(file: Path) -> list[Entry]:
    """Return the entries of a table."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        if next(rows) != _COLUMNS:
            raise ValueError(f"{file} has not the columns {', '.join(_COLUMNS)}: run python -m tests.reference.recipe")
        return [Entry(point, int(depth), *rest) for point, depth, *rest in rows]


def write(entries: Iterable[Entry], file: Path) -> None:
    """Write a table."""
    _write(file, _COLUMNS, ([getattr(entry, name) for name in _COLUMNS] for entry in entries))


def write_points(folder: Path = FOLDER) -> None:
    """Write the points for those who read the tables without this package: floats as they print, which is exact."""
    names = ["temperature", "sigma2", "sigma02", "t", "s"]
    rows = ([p.name, *(repr(getattr(p, n)) for n in names), _vector(p.x), _vector(p.y)] for p in points())
    _write(folder / POINTS, ["point", *names, "x", "y"], rows)


def _vector(x: Iterable[float]) -> str:
    return " ".join(map(repr, x))


def _write(file: Path, columns: list[str], rows: Iterable[Sequence[object]]) -> None:
    file.parent.mkdir(exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def digest(entries: Iterable[Entry]) -> str:
    """Return the SHA-256 of what is exact in a table: everything but errors and condition numbers."""
    exact = "\n".join(f"{e.point},{e.depth},{e.kind},{e.value}" for e in entries)
    return hashlib.sha256(exact.encode()).hexdigest()


def digests(folder: Path = FOLDER) -> dict[str, str]:
    """Return the digests recorded when the values were computed, by file name."""
    with (folder / DIGESTS).open(encoding="utf-8", newline="") as lines:
        return {row["table"]: row["sha256"] for row in csv.DictReader(lines)}


def write_digests(folder: Path = FOLDER) -> None:
    """Record the digests of all tables, and of the points."""
    tables = ((file.name, digest(read(file))) for file in files(folder))
    given = (POINTS, hashlib.sha256((folder / POINTS).read_bytes()).hexdigest())
    _write(folder / DIGESTS, ["table", "sha256"], [list(row) for row in (*tables, given)])


def files(folder: Path = FOLDER) -> Iterator[Path]:
    """Yield the tables, sorted."""
    yield from sorted(set(folder.glob("*.csv")) - {folder / POINTS, folder / DIGESTS})


def by_name() -> dict[str, Point]:
    """Return the points by name."""
    return {point.name: point for point in points()}
