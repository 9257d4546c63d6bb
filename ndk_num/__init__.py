"""Numerics of the neural dynamical kernel: arrays in, trajectories out."""

from ndk_num import equilibria
from ndk_num.covariance import Covariance
from ndk_num.diffusive import DiffusiveLimit, diffusive_limit
from ndk_num.drift import drift
from ndk_num.dynamics import solve
from ndk_num.errors import AccuracyWarning, GeneratedCodeError, InputError
from ndk_num.groups import Bias, Layer, Readout
from ndk_num.kernels import kernel
from ndk_num.layer_maps import activations, dual
from ndk_num.network import Network
from ndk_num.readout import readout_hidden
from ndk_num.trajectory import Prediction, Trajectory

__all__ = [
    "AccuracyWarning",
    "Bias",
    "Covariance",
    "DiffusiveLimit",
    "GeneratedCodeError",
    "InputError",
    "Layer",
    "Network",
    "Prediction",
    "Readout",
    "Trajectory",
    "activations",
    "diffusive_limit",
    "drift",
    "dual",
    "equilibria",
    "kernel",
    "readout_hidden",
    "solve",
]
