"""From a `FloatGraph` to layers in a row for hardware, and back.

The numbers of a layer are those of one step: the leak is 1 - dt / tau, weights are multiplied by
the gain r dt / tau, and what v_leak adds in every step is a bias. A potential counts from v_reset,
where it also begins; so the threshold is v_threshold - v_reset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NoReturn, cast

import numpy as np

from sc_model.interchange.compact import ZEROS, Rows, kernel_rows, list_rows, of_channels, zeros
from sc_model.interchange.errors import InterchangeError
from sc_model.interchange.graph import ANALOGUE, Connection, FloatGraph, FloatPopulation
from sc_model.interchange.taps import Floats, Taps
from sc_model.interchange.traces import lanes_of, traces_into
from sc_model.quantisation import FloatLayer
from sc_model.quantisation.connections import Kernel, Lists
from sc_model.spec import ConvSpec
from sc_model.spec.bounds import MAX_TIME_MS, MIN_TIME_MS
from sc_model.spec.connections.sparse import MAX_CHANNELS
from sc_model.spec.errors import did_you_mean
from sc_model.spec.trained_layer import MAX_DELAY, MAX_SIZE

MAX_REFRACTORY = 255
MAX_NUMBER = 1e100  # sums and products of such numbers are finite; float32 has none above 3.4e38
CHAIN = (
    "hardware makes layers in a row, Input -> layer -> layer -> Output, each of which may also feed"
    " itself"
)


def to_layers(
    graph: FloatGraph,
    *,
    plasticity: Literal["refuse", "freeze"] = "refuse",
    compact: bool | None = None,
    potentials: bool = False,
) -> list[FloatLayer]:
    """The layers of a network that is a chain, first to last; names are made fit for a design.

    Parameters
    ----------
    plasticity : ``refuse`` (default) connections that learn, or ``freeze`` them: layers of a
        network keep their weights.
    compact : whether convolutions become kernels, and matrices with many zeros lists of synapses.
        None: kernels that have hardware, and both where a layer is too large to be dense.
    potentials : whether the last population may be one that gives potentials, for a readout.

    Raises InterchangeError for what the layers can't express, with the name of the population.
    """
    if plasticity not in ("refuse", "freeze"):
        raise InterchangeError(
            f"plasticity must be 'refuse' or 'freeze', not {plasticity!r}"
            f"{did_you_mean(str(plasticity), ('refuse', 'freeze')) or '.'}"
        )
    if not MIN_TIME_MS <= graph.dt_ms <= MAX_TIME_MS:
        raise InterchangeError(
            f"dt_ms must be from {MIN_TIME_MS:g} to {MAX_TIME_MS:g} in hardware, not"
            f" {graph.dt_ms:g}."
        )
    chain = _chain(graph, potentials)
    largest = MAX_SIZE if compact is False else MAX_CHANNELS
    for before, each in pairwise(chain):
        _check_size(graph, before, each, largest)
        _check_reset(each)
    names = _names([each.name for each in chain[1:]])
    return [
        _layer(graph, before, each, name, plasticity, compact)
        for before, each, name in zip(chain, chain[1:], names, strict=False)
    ]


def _chain(graph: FloatGraph, potentials: bool) -> list[FloatPopulation]:
    """The input and the spiking populations behind it, each fed by the one before and itself
    alone; with `potentials` the last one may give its potential.
    """
    inputs, outputs = graph.of_kind("input"), graph.of_kind("output")
    for what, populations in (("Input", inputs), ("Output", outputs)):
        if len(populations) != 1:
            names = ", ".join(f"'{each.name}'" for each in populations) or "none"
            raise InterchangeError(
                f"a network for hardware must have one {what}, not {len(populations)} ({names});"
                f" {CHAIN}."
            )
    hidden: dict[str, str] = {}
    for each in graph.populations.values():
        for traces in traces_into(graph, each.name):
            hidden |= dict.fromkeys(traces.lanes, traces.source)
    last = {one.source for one in graph.into(outputs[0].name)}
    for each in graph.of_kind(*ANALOGUE):
        if each.name in last and each.name not in hidden:
            if potentials:
                continue
            raise InterchangeError(
                f"node '{each.name}' ({each.kind}) gives potentials: say by which of them a sample"
                " is answered, readout='last_potential' or 'largest_potential' (--readout); or put"
                " a neuron with a threshold in its place."
            )
        if each.name not in hidden:
            raise InterchangeError(
                f"node '{each.name}' ({each.kind}) gives potentials, and hardware only spikes; put"
                " a neuron with a threshold in its place (an LI between two populations is a"
                " synapse's time constant only with v_leak 0, one to one behind its one source,"
                " and before one target)."
            )
    chain = [inputs[0]]
    while True:
        here = chain[-1]
        after = {each.target for each in graph.out_of(here.name)}
        after = {graph.out_of(name)[0].target if name in hidden else name for name in after} - {
            here.name
        }
        if len(after) != 1:
            names = (
                ", ".join(f"'{name}'" for name in sorted(after))
                or "none; weights that are all 0 join nothing"
            )
            raise InterchangeError(
                f"node '{here.name}' must feed one other node, not {len(after)} ({names}); {CHAIN}."
            )
        each = graph.populations[after.pop()]
        if each.kind == "output":
            break
        if each in chain:
            raise InterchangeError(
                f"node '{here.name}' must not feed '{each.name}', which comes before it; {CHAIN}."
            )
        chain.append(each)
    into = graph.into(outputs[0].name)
    if len(chain) == 1 or len(into) != 1 or not into[0].taps.is_identity:
        raise InterchangeError(
            f"node '{outputs[0].name}' (Output) must give the spikes of the last layer as they are,"
            f" not {_sources(into)} through weights or delays; put a neuron with a threshold in"
            " front of it."
        )
    for name, each in graph.populations.items():
        if each not in chain and each.kind not in ("input", "output") and name not in hidden:
            raise InterchangeError(f"node '{name}' must lie between Input and Output; {CHAIN}.")
    return chain


def _sources(connections: Sequence[Connection]) -> str:
    return (
        ", ".join(
            f"'{each.source}'" if each.source is not None else "a bias" for each in connections
        )
        or "nothing"
    )


def _check_size(
    graph: FloatGraph, before: FloatPopulation, each: FloatPopulation, largest: int
) -> None:
    """InterchangeError unless a layer and its inputs are of a size that hardware has."""
    first = before.kind == "input"
    for population, what in ((before, "inputs"), (each, "neurons")):
        if population.size > largest and (what == "neurons" or first):
            inputs = "" if what == "neurons" else f", those of node '{before.name}',"
            remedy = (
                "pool or crop the input, or take a smaller network"
                if what == "inputs"
                else "take a smaller layer, or split it into networks side by side"
            )
            raise InterchangeError(
                f"node '{each.name}' ({each.node_type}) must have at most {largest:,}"
                f" {what}{inputs} in hardware, not {population.size:,} (shape"
                f" {population.shape}); {remedy}. sc_model.interchange.read() and to_network() run"
                " it in floating point."
            )
    for source, what in ((before.name, "the synapses"), (each.name, "its own synapses")):
        for one in graph.into(each.name):
            if one.source == source and one.taps.delays and one.taps.delays[-1] > MAX_DELAY:
                raise InterchangeError(
                    f"node '{each.name}' must have delays of at most {MAX_DELAY} steps in {what}"
                    f" from '{source}' in hardware, not {one.taps.delays[-1]:,}; take a longer"
                    " dt_ms, or shorten the delays."
                )


def _check_reset(each: FloatPopulation) -> None:
    """InterchangeError for a refractory period that hardware does not have."""
    if each.refractory > MAX_REFRACTORY:
        raise InterchangeError(
            f"node '{each.name}' must have a refractory period of at most {MAX_REFRACTORY} steps in"
            f" hardware, not {each.refractory:,}; take a longer dt_ms."
        )
    if each.refractory and each.reset_delay:
        raise InterchangeError(
            f"node '{each.name}' must have its reset at the spike in hardware, for it has a"
            f" refractory period ({each.refractory} steps); give reset_delay False for it."
        )


def _names(names: Sequence[str]) -> list[str]:
    """Names of layers: lower-case letters, digits and underscores, a letter first."""
    labels: list[str] = []
    for name in names:
        clean = "".join(
            letter if letter.isascii() and letter.isalnum() else "_" for letter in name.lower()
        )
        clean = (clean if clean[:1].isalpha() else f"layer_{clean}")[:28]
        number, free = 2, clean
        while free in labels:
            free, number = f"{clean}_{number}", number + 1
        labels.append(free)
    return labels


@dataclass(frozen=True)
class _Drive:
    """The numbers of one step of a population, (neurons,) each.

    Members
    -------
    leak : share of the potential that is left.
    gain : factor of the weights.
    added : what is added to the potential.
    synaptic_leak : share of the synaptic current that is left; None without a current.
    """

    leak: Floats
    gain: Floats
    added: Floats
    synaptic_leak: Floats | None = None


def _drive(each: FloatPopulation, dt_ms: float) -> _Drive:
    none = np.zeros(each.size)
    if each.kind in ANALOGUE:
        return _integrated(each, dt_ms)
    if each.kind == "threshold":
        return _Drive(none, np.ones(each.size), none)
    gain = each.gain(dt_ms)
    if each.kind == "if":
        return _Drive(np.ones(each.size), gain, none)
    rise = each["v_leak"] - each["v_reset"]
    if each.kind == "lif":
        leak = each.kept("tau", dt_ms)
        return _Drive(leak, gain, (1.0 - leak) * rise)
    if (rise != 0).any():
        worst = int(np.argmax(rise != 0))
        raise InterchangeError(
            f"node '{each.name}' (CubaLIF) must have v_leak = v_reset in hardware, not"
            f" {each['v_leak'][worst]:g} and {each['v_reset'][worst]:g} (neuron {worst}): its bias"
            " goes through the synaptic current."
        )
    return _Drive(
        each.kept("tau_mem", dt_ms),
        gain * each.synaptic_gain(dt_ms),
        none,
        each.kept("tau_syn", dt_ms),
    )


def _integrated(each: FloatPopulation, dt_ms: float) -> _Drive:
    """The numbers of a population that gives its potential, which counts from v_leak."""
    none = np.zeros(each.size)
    gain = each.gain(dt_ms)
    if each.kind == "i":
        return _Drive(np.ones(each.size), gain, none)
    if np.ptp(each["v_leak"]) > 0:
        raise InterchangeError(
            f"node '{each.name}' ({each.kind}) must have one v_leak for all neurons, since a"
            f" readout compares their potentials above it; not {each['v_leak'].min():g} to"
            f" {each['v_leak'].max():g}."
        )
    if each.kind == "li":
        return _Drive(each.kept("tau", dt_ms), gain, none)
    return _Drive(
        each.kept("tau_mem", dt_ms),
        gain * each.synaptic_gain(dt_ms),
        none,
        each.kept("tau_syn", dt_ms),
    )


def _of_rows(values: Floats | None, kernel: Kernel | Lists) -> Floats | None:
    """Numbers of neurons as those of the rows of a kernel; what has rows already stays."""
    if values is None or values.ndim > 1 or not isinstance(kernel, Kernel):
        return values
    return of_channels(values, kernel)


def _layer(
    graph: FloatGraph,
    before: FloatPopulation,
    each: FloatPopulation,
    name: str,
    plasticity: Literal["refuse", "freeze"],
    compact: bool | None,
) -> FloatLayer:
    into = graph.into(each.name)
    if plasticity == "refuse":
        for learns in into:
            if learns.plasticity is not None:
                raise InterchangeError(
                    f"the connection '{learns.source}' -> '{each.name}' learns (rule"
                    f" '{learns.plasticity.family}'), and layers of a network don't;"
                    " plasticity='freeze' keeps its weights as they are."
                )
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # `FloatLayer` looks
        drive = _drive(each, graph.dt_ms)
    direct, tau = _direct(graph, before, each)
    own = _taps(graph, each.name, each.name)
    constant = next((one.taps for one in into if one.source is None), None)
    if constant is not None and constant.delays != (0,):
        raise InterchangeError(
            f"the bias of node '{each.name}' must be there from the first step on, not behind a"
            " Delay."
        )
    bias = drive.added + (constant.weights()[:, 0] * drive.gain if constant is not None else 0.0)
    numbers: dict[str, Floats | None] = {
        "bias": bias if (bias != 0).any() else None,
        "leak": drive.leak,
        "synaptic_leak": drive.synaptic_leak,
        "threshold": _threshold(each),
    }
    direct, own = direct.scaled(drive.gain), None if own is None else own.scaled(drive.gain)
    rows: Rows | None = None
    too_large = max(before.size, each.size) > MAX_SIZE
    if tau is not None:
        # a valid number where there is no synapse
        numbers["tau"] = np.where(tau > 0, tau, graph.dt_ms)
    elif each.kind not in ANALOGUE and compact is not False:
        kernel = graph.kernels.get((before.name, each.name))
        if kernel is None or compact or too_large or kernel.unmet is None:
            rows = _rows(direct, own, kernel, numbers)
        # a list is walked a synapse a clock, on one lane: it is for what is too large for more
        if rows is None and (compact or too_large) and zeros(direct) >= ZEROS:
            rows = list_rows(each.name, direct, own)
    if rows is not None:
        numbers |= {"weight": rows.weight, "delay": rows.delay}
        numbers = {name: _of_rows(each, rows.connections) for name, each in numbers.items()}
    else:
        _check_size(graph, before, each, MAX_SIZE)
        numbers["weight"], numbers["delay"] = _one_delay(direct, before.name, each.name)
        if own is not None:
            recurrent, late = _one_delay(own, each.name, each.name)
            numbers |= {"recurrent": recurrent, "recurrent_delay": late}
    return _float_layer(each, name, numbers, rows.connections if rows is not None else None)


def _direct(
    graph: FloatGraph, before: FloatPopulation, each: FloatPopulation
) -> tuple[Taps, Floats | None]:
    """The map from the population before, and the time constants of its synapses if it has any."""
    traces = traces_into(graph, each.name)
    if traces and (each.reset == "none" or each.reset_delay):
        _refuse_reset(each)
    direct = _taps(graph, before.name, each.name)
    if not traces:
        return direct if direct is not None else Taps((each.size, before.size), {}), None
    if direct is not None or len(traces) > 1 or traces[0].source != before.name:
        raise InterchangeError(
            f"node '{each.name}' must get all its input through synapses with a time constant,"
            " or none of it, and never its own spikes so; hardware has two kinds of layers."
        )
    return traces[0].taps, traces[0].tau_ms


def _float_layer(
    each: FloatPopulation,
    name: str,
    numbers: dict[str, Floats | None],
    connections: Kernel | Lists | None,
) -> FloatLayer:
    """The layer of a population, with these numbers."""
    fields = {"weights": "weight", "own weights": "recurrent", "biases": "bias"}
    _check_numbers(each, {what: numbers.get(field) for what, field in fields.items()})
    others = {"reset": each.reset, "reset_delay": each.reset_delay, "fires": True}
    if each.kind in ANALOGUE:
        others = {"reset": "none", "reset_delay": False, "fires": False}
        # errors are measured by the largest weight
        largest = float(np.abs(np.asarray(numbers["weight"])).max())
        numbers["threshold"] = np.full(each.size, max(largest, np.finfo(float).tiny))
    try:
        return FloatLayer(
            name,
            **cast(Any, numbers),
            **cast(Any, others),
            refractory=each.refractory,
            strict=each.strict,
            connections=connections,
        )
    except ValueError as error:  # products of large numbers that are too large for float64
        raise InterchangeError(f"node '{each.name}' ({each.node_type}): {error}.") from None


def _threshold(each: FloatPopulation) -> Floats | None:
    """Thresholds as potentials count; None for neurons that do not fire."""
    if each.kind in ANALOGUE:
        return None
    threshold = (
        each["threshold"] if each.kind == "threshold" else each["v_threshold"] - each["v_reset"]
    )
    if (threshold <= 0).any():
        worst = int(np.argmin(threshold))
        raise InterchangeError(
            f"node '{each.name}' must have v_threshold > v_reset in hardware, not"
            f" {threshold[worst]:g} above it."
        )
    return np.asarray(threshold, np.float64)


def _rows(
    direct: Taps,
    own: Taps | None,
    shape: ConvSpec | None,
    numbers: Mapping[str, Floats | None],
) -> Rows | None:
    """The kernel of a population; None where it has none, or where neurons of a channel differ."""
    if shape is None or own is not None or direct.delays not in ((), (0,)):
        return None
    rows = kernel_rows(direct.at(0), shape)
    arrays = [each for each in numbers.values() if each is not None]
    if rows is None or any(_of_rows(each, rows.connections) is None for each in arrays):
        return None
    return rows


def _check_numbers(each: FloatPopulation, arrays: Mapping[str, Floats | None]) -> None:
    """InterchangeError for numbers so large that their sums may not be finite."""
    for what, array in arrays.items():
        if array is not None and not (np.abs(array) <= MAX_NUMBER).all():
            raise InterchangeError(
                f"node '{each.name}' ({each.node_type}) must have {what} of at most"
                f" {MAX_NUMBER:g}, times the gain of its neurons, in hardware; look for what is so"
                " large in the network before the export."
            )


def _refuse_reset(each: FloatPopulation) -> NoReturn:
    """The error for a reset that neurons behind synapses with time constants can't have."""
    raise InterchangeError(
        f"node '{each.name}' must have the reset 'zero' or 'subtract', at the spike, in hardware,"
        " for its synapses have time constants; not"
        f" {'none' if each.reset == 'none' else 'one in the step after'}."
    )


