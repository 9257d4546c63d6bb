from numpy import abs, maximum, pi, sqrt
from ndk_num._generated.runtime import angle, root_det, wedge
def dual(a, c, b):
    x0 = root_det(a, c, b)
    return maximum(c, 0.0) / 2 + wedge(x0, abs(c)) / (2 * pi), angle(x0, -c) / (2 * pi)
def norm(a):
    return a / 2
def mean(a):
    return sqrt(a / (2 * pi))
