"""Every tolerance the tests use, each with its reason. Never loosen one to pass: find out why."""

# Data sets: a scaling by one square root and one division, each correct to half a unit in the last place.
ROUNDING = 1e-14
