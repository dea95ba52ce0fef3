"""From a trained `HetSyn` layer to the integers of a fixed-point layer (`sc_model.spec.hetsyn`).

A weight w becomes round(w / scale), and a spike adds 2^trace_fraction to a trace. So a current of 1
becomes 2^trace_fraction / scale, and the integer threshold is the layer's times that. The membrane
keeps 1 - 2^-leak_shift of its potential in a tick, or all of it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from sc_model.spec import ConfigError, HetSynSpec
from sc_model.spec.errors import in_tables
from sc_model.training.hetsyn import HetSyn
from sc_model.training.quantise import Quantiser


class Integers(NamedTuple):
    """A layer in integers.

    Members
    -------
    spec : its configuration.
    weight : int64 (n_neurons, n_inputs).
    code : decay codes, int64 (n_neurons, n_inputs).
    scale : the float that a weight of 1 stands for.
    """

    spec: HetSynSpec
    weight: NDArray[np.int64]
    code: NDArray[np.int64]
    scale: float


def leak_tau(shift: int, dt: float = 1.0) -> float:
    """The time constant (ms) of a membrane that loses 2^-shift of its potential in `dt` ms.

    ValueError for a `shift` below 1.
    """
    if shift < 1:
        raise ValueError(f"shift must be >= 1, not {shift}")
    return -dt / math.log1p(-(2.0**-shift))


def leak_shift(tau: float | None, dt: float) -> int:
    """The shift whose `leak_tau` is `tau`; 0 for None. ValueError where no shift has it."""
    if tau is None:
        return 0
    shift = max(1, round(-math.log2(-math.expm1(-dt / tau))))
    if not math.isclose(leak_tau(shift, dt), tau, rel_tol=1e-6):
        raise ValueError(
            f"leak_tau must lose a part of 2^-shift in a tick of {dt} ms, not {tau!r} ms; the"
            f" nearest is {leak_tau(shift, dt)!r}"
        )
    return shift


def to_integers(module: HetSyn, template: HetSynSpec, tick_ms: float = 1.0) -> Integers:
    """The integers of a trained layer.

    Parameters
    ----------
    module : the trained layer; its `dt` is the length of a tick.
    template : formats and decay codes. Its size and its neuron's threshold, leak and reset are
        replaced by the layer's.
    tick_ms : length of a step of the network, ms; ``module.dt`` is `tick_interval` times that.

    Raises ValueError where the lengths differ, the leak is no power of two, or the threshold does
    not fit.
    """
    if not math.isclose(module.dt, tick_ms * template.tick_interval):
        raise ValueError(
            f"module.dt must be tick_ms times tick_interval, {tick_ms} x {template.tick_interval}"
            f" ms, not {module.dt} ms"
        )
    quantiser = Quantiser(template.weight_bits, template.codes(tick_ms))
    with torch.no_grad():
        plain = module.log_tau.exp().expand(module.n_neurons, module.n_inputs)
        scale = float(quantiser.scale(module.weight))
        weight, code = quantiser.integers(module.weight).numpy(), quantiser.code(plain).numpy()
    fields: dict[str, Any] = template.model_dump()
    fields |= {"inputs": module.n_inputs, "neurons": module.n_neurons}
    fields["neuron"] |= {
        "threshold": max(1, round(module.threshold * 2**template.trace_fraction / scale)),
        "leak_shift": leak_shift(module.leak_tau, module.dt),
        "reset": "subtract",
    }
    try:
        spec = HetSynSpec(**fields)
    except ConfigError as error:
        text = in_tables(error, {"NeuronSpec": "its neurons'"})
        raise ConfigError(
            f"the trained layer does not fit layer '{template.name}': {text}"
        ) from error
    return Integers(spec, weight, code, scale)