def _taps(graph: FloatGraph, source: str, target: str) -> Taps | None:
    """The sum of all connections from one population to another; None without one."""
    parts = [each.taps for each in graph.into(target) if each.source == source]
    return sum(parts[1:], parts[0]) if parts else None


def _one_delay(taps: Taps, source: str, target: str) -> tuple[Floats, Floats | None]:
    """Weights and delays (targets, sources); None for no delays. InterchangeError for several."""
    several = taps.twofold()
    if several is not None:
        raise InterchangeError(
            f"the synapse from neuron {several[1]} of '{source}' to neuron {several[0]} of"
            f" '{target}' must have one delay in hardware, not several."
        )
    undelayed = taps.delays in ((), (0,))
    return taps.weights(), None if undelayed else taps.steps().astype(np.float64)


def from_layers(layers: Sequence[FloatLayer], *, dt_ms: float) -> FloatGraph:
    """The graph of layers in a row: `input`, a population for each layer by its name, `output`.

    Parameters
    ----------
    dt_ms : length of a tick.

    Raises InterchangeError for a layer that NIR has no neuron for, by name.
    """
    if not layers:
        raise InterchangeError("layers must be one or more, not none.")
    for layer in layers:
        if layer.connections is not None or not layer.fires:
            raise InterchangeError(
                f"layer '{layer.name}' must be dense and fire to be written; write the graph that"
                " it comes from (to_nir)."
            )
    step = dt_ms / 1e3
    names = {layer.name for layer in layers}
    first, last = (
        ("input", "output")
        if not names & {"input", "output"}
        else ("network_input", "network_output")
    )
    populations = {first: FloatPopulation(first, "input", (layers[0].inputs,))}
    connections: list[Connection] = []
    before = first
    for layer in layers:
        name = layer.name
        if layer.inputs != populations[before].size:
            raise InterchangeError(
                f"layer '{name}' must have as many inputs as '{before}' has neurons"
                f" ({populations[before].size}), not {layer.inputs}."
            )
        if not layer.weight.any():
            raise InterchangeError(
                f"layer '{name}' must have a weight that is not 0, or nothing comes into it; it has"
                " none."
            )
        populations[name] = _neurons(layer, step)
        delay = np.zeros(layer.weight.shape) if layer.delay is None else np.rint(layer.delay)
        if layer.tau is None:
            connections.append(Connection(before, name, Taps.synapses(layer.weight, delay)))
        else:
            for number, (values, serves) in enumerate(lanes_of(layer.weight, layer.tau, dt_ms)):
                lane = f"{name}.tau{number}"
                populations[lane] = FloatPopulation(lane, "li", (layer.inputs,), values)
                connections.append(Connection(before, lane, Taps.identity(layer.inputs)))
                connections.append(
                    Connection(
                        lane, name, Taps.synapses(np.where(serves, layer.weight, 0.0), delay)
                    )
                )
        if layer.recurrent is not None:
            late = (
                np.zeros(layer.recurrent.shape)
                if layer.recurrent_delay is None
                else np.rint(layer.recurrent_delay)
            )
            connections.append(Connection(name, name, Taps.synapses(layer.recurrent, late)))
        if layer.bias is not None:
            connections.append(Connection(None, name, Taps.constant(layer.bias)))
        before = name
    populations[last] = FloatPopulation(last, "output", (layers[-1].neurons,))
    connections.append(Connection(before, last, Taps.identity(layers[-1].neurons)))
    return FloatGraph(populations, tuple(each for each in connections if len(each.taps)), dt_ms)


