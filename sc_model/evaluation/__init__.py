"""How far a network in integers is the network in floating point: spikes, and right answers.

Samples are arrays (samples, steps, inputs) of 0 and 1; each begins in the state after a reset.
"""

from sc_model.evaluation.agreement import Agreement, Difference, agreement
from sc_model.evaluation.answers import Accuracy, accuracy
from sc_model.evaluation.calibration import Calibration, calibrated
from sc_model.evaluation.floats import float_potentials, run_floats
from sc_model.evaluation.integers import run_integers, run_potentials
from sc_model.evaluation.parameters import load_parameters
from sc_model.evaluation.stimulus import Samples, load_samples, random_samples, samples_for

__all__ = [
    "Accuracy",
    "Agreement",
    "Calibration",
    "Difference",
    "Samples",
    "accuracy",
    "agreement",
    "calibrated",
    "float_potentials",
    "load_parameters",
    "load_samples",
    "random_samples",
    "run_floats",
    "run_integers",
    "run_potentials",
    "samples_for",
]
