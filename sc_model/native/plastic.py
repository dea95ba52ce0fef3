"""A compiled plastic layer in closed loop: synapses, neurons, critic and noise in one function."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic import Unit
from sc_model.arithmetic.noise import TAPS, WIDTH
from sc_model.golden.plastic.layer import Checkpoint, PlasticLayer
from sc_model.graph import Graph, trace_function
from sc_model.native.build import address, narrowest_fit, pointers
from sc_model.native.compiler import NativeError, compiled
from sc_model.native.lowering import KernelBuilder, Loop
from sc_model.native.open_loop import PAD, LayerKernel
from sc_model.native.scalar import scalar_lines
from sc_model.spec import NeuronSpec, PlasticLayerSpec, Rule, RuleParams

_CONTROL = (
    "cleared_trial",
    "cleared_traces",
    "cleared_trial_before",
    "lfsr",
    "mean",
    "before",
    "value",
)
_FLAGS = ("outcome", "decide", "clear_trial", "clear_traces")

_SOURCE = """
enum {{ CLEARED_TRIAL, CLEARED_TRACES, CLEARED_TRIAL_BEFORE, LFSR, MEAN, BEFORE, VALUE }};

// `count` steps from the spikes x[t][inputs] to the spikes y[t][neurons]. From `row` on, the
// arguments but `row_stride` are working memory.
extern "C" void run(int64_t count, int64_t inputs, int64_t neurons, int64_t width,
                    const uint8_t *x, const int64_t *shared, const uint8_t *flags, uint8_t *y,
                    E *const *fields, int64_t *const *pre, int64_t *const *post,
                    int64_t *const *neuron, int64_t *control, E *row, int64_t row_stride,
                    E *column, E *step, {sum} *sums, uint8_t *post_spikes,
                    const int64_t *constants) {{
  {constants}
  int64_t *fired = neuron[{states}], *fired_before = neuron[{states} + 1];
  for (int64_t t = 0; t < count; t++, x += inputs, shared += {shared}, flags++, y += neurons) {{
    const bool trial = control[CLEARED_TRIAL], traces = trial || control[CLEARED_TRACES];
    if (trial) {{ {clear_synapses} }}
    if (traces) {{ {clear_traces} }}
    int64_t now[{shared} + 1];
    for (int m = 0; m < {shared}; m++) now[m] = shared[m];
    {critic}

    // sums of the weights of the inputs that spike, before the weights change
    memset(sums, 0, width * sizeof *sums);
    int64_t spiking = 0;
    for (int64_t i = 0; i < inputs; i++) if (x[i]) {{
      const E *__restrict weight = fields[{weight}] + i * width;
      for (int64_t j = 0; j < width; j++) sums[j] += weight[j];
      spiking++;
    }}

    // a spike of the trial that ended must not teach the next one
    const bool ignored = trial || control[CLEARED_TRIAL_BEFORE];
    for (int64_t j = 0; j < neurons; j++) post_spikes[j] = !ignored && fired_before[j];
    {decided}
    rows(1, inputs, row_stride, x, now, pre, row, constants);
    columns(1, neurons, width, post_spikes, now, post, column, constants);
    steps(1, now, step, constants);
    synapses(1, 0, inputs, width, row, row_stride, column, width, step, fields, constants);

    int64_t total = 0, winner = -1, best = 0;
    for (int64_t j = 0; j < neurons; j++) total += fired[j];
    uint64_t lfsr = control[LFSR];
    for (int64_t j = 0; j < neurons; j++) {{
      const int64_t current = sums[j] + spiking * {offset}LL;
      {noise}
      {body}
      const bool ready = n{ready}{decides};
      if (ready && (winner < 0 || n{score} > best)) {{ winner = j; best = n{score}; }}
      {written}
      fired_before[j] = fired[j];
      fired[j] = ready;
    }}
    {value}
    if ({competes}) for (int64_t j = 0; j < neurons; j++) fired[j] = j == winner;
    for (int64_t j = 0; j < neurons; j++) y[j] = fired[j];
    control[LFSR] = lfsr;
    control[CLEARED_TRIAL_BEFORE] = control[CLEARED_TRIAL];
    control[CLEARED_TRIAL] = *flags >> 2 & 1;
    control[CLEARED_TRACES] = *flags >> 3 & 1;
  }}
}}
"""


def _unit_graph(unit: Unit) -> Graph:
    """The graph of a unit; NativeError where a value of it does not fit 64 bits."""
    graph = trace_function(unit.name, unit.inputs, unit.outputs, unit.apply, nodes=KernelBuilder)
    if graph.max_width > 64:
        raise NativeError(
            f"native kernels need every value to fit 64 bits; the unit '{unit.name}' has one of"
            f" {graph.max_width}: use sc_model.golden.PlasticLayer, or narrow its formats."
        )
    return graph


class NativeLayer(PlasticLayer):
    """A :class:`~sc_model.golden.PlasticLayer` whose steps are compiled, bit for bit equal.

    Parameters
    ----------
    rule, params, layer, neuron, initial : as in `PlasticLayer`.
    flags : options of the compiler beside those of every kernel.

    Raises
    ------
    ConfigError
        the rule can't run in a layer.
    NativeError
        the layer has counters, there is no kernel for the rule, or no compiler.
    """

    def __init__(
        self,
        rule: Rule,
        params: RuleParams,
        layer: PlasticLayerSpec,
        neuron: NeuronSpec,
        initial: ArrayLike | None = None,
        *,
        flags: tuple[str, ...] = ("-march=native",),
    ) -> None:
        if layer.counters:
            raise NativeError(
                "a native layer does not count saturations: set PlasticLayerSpec.counters = false,"
                " or use golden.PlasticLayer."
            )
        self.kernel = narrowest_fit(rule, 16, lambda bits: LayerKernel(rule, params, bits))
        self._element = np.dtype(f"int{self.kernel.bits}")
        self.width = -(-layer.neurons // PAD) * PAD
        self._row_stride = -(-layer.inputs // PAD) * PAD
        self._arrays: dict[str, dict[str, NDArray[Any]]] = {}
        super().__init__(rule, params, layer, neuron, initial)
        # sums of 16-bit weights over the 2^14 inputs of the largest layer fit 32 bits
        counts, wide = self.kernel.counts, self.kernel.bits > 16
        self._run = compiled(
            self.kernel.source + self._text("int64_t" if wide else "int32_t"), flags=flags
        ).run
        self._room = (
            np.empty(max(1, counts[Loop.ROW]) * self._row_stride, self._element),
            np.zeros(max(1, counts[Loop.COLUMN]) * self.width, self._element),
            np.empty(max(1, counts[Loop.STEP]), self._element),
            np.empty(self.width, np.int64 if wide else np.int32),
            np.empty(layer.neurons, np.uint8),
        )

    def _text(self, sum_type: str) -> str:
        """The closed loop around the rule's kernel."""
        names, unit = self.names, self._unit
        graph = _unit_graph(unit)
        self._constants = self.kernel.constants  # those of neurons and critic stand behind them
        variables = {name: f"neuron[{number}][j]" for number, name in enumerate(unit.state)}
        variables |= {
            "fired": "fired[j]",
            "cleared": "trial",
            "current": "current",
            "others": "total - fired[j] > 0",
        }
        variables |= {"noise": "noise", "decide": "*flags >> 1 & 1"}
        initial = self.rule.initial_state()
        cleared = [name for name in names.synapse if name != names.weight]
        critic = self._critic_text()
        predicts = self.layer.value_neuron
        offset = self.kernel.biases[names.weight] - self._offset
        body = scalar_lines(graph, graph.outputs.values(), variables, constants=self._constants)
        return _SOURCE.format(
            sum=sum_type,
            constants=self._constants.declarations,
            shared=len(names.modulators),
            states=len(unit.state),
            weight=names.synapse.index(names.weight),
            offset=offset,
            clear_synapses=" ".join(
                "for (int64_t s = 0; s < inputs * width; s++)"
                f" fields[{names.synapse.index(name)}][s] ="
                f" (E){initial[name] - self.kernel.biases[name]}LL;"
                for name in cleared
            ),
            clear_traces=" ".join(
                f"for (int64_t s = 0; s < {size}; s++) {space}[{number}][s] = {initial[name]}LL;"
                for space, size, own in (
                    ("pre", "inputs", names.pre),
                    ("post", "neurons", names.post),
                )
                for number, name in enumerate(own)
            ),
            critic=critic,
            noise=self._noise_text(),
            body="\n      ".join(body),
            ready=graph.outputs["ready"],
            score=graph.outputs["score"],
            written=" ".join(
                f"neuron[{number}][j] = n{graph.outputs[name]};"
                for number, name in enumerate(unit.state)
            ),
            competes=int(self.neuron.winner_take_all),
            # the neuron that predicts never fires; its synapses learn with whoever has
            decides="" if predicts is None else f" && j != {predicts}",
            decided=""
            if predicts is None
            else "for (int64_t j = 0; j < neurons; j++)"
            f" post_spikes[{predicts}] |= post_spikes[j];",
            value=""
            if predicts is None
            else f"control[VALUE] = sums[{predicts}] + spiking * {offset}LL;",
        )

    def _critic_text(self) -> str:
        if self._critic is None:
            return ""
        graph = _unit_graph(self._critic)
        places = {name: f"control[{name.upper()}]" for name in ("mean", "before", "value")}
        variables = places | {"reward": "now[0]", "outcome": "*flags & 1"}
        lines = scalar_lines(graph, graph.outputs.values(), variables, "c", self._constants)
        stores = [f"{places[name]} = c{graph.outputs[name]};" for name in self._critic.state]
        if self.layer.value_neuron is not None:
            stores.append("if (*flags & 1) control[BEFORE] = control[VALUE];")
        return "\n    ".join([*lines, f"now[0] = c{graph.outputs['modulator']};", *stores])

    def _noise_text(self) -> str:
        bits = self.neuron.noise_bits
        if not bits:
            return ""
        fresh = " ^ ".join(f"lfsr >> {tap}" for tap in TAPS)
        move = (
            f"for (int b = 0; b < {bits}; b++) lfsr = (lfsr << 1 | (({fresh}) & 1)) &"
            f" {(1 << WIDTH) - 1}ULL;"
        )
        return f"{move}\n      const int64_t noise = (int64_t)(lfsr << {64 - bits}) >> {64 - bits};"

    # --- state ------------------------------------------------------------------------------------

    @property
    def state(self) -> Checkpoint:  # type: ignore[override]  # held as the kernel wants it
        """As in the golden layer, all int64; a copy."""
        result: Checkpoint = {}
        for space, forms in self._formats.items():
            result[space] = {}
            for name in forms:
                array = self._arrays[space][name]
                if space == "synapse":
                    array = (
                        array[:, : self.layer.neurons].astype(np.int64) + self.kernel.biases[name]
                    )
                result[space][name] = array.reshape(self._shapes[space]).copy()
        return result

    @state.setter
    def state(self, values: Checkpoint) -> None:
        arrays: dict[str, dict[str, NDArray[Any]]] = {}
        for space, own in values.items():
            arrays[space] = {}
            for name, array in own.items():
                if space == "synapse":
                    row = np.zeros((self.layer.inputs, self.width), self._element)
                    row[:, : self.layer.neurons] = array - self.kernel.biases[name]
                    arrays[space][name] = row
                else:
                    arrays[space][name] = np.array(array, np.int64).reshape(
                        self._shapes[space] or (1,)
                    )
        self._arrays = arrays

    # --- steps ------------------------------------------------------------------------------------

    def step(
        self,
        spikes: ArrayLike,
        modulators: Mapping[str, int] | None = None,
        *,
        outcome: bool = False,
        decide: bool = False,
        clear_trial: bool = False,
        clear_traces: bool = False,
    ) -> NDArray[np.bool_]:
        """Advance by one step; see :meth:`sc_model.golden.PlasticLayer.step`."""
        row = np.asarray(spikes)
        if row.ndim == 0:  # the same for all inputs
            row = np.broadcast_to(row, (self.layer.inputs,))
        flags = {
            "outcome": outcome,
            "decide": decide,
            "clear_trial": clear_trial,
            "clear_traces": clear_traces,
        }
        (fired,) = self.run(row[None], modulators, **flags)
        return np.asarray(fired, np.bool_)

    def run(
        self,
        spikes: ArrayLike,
        modulators: Mapping[str, ArrayLike] | None = None,
        *,
        outcome: ArrayLike = False,
        decide: ArrayLike = False,
        clear_trial: ArrayLike = False,
        clear_traces: ArrayLike = False,
    ) -> NDArray[np.bool_]:
        """Advance by T steps and return the spikes of the neurons, shape (T, neurons).

        The arguments are those of `step` for T steps: `spikes` has shape (T, inputs), everything
        else is a scalar or has shape (T,).
        """
        stimulus = self.checked(
            spikes,
            modulators,
            outcome=outcome,
            decide=decide,
            clear_trial=clear_trial,
            clear_traces=clear_traces,
        )
        x, count = stimulus.spikes, len(stimulus.spikes)
        flags = np.zeros(count, np.uint8)
        for place, name in enumerate(_FLAGS):
            flags |= (stimulus.flags[name] << place).astype(np.uint8)
        shared = np.zeros((count, len(stimulus.modulators)), np.int64)
        for number, values in enumerate(stimulus.modulators.values()):
            shared[:, number] = values
        y = np.empty((count, self.layer.neurons), np.uint8)
        c, arrays = ctypes.c_int64, self._arrays
        neuron = [arrays["neuron"][name] for name in (*self._unit.state, "fired", "fired_before")]
        control = np.array(
            [arrays["control"][name][0] if name in arrays["control"] else 0 for name in _CONTROL],
            np.int64,
        )
        constants = self._constants.array()
        row, column, step, sums, post_spikes = (address(array) for array in self._room)
        self._run(
            *(c(n) for n in (count, self.layer.inputs, self.layer.neurons, self.width)),
            *(address(array) for array in (x, shared, flags, y)),
            pointers([arrays["synapse"][name] for name in self.names.synapse]),
            pointers([arrays["pre"][name] for name in self.names.pre]),
            pointers([arrays["post"][name] for name in self.names.post]),
            pointers(neuron),
            address(control),
            row,
            c(self._row_stride),
            column,
            step,
            sums,
            post_spikes,
            address(constants),
        )
        for name, value in zip(_CONTROL, control, strict=True):
            if name in arrays["control"]:
                arrays["control"][name][0] = value
        return y.view(np.bool_)
