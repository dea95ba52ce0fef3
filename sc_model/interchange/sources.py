"""Corrections of graphs whose packages do not write what NIR defines.

* snnTorch 1.0: r and w_in stand for a gain of 1. They are tau / dt, rounded to float32 as tau is,
  also where beta is 1 and tau infinite. `reset_delay` changes no spike of a `Leaky` with reset to
  zero, whose potential is 0 *before* leak and input of the next step; only recurrent and synaptic
  neurons stay at 0 for that step. `IF` adds its input as it is, whatever dt is.
* Norse 1.1: time constants are dt times the physical ones (tau = dt / tau_inv); Norse before and
  after it writes seconds (https://github.com/norse/norse/issues/411). A `LIFCell` (CubaLIF) adds
  all of its input to the current, where w_in = 1 means dt / tau_syn of it. `IF` adds its input as
  it is.
* SpikingJelly 2.0 writes what NIR defines; its neurons also fire at the threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import FloatGraph, Kind, Reset
from sc_model.interchange.precision import resolution
from sc_model.interchange.taps import Floats

Values = dict[str, Floats]
NORSE = ("norse", "norse-1.1", "norse-seconds")
INFINITE = ("tau", "tau_mem", "tau_syn", "r", "w_in")  # what snnTorch writes for a beta of 1
AS_ONE = 1e-4  # relative, by which a gain that stands for 1 may be off
PRECISIONS: dict[float, type[np.floating[Any]]] = {
    float(np.finfo(kind).eps): kind for kind in (np.float16, np.float32)
}


def adjusted(
    source: str | None,
    name: str,
    node: Any,
    kind: Kind,
    values: Values,
    dt_ms: float,
    reset: Reset,
    delay: bool,
    loops: bool,
) -> tuple[Kind, Values, bool]:
    """Kind, parameters and reset_delay of a node as NIR defines them.

    Parameters
    ----------
    source : name of the package, or None.
    name, node, kind : of the node.
    values : its parameters.
    dt_ms : length of a step.
    reset, delay : its reset, and whether that is done in the step after the spike.
    loops : whether linear nodes lead from the node back to itself.

    Raises InterchangeError where the node can't be one of that package.
    """
    dt = dt_ms / 1e3
    if source in ("snntorch", *NORSE) and kind in ("if", "i"):
        return kind, {**values, "r": values["r"] / dt}, delay
    if source in NORSE:
        if source != "norse-seconds":
            values = {
                each: value / dt if each.startswith("tau") else value
                for each, value in values.items()
            }
        if kind == "cubalif":
            values["w_in"] = values["w_in"] * values["tau_syn"] / dt
        return kind, values, delay
    if source == "snntorch" and kind in ("lif", "cubalif"):
        return _snntorch(name, node, kind, values, dt, reset, delay, loops)
    return kind, values, delay


def _snntorch(
    name: str,
    node: Any,
    kind: Kind,
    values: Values,
    dt: float,
    reset: Reset,
    delay: bool,
    loops: bool,
) -> tuple[Kind, Values, bool]:
    parameters = dict(values)
    for tau, gain in (("tau", "r"),) if kind == "lif" else (("tau_mem", "r"), ("tau_syn", "w_in")):
        share = max(resolution(getattr(node, each)) for each in (tau, gain))
        made_in = PRECISIONS.get(resolution(getattr(node, tau)))
        with np.errstate(divide="ignore", over="ignore"):
            betas = 1.0 - dt / values[tau]
            if made_in is not None:
                betas = np.array([_beta(each, dt, made_in) for each in values[tau]])
            parameters[tau] = dt / (1.0 - betas)
        endless = np.isinf(parameters[tau])
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            ratio = values[gain] * dt / values[tau]
            off = ~endless & ~(np.abs(ratio - 1.0) <= max(AS_ONE, 4 * share))
        if off.any():
            worst = int(np.argmax(off))
            raise InterchangeError(
                f"node '{name}' must have {gain} = {tau} / dt from source 'snntorch', not {gain} ="
                f" {values[gain][worst]:g} with {tau} = {values[tau][worst]:g} s (neuron {worst});"
                " leave source out and give dt_ms."
            )
        if endless.any() and (kind != "lif" or not endless.all()):
            raise InterchangeError(
                f"node '{name}' must have a finite {tau}, not one without end (neuron"
                f" {int(np.argmax(endless))}): a beta of 1 can only be that of all neurons of a"
                " layer without synaptic current."
            )
        parameters[gain] = parameters[tau] / dt
    stays = kind == "cubalif" or loops
    delay = delay and (reset == "subtract" or stays)
    if np.isinf(parameters.get("tau", np.zeros(1))).any():
        size = len(parameters["r"])
        return (
            "if",
            {
                "r": np.full(size, 1.0 / dt),
                "v_threshold": parameters["v_threshold"],
                "v_reset": parameters["v_reset"],
            },
            delay,
        )
    return kind, parameters, delay


def _beta(tau: float, dt: float, kind: type[np.floating[Any]]) -> float:
    """The beta from which arithmetic in `kind`, float16 or float32, computed this tau.

    Several may give the same tau: the one with the fewest decimals is taken, or else the nearest
    number of that precision.
    """
    if not np.isfinite(tau):
        return 1.0
    if tau == 0:
        return -np.inf  # no beta; what follows refuses a tau of 0
    near = 1.0 - dt / tau

    def gives(beta: Any) -> bool:
        with np.errstate(over="ignore"):
            return bool(beta < 1 and kind(dt) / (kind(1.0) - beta) == kind(tau))

    for decimals in range(1, 8):
        beta = kind(round(near, decimals))
        if gives(beta):
            return float(beta)
    around = [kind(near), np.nextafter(kind(near), kind(1)), np.nextafter(kind(near), kind(0))]
    return float(next((beta for beta in around if gives(beta)), near))


def check_norse(nodes: Mapping[str, Any], dt_ms: float) -> None:
    """InterchangeError unless it is clear which Norse wrote a graph.

    Norse 1.1 writes dt times a time constant. Of a time constant of less than 1 s that is less than
    dt, and can't be a number of seconds. Where all numbers are dt or more, they are seconds of
    another Norse, or Norse 1.1 wrote neurons of 1 s or more, which is rare: the user has to say it.

    Parameters
    ----------
    nodes : of a flat graph, by name.
    dt_ms : length of a step.
    """
    dt = dt_ms / 1e3
    constants = [
        (name, tau, float(np.min(np.asarray(getattr(node, tau), np.float64))))
        for name, node in nodes.items()
        for tau in ("tau", "tau_mem", "tau_syn")
        if hasattr(node, tau)
    ]
    if constants and all(seconds >= dt for _, _, seconds in constants):
        name, tau, seconds = max(constants, key=lambda each: each[2])
        raise InterchangeError(
            f"source must be 'norse-seconds' or 'norse-1.1' for this graph, not 'norse': {tau} of"
            f" node '{name}' is {seconds:.3g} s in the file. That is {seconds * 1e3:.3g} ms where"
            f" Norse wrote seconds, as others than 1.1 do, or {seconds / dt:.3g} s from Norse 1.1,"
            f" which writes dt ({dt_ms:g} ms) times it."
        )


def source_notes(graph: FloatGraph, source: str | None) -> list[str]:
    """What the name of a source has made of a graph's numbers, a sentence for each of them.

    Versions of Norse write time constants in different units, so the ones that were taken are said.
    """
    notes = []
    for each in graph.of_kind("lif", "cubalif", "li", "cubali") if source in NORSE else ():
        for name in sorted({"tau", "tau_mem", "tau_syn"} & set(each.parameters)):
            low, high = (float(end(each[name])) * 1e3 for end in (np.min, np.max))
            several = "" if low == high else f" to {high:.4g}"
            notes.append(
                f"node '{each.name}': {name} is taken as {low:.4g}{several} ms, from source"
                f" '{source}'."
            )
    return notes
