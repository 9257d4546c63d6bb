"""The theory in one screen of formulas, for the report."""

from __future__ import annotations

from typing import NamedTuple


class Formula(NamedTuple):
    """A statement of the theory: title, the paper's equations, its equations in LaTeX, one sentence."""

    title: str
    equations: str
    latex: tuple[str, ...]
    meaning: str


FORMULAS = (
    Formula(
        "Learning dynamics",
        "(3)–(5)",
        (
            r"\frac{d\Theta}{dt} = -\nabla E(\Theta) + \eta",
            r"\langle \eta(t)\,\eta(s)^{\top} \rangle = 2T\,\delta(t-s)\,I",
            r"E(\Theta) = \frac{1}{2} \sum_{\mu} \left( f(x^{\mu},\Theta) - y^{\mu} \right)^{2}"
            r" + \frac{T}{2\sigma^{2}} \left| \Theta \right|^{2}",
            r"\Theta_{0} \sim N(0, \sigma_{0}^{2}\,I)",
        ),
        "Noisy gradient descent with weight decay; L hidden layers, each infinitely wide.",
    ),
    Formula(
        "Prior statistics of a weight",
        "(9)(10)",
        (
            r"m(t,s) = \sigma^{2} e^{-\kappa \left| t-s \right|} + (\sigma_{0}^{2}-\sigma^{2})\, e^{-\kappa (t+s)}",
            r"\kappa = T/\sigma^{2}",
        ),
        "How weights drift when nothing is learned: the clock of the diffusive phase is 1/κ.",
    ),
    Formula(
        "Neural dynamical kernel",
        "(12)–(15)",
        (
            r"K^{l} = F\left( m_{tt} K^{l-1}_{xx},\; m_{ts} K^{l-1}_{xx'},\; m_{ss} K^{l-1}_{x'x'} \right)",
            r"\dot{K}^{l} = \partial_{c} F(a,c,b)",
            r"K^{d,l}(t,s) = m(t,s)\, \dot{K}^{l}\, K^{d,l-1}(t,s) + e^{-\kappa \left| t-s \right|}\, K^{l}(t,s)",
        ),
        "The overlap of the gradients at two times; F is the activation's Gaussian average.",
    ),
    Formula(
        "Mean predictor",
        "(16)(17)",
        (
            r"\bar{f}(t) = \int_{0}^{t} K^{d,L}(t,s) \left( Y - \bar{f}(s) \right) ds",
            r"\bar{f}_{*}(t) = \int_{0}^{t} k^{d,L}(t,s)^{\top} \left( Y - \bar{f}(s) \right) ds",
        ),
        "The equations solved below, on training and on test inputs.",
    ),
    Formula(
        "The two equilibria",
        "(18)(20)",
        (
            r"\bar{f}_{*}^{\mathrm{NTK}} = k_{\mathrm{NTK}}^{\top} K_{\mathrm{NTK}}^{-1} Y",
            r"\bar{f}_{*}^{\mathrm{NNGP}} = k_{\mathrm{GP}}^{\top} (K_{\mathrm{GP}} + T)^{-1} Y",
        ),
        "Where the gradient-driven phase ends at low T, and where the diffusive phase ends at any T.",
    ),
    Formula(
        "Two identities",
        "(19), and at all times",
        (
            r"\frac{\partial}{\partial s} \left[ m\, K^{L} \right] = T\, K^{d,L} \quad (t, s \gg 1/\kappa)",
            r"K^{d,L} = e^{-\kappa \left| t-s \right|}\, \frac{\partial}{\partial m} \left[ m\, K^{L}(m) \right]",
        ),
        "A fluctuation–dissipation theorem at long times, and the kernel as one derivative at every time.",
    ),
)
