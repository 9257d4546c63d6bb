"""The discrete theory (SI 21–39) in 90 digits, formula by formula: nothing is rearranged, so everything cancels."""

from __future__ import annotations

import mpmath

mp = mpmath.MPContext()
mp.dps = 90


def _linear(a, c, b):
    return c


def _erf(a, c, b):
    return 2 / mp.pi * mp.asin(2 * c / mp.sqrt((1 + 2 * a) * (1 + 2 * b)))


def _relu(a, c, b):
    root = mp.sqrt(max(a * b - c * c, mp.mpf(0)))
    return (root + (mp.pi - mp.atan2(root, c)) * c) / (2 * mp.pi)


MAPS = {"linear": _linear, "erf": _erf, "relu": _relu}


def _chain(group, lam, temperature):
    """m_{t,s} of one group of weights, and the same less the noise of step s, as functions of t ≥ s."""
    if group is None:
        return lambda t, s, replicas: mp.mpf(0)
    variance, memory, noise = [mp.mpf(group.sigma02)], [None], [mp.mpf(0)]
    for strength, heat in zip(map(mp.mpf, lam), map(mp.mpf, temperature), strict=True):
        kappa = heat / mp.mpf(group.sigma2)
        memory.append(strength / (strength + kappa))
        noise.append(2 * heat / (strength + kappa))
        variance.append(memory[-1] ** 2 * variance[-1] + noise[-1])
    return lambda t, s, replicas: mp.fprod(memory[s + 1 : t + 1]) * (variance[s] - (replicas - 1) * noise[s])


def solve(net, case, lam, temperature):
    """Residuals v_0 … v_N, test predictors of the steps 1 … N, and K^{d,L}_{t,s}/λ_s by (t, s)."""
    chains = [[_chain(one, lam, temperature) for one in (group, group.bias)] for group in net.groups]
    inputs = [[mp.mpf(x) for x in row] for row in [*case.X.tolist(), *case.X_test.tolist()]]

    def dot(first, second):
        return mp.fsum(p * q for p, q in zip(inputs[first], inputs[second], strict=True)) / len(inputs[0])

    def predictors(t, s, replicas):
        cross = [[one(t, s, replicas) for one in chain] for chain in chains]
        late, early = ([[one(at, at, 1) for one in chain] for chain in chains] for at in (t, s))
        found = mp.matrix(len(inputs), len(case.X))
        for row in range(found.rows):
            for column in range(found.cols):
                a, c, b = dot(row, row), dot(row, column), dot(column, column)
                for name, (m, v), (p, q), (g, h) in zip(net.activations, late, cross, early, strict=False):
                    a, c, b = m * a + v, p * c + q, g * b + h
                    a, c, b = (MAPS[name](*three) for three in ((a, a, a), (a, c, b), (b, b, b)))
                found[row, column] = cross[-1][0] * c + cross[-1][1]
        return found

    count, steps = len(case.X), len(lam)
    labels = mp.matrix([mp.mpf(y) for y in case.y.tolist()])
    residuals, tests, responses = [labels], [], {}
    for t in range(1, steps + 1):
        past = mp.matrix(len(inputs), 1)
        for s in range(1, t + 1):
            responses[t, s] = (predictors(t, s, 1) - predictors(t, s, 2)) / (2 * mp.mpf(temperature[s - 1]))
            if s < t:
                past += responses[t, s] * residuals[s]
        implicit = mp.eye(count) + responses[t, t][:count, :]
        residuals.append(mp.lu_solve(implicit, labels - past[:count, :]))
        tests.append((past + responses[t, t] * residuals[t])[count:, :])
    return residuals, tests, responses
