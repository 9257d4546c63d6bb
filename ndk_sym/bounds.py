"""What certificates demand: digits, ulp, and where floats have full precision."""

from __future__ import annotations

__all__ = ["AVERAGE_DIGITS", "BOUND_ULP", "LARGEST", "NOTHING", "SMALLEST", "TEXTBOOK_DIGITS", "allowed"]

TEXTBOOK_DIGITS = 50
AVERAGE_DIGITS = 25
BOUND_ULP = 8.0
LARGEST, SMALLEST = 1e308, 1e-290  # values between have full precision, and so have the products behind them
NOTHING = 1e-94  # at the moderate points of the theory claim, no value but zero is as small


def allowed(digits: int) -> float:
    """Return the relative error up to which two values agree to so many digits."""
    return 10.0 ** (2 - digits)