def _neurons(layer: FloatLayer, step: float) -> FloatPopulation:
    """The neurons of a layer, with a gain of 1 for their inputs."""
    leak, none = layer.per_neuron("leak"), np.zeros(layer.neurons)
    values: dict[str, Floats] = {
        "v_threshold": layer.per_neuron("threshold").copy(),
        "v_reset": none.copy(),
    }
    others: dict[str, Any] = {
        "reset": layer.reset,
        "reset_delay": layer.reset_delay,
        "refractory": layer.refractory,
        "strict": layer.strict,
    }
    endless = leak == 1
    if layer.synaptic_leak is None and endless.all():
        return FloatPopulation(
            layer.name,
            "if",
            (layer.neurons,),
            {"r": np.full(layer.neurons, 1.0 / step), **values},
            **others,
        )
    synaptic = layer.per_neuron("synaptic_leak") if layer.synaptic_leak is not None else none
    for what, share in (("leak", leak), ("synaptic_leak", synaptic)):
        if (share == 1).any():
            raise InterchangeError(
                f"layer '{layer.name}' must have a {what} < 1 for NIR, not 1 (neuron"
                f" {int(np.argmax(share == 1))}): only a layer whose neurons all have no leak, and"
                " no synaptic current, is an IF."
            )
    tau = step / (1.0 - leak)
    values |= {"v_leak": none.copy(), "r": tau / step}
    if layer.synaptic_leak is None:
        return FloatPopulation(
            layer.name, "lif", (layer.neurons,), {"tau": tau, **values}, **others
        )
    tau_syn = step / (1.0 - synaptic)
    return FloatPopulation(
        layer.name,
        "cubalif",
        (layer.neurons,),
        {"tau_mem": tau, "tau_syn": tau_syn, "w_in": tau_syn / step, **values},
        **others,
    )
