"""The stable routines in C and Julia, as text; what these languages have themselves (hypot, expm1) is not here."""

from __future__ import annotations

from collections.abc import Sequence

from ndk_sym import runtime

__all__ = ["c_routines", "julia_routines"]

_DEGREES = range(1, 7)  # of the arc-cosine kernels


def c_routines(names: Sequence[str]) -> list[str]:
    """Return the C functions called `names`, in an order in which they can be compiled."""
    return [_C[name]() for name in _C if name in _with_parts(names)]


def julia_routines(names: Sequence[str]) -> list[str]:
    """Return the Julia functions called `names`."""
    return [_JULIA[name]() for name in _JULIA if name in _with_parts(names)]


def _with_parts(names: Sequence[str]) -> set[str]:
    needed = {"spread": ("root_det",), "wedge": ("crescent",), "turn": ("root_det", "angle")}
    return {*names, *(part for name, parts in needed.items() if name in names for part in parts)}


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(repr(value) for value in values)


def _c_crescent() -> str:
    return f"""/* sin psi - psi cos psi, as psi^3 times a power series in psi^2 */
static double crescent(double psi) {{
    static const double coefficients[] = {{{_numbers(runtime._WEDGE)}}};
    double square = psi * psi, series = 0.0;
    for (int k = {len(runtime._WEDGE) - 1}; k >= 0; k--) series = series * square + coefficients[k];
    return series * square * psi;
}}"""


def _c_arc_wedge() -> str:
    rows = [runtime._arc_wedge_series(n) for n in _DEGREES]
    table = ",\n        ".join("{" + _numbers(row) + "}" for row in rows)
    centre = float(runtime._CENTRE)
    return f"""/* r^n J_n(pi - psi)/(2 pi) for s, x >= 0: r^n psi^(2n+1) times a power series in psi^2 about {centre} */
static double arc_wedge(int n, double s, double x) {{
    static const double coefficients[][{len(rows[0])}] = {{
        {table}}};
    double psi = atan2(s, x), shifted = psi * psi - {centre}, series = 0.0;
    for (int k = {len(rows[0]) - 1}; k >= 0; k--) series = series * shifted + coefficients[n - 1][k];
    series *= psi;
    for (int k = 0; k < n; k++) series *= hypot(s, x) * (psi * psi);
    return series;
}}"""


_C = {
    "root_det": lambda: (
        """/* sqrt(a b - c^2), the difference of products compensated (Kahan) */
static double root_det(double a, double c, double b) {
    double square = c * c;
    double difference = fma(a, b, -square) + fma(-c, c, square);
    return difference > 0.0 ? sqrt(difference) : 0.0;
}"""
    ),
    "angle": lambda: (
        """/* angle of the point (x, y); pi/2 at the origin */
static double angle(double y, double x) {
    return (y == 0.0 && x == 0.0) ? pi / 2.0 : atan2(y, x);
}"""
    ),
    "turn": lambda: (
        """/* angle of the point (c, sqrt(a b - c^2)) */
static double turn(double a, double c, double b) {
    return angle(root_det(a, c, b), c);
}"""
    ),
    "elevation": lambda: (
        """/* angle of the point (x, y) for x >= 0; 0 at the origin */
static double elevation(double y, double x) {
    return atan2(y, x);
}"""
    ),
    "sagitta": lambda: (
        """/* r - x for r^2 = s^2 + x^2 with s, x >= 0 */
static double sagitta(double s, double x, double r) {
    return s > 0.0 ? s * (s / (r + x)) : 0.0;
}"""
    ),
    "crescent": _c_crescent,
    "wedge": lambda: (
        """/* s - x atan2(s, x) for s, x >= 0 */
static double wedge(double s, double x) {
    return hypot(s, x) * crescent(atan2(s, x));
}"""
    ),
    "arc_wedge": _c_arc_wedge,
    "spread": lambda: (
        """/* a + b - 2c as a sum of positive terms */
static double spread(double a, double c, double b) {
    if (c <= 0.0) return a + b - 2.0 * c;
    double distance = (a - b) / (sqrt(a) + sqrt(b)), root = root_det(a, c, b);
    return distance * distance + 2.0 * root * (root / (sqrt(a) * sqrt(b) + c));
}"""
    ),
    "quotient": lambda: (
        """/* x/y */
static double quotient(double x, double y) {
    return x / y;
}"""
    ),
}


def _julia_crescent() -> str:
    return f"""# sin psi - psi cos psi, as psi^3 times a power series in psi^2
function crescent(psi)
    square = psi * psi
    evalpoly(square, ({_numbers(runtime._WEDGE)})) * square * psi
end"""


def _julia_arc_wedge() -> str:
    table = ",\n        ".join(f"({_numbers(runtime._arc_wedge_series(n))})" for n in _DEGREES)
    centre = float(runtime._CENTRE)
    return f"""# r^n J_n(pi - psi)/(2 pi) for s, x >= 0: r^n psi^(2n+1) times a power series in psi^2 about {centre}
function arc_wedge(n, s, x)
    coefficients = (
        {table})
    psi = atan(s, x)
    evalpoly(psi * psi - {centre}, coefficients[n]) * psi * (hypot(s, x) * (psi * psi))^n
end"""


_JULIA = {
    "root_det": lambda: (
        """# sqrt(a b - c^2), the difference of products compensated (Kahan)
function root_det(a, c, b)
    square = c * c
    sqrt(max(fma(a, b, -square) + fma(-c, c, square), zero(square)))
end"""
    ),
    "angle": lambda: (
        """# angle of the point (x, y); pi/2 at the origin
angle(y, x) = iszero(y) && iszero(x) ? pi / 2 : atan(y, x)"""
    ),
    "turn": lambda: "# angle of the point (c, sqrt(a b - c^2))\nturn(a, c, b) = angle(root_det(a, c, b), c)",
    "elevation": lambda: "# angle of the point (x, y) for x >= 0; 0 at the origin\nelevation(y, x) = atan(y, x)",
    "sagitta": lambda: (
        """# r - x for r^2 = s^2 + x^2 with s, x >= 0
sagitta(s, x, r) = s > 0 ? s * (s / (r + x)) : zero(s)"""
    ),
    "crescent": _julia_crescent,
    "wedge": lambda: (
        """# s - x atan(s, x) for s, x >= 0
wedge(s, x) = hypot(s, x) * crescent(atan(s, x))"""
    ),
    "arc_wedge": _julia_arc_wedge,
    "spread": lambda: (
        """# a + b - 2c as a sum of positive terms
function spread(a, c, b)
    c <= 0 && return a + b - 2 * c
    distance, root = (a - b) / (sqrt(a) + sqrt(b)), root_det(a, c, b)
    distance * distance + 2 * root * (root / (sqrt(a) * sqrt(b) + c))
end"""
    ),
    "quotient": lambda: "quotient(x, y) = x / y",
}
