from numpy import pi, sqrt, zeros_like
from ndk_num._generated.runtime import angle, hypot, root_det
def dual(a, c, b):
    x0 = hypot(sqrt(1 + 2 * (a + b)), 2 * root_det(a, c, b))
    return 2 / pi * angle(2 * c, x0), 4 / (pi * x0)
def norm(a):
    return 2 / pi * angle(2 * a, sqrt(1 + 4 * a))
def mean(a):
    return zeros_like(a)
