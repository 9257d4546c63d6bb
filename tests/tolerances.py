"""Every tolerance the tests use, each with its reason. Never loosen one to pass: find out why."""

# Data sets: a scaling by one square root and one division, each correct to half a unit in the last place.
ROUNDING = 1e-14

# Two exact forms of one function compared at 50 digits: the last digits of either may be rounded.
FIFTY_DIGITS = 1e-48
# Printed code in float64 against 50 digits in the bulk, depth ≤ 3: tens of rounding errors, what the formats promise.
PRINTED_CODE = 1e-12
# Symmetry and positivity of float64 kernels, depth ≤ 3, relative to the kernel's own scale: tens of rounding errors.
KERNEL_PROPERTY = 1e-13
