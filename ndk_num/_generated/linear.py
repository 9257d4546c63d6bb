from numpy import ones_like, zeros_like
def dual(a, c, b):
    return c, ones_like(c)
def norm(a):
    return a
def mean(a):
    return zeros_like(a)
