"""A dense layer of plastic synapses in NumPy, bit for bit what the hardware computes.

Step n, for the spikes x of the inputs; y[n] are the spikes of the neurons:

1. After a step with `clear_trial` every field but the weights takes its initial value; after one
   with `clear_traces` the fields of locality ``pre`` and ``post`` alone.
2. The synapses learn from x[n] and y[n-2]: a spike of a neuron takes two steps to reach them. Where
   one of the two steps before ended a trial, they learn from no spike of a neuron.
3. With a critic, the modulator counts less what outcomes have been (`sc_model.arithmetic.critic`).
4. Each neuron's current is the sum of its weights, as they were before this step, over the inputs
  that spike.
5. The rule takes all synapses a step further. Fields of locality ``pre`` are held once an input, of
  ``post`` once a neuron.
6. The neurons take up the current (`sc_model.arithmetic.integrate_and_fire`), each with the next
  number of the noise.
7. Those that are ready fire; with winner-take-all the one of the highest score alone, the lowest
  number first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic import critic_unit, neuron_unit
from sc_model.arithmetic.noise import SEED, WIDTH
from sc_model.golden.arrays import integers, saturated_array
from sc_model.golden.plastic.noise import NoiseTable
from sc_model.graph import INTS, Graph, NumpyOps, Op, evaluate, trace, trace_function
from sc_model.graph.algebra import array_dtype
from sc_model.graph.nodes import Builder, prune
from sc_model.graph.plastic import layer_rule
from sc_model.spec import IntFormat, NeuronSpec, PlasticLayerSpec, Rule, RuleParams

Checkpoint = dict[str, dict[str, NDArray[Any]]]
BIT = IntFormat(1)


def _unclamped(graph: Graph, names: Iterable[str]) -> Graph:
    """For each of these outputs that comes out of a clamp, what goes into it."""
    nodes = {name: graph.nodes[graph.outputs[name]] for name in names}
    operands = {name: node.args[0] for name, node in nodes.items() if node.op is Op.CLAMP}
    return prune(Builder(list(graph.nodes)), graph.variables, operands, {})


@dataclass(frozen=True)
class Stimulus:
    """T steps of a layer: `spikes` (T, inputs), modulators and flags (T,) by name."""

    spikes: NDArray[np.bool_]
    modulators: Mapping[str, NDArray[np.int64]]
    flags: Mapping[str, NDArray[np.bool_]]


class PlasticLayer:
    """Inputs, synapses and neurons of one layer.

    Arithmetic is 64-bit integer where the traced graphs prove that every intermediate fits, and
    Python integers (exact, slow) where they do not.

    Parameters
    ----------
    rule, params : learning rule and its parameters.
    layer, neuron : the layer's size and options.
    initial : weights, a scalar or shape (inputs, neurons), saturated into their format.

    Members
    -------
    state : everything that goes from step to step, by space and name: ``synapse`` (inputs,
        neurons), ``pre`` (inputs,), ``post`` and ``neuron`` (neurons,), ``control`` (scalars).
    updates : synapse updates so far.
    saturations : for each field of a synapse that the rule clamps last, how often that changed it.
        Counted with ``counters`` alone, from the last `load` on.

    Raises ConfigError for a rule that can't run in a layer.
    """

    def __init__(
        self,
        rule: Rule,
        params: RuleParams,
        layer: PlasticLayerSpec,
        neuron: NeuronSpec,
        initial: ArrayLike | None = None,
    ) -> None:
        self.rule, self.params, self.layer, self.neuron = rule, params, layer, neuron
        self.names = names = layer_rule(rule, params, critic=layer.critic_shift > 0)
        fields, self._inputs = rule.state_formats(params), rule.input_formats(params)
        weight = fields[names.weight]
        self._offset = 1 << (weight.width - 1) if layer.signed_weights else 0
        self._unit = neuron_unit(neuron, layer.current_format(weight), counters=layer.counters)
        self._critic = (
            critic_unit(self._inputs[names.modulators[0]], layer.critic_shift)
            if layer.critic_shift
            else None
        )
        self._noise = NoiseTable(neuron.noise_bits, layer.neurons) if neuron.noise_bits else None
        control = dict.fromkeys(("cleared_trial", "cleared_traces", "cleared_trial_before"), BIT)
        if self._noise is not None:
            control["lfsr"] = IntFormat(WIDTH)
        if self._critic is not None:
            control["mean"] = self._critic.outputs["mean"]
        neurons = {name: self._unit.inputs[name] for name in self._unit.state}
        self._formats = {
            "synapse": {name: fields[name] for name in names.synapse},
            "pre": {name: fields[name] for name in names.pre},
            "post": {name: fields[name] for name in names.post},
            "neuron": {**neurons, "fired": BIT, "fired_before": BIT},
            "control": control,
        }
        self._shapes: dict[str, tuple[int, ...]] = {
            "synapse": (layer.inputs, layer.neurons),
            "pre": (layer.inputs,),
            "post": (layer.neurons,),
            "neuron": (layer.neurons,),
            "control": (),
        }
        firing = array_dtype(
            trace_function(self._unit.name, self._unit.inputs, self._unit.outputs, self._unit.apply)
        )
        wide = any(form.width + (not form.signed) > 64 for form in control.values())
        graph = trace(rule, params)
        self._dtypes = {
            **dict.fromkeys(("synapse", "pre", "post"), array_dtype(graph)),
            "neuron": firing,
            "control": np.dtype(object if wide else np.int64),
        }
        self._unclamped = _unclamped(graph, names.synapse)
        self.state: Checkpoint = {}
        self.updates = 0
        self.saturations: dict[str, int] = {}
        self.load(rule.initial_state()[names.weight] if initial is None else initial)

    # --- state ------------------------------------------------------------------------------------

    def load(self, weights: ArrayLike) -> None:
        """Write the weights, a scalar or shape (inputs, neurons), and put all else to its state
        after reset.
        """
        fields: dict[str, ArrayLike] = {**self.rule.initial_state(), self.names.weight: weights}
        others: dict[str, dict[str, ArrayLike]] = {
            "neuron": {**self._unit.state},
            "control": {"lfsr": SEED},
        }
        state: Checkpoint = {}
        for space, forms in self._formats.items():
            first, shape, dtype = (
                others.get(space, fields),
                self._shapes[space],
                self._dtypes[space],
            )
            state[space] = {
                name: saturated_array(name, first.get(name, 0), shape, form, dtype)
                for name, form in forms.items()
            }
        self.state = state
        self.updates = 0
        self.saturations = dict.fromkeys(self._unclamped.outputs, 0)

    def checkpoint(self) -> Checkpoint:
        """A copy of the state; counts of updates and saturations are not part of it."""
        return {
            space: {name: array.copy() for name, array in arrays.items()}
            for space, arrays in self.state.items()
        }

    def restore(self, checkpoint: Mapping[str, Mapping[str, ArrayLike]]) -> None:
        """Go on from a checkpoint as if nothing had come between.

        Raises TypeError for spaces or names that are not those of `checkpoint`, ValueError for
        shapes and values that do not fit: nothing is saturated, and the state is then left as it
        was.
        """
        spaces = {f"{space}.{name}" for space, forms in self._formats.items() for name in forms}
        given = {f"{space}.{name}" for space, arrays in checkpoint.items() for name in arrays}
        if spaces != given:
            raise TypeError(
                f"a checkpoint of this layer holds {sorted(spaces)}, not {sorted(given)}"
            )
        self.state = {
            space: {
                name: self._exactly(space, name, form, checkpoint[space][name])
                for name, form in forms.items()
            }
            for space, forms in self._formats.items()
        }

    def _exactly(self, space: str, name: str, form: IntFormat, values: ArrayLike) -> NDArray[Any]:
        array = integers(f"{space}.{name}", values, self._shapes[space])
        lo = 1 if name == "lfsr" else form.lo
        wrong = array[(array < lo) | (array > form.hi)]
        if wrong.size:
            raise ValueError(
                f"{space}.{name} must be in [{lo}, {form.hi}], not {int(wrong.flat[0])}"
            )
        return array.astype(self._dtypes[space])

    def _control(self, name: str) -> int:
        return int(self.state["control"][name])

    # --- one step ---------------------------------------------------------------------------------

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
        """Advance by one step and return the spikes of the neurons, shape (neurons,).

        Parameters
        ----------
        spikes : 0 or 1 for every input, shape (inputs,).
        modulators : the rule's other inputs, saturated into their formats.
        outcome : the modulator is a reward that the critic judges.
        decide : with winner-take-all, somebody has to fire.
        clear_trial, clear_traces : what the next step begins with.
        """
        if outcome and self._critic is None:
            raise ValueError("outcome needs a critic: set PlasticLayerSpec.critic_shift")
        if decide and not self.neuron.winner_take_all:
            raise ValueError("decide needs NeuronSpec.winner_take_all")
        given = {} if modulators is None else modulators
        if sorted(given) != sorted(self.names.modulators):
            raise TypeError(
                f"a step of this layer takes the modulators {sorted(self.names.modulators)}, not"
                f" {sorted(given)}"
            )
        dtype = self._dtypes["synapse"]
        x = saturated_array(self.names.pre_spike, spikes, (self.layer.inputs,), BIT, dtype)
        shared = {
            name: saturated_array(name, value, (), self._inputs[name], dtype).reshape(1, 1)
            for name, value in given.items()
        }
        self._clear()
        if self._critic is not None:
            self._judge(shared, bool(outcome))
        current = self._current(x)
        self._learn(x, shared)
        y = self._fire(current, bool(decide))
        control = self.state["control"]
        control["cleared_trial_before"] = control["cleared_trial"]
        control["cleared_trial"] = np.array(int(bool(clear_trial)), self._dtypes["control"])
        control["cleared_traces"] = np.array(int(bool(clear_traces)), self._dtypes["control"])
        return y

    def checked(
        self,
        spikes: ArrayLike,
        modulators: Mapping[str, ArrayLike] | None = None,
        *,
        outcome: ArrayLike = False,
        decide: ArrayLike = False,
        clear_trial: ArrayLike = False,
        clear_traces: ArrayLike = False,
    ) -> Stimulus:
        """What `step` takes, for T steps: spikes of shape (T, inputs), everything else a scalar or
        of shape (T,).

        Raises TypeError for what is no integer and for modulators that are missing or unknown,
        ValueError for other shapes and for flags that this layer has no use for.
        """
        x = np.asarray(spikes)
        if x.ndim != 2 or x.shape[1] != self.layer.inputs:
            raise ValueError(
                f"{self.names.pre_spike} must have shape (steps, {self.layer.inputs}), not"
                f" {x.shape}"
            )
        steps, given = len(x), {} if modulators is None else modulators
        if sorted(given) != sorted(self.names.modulators):
            raise TypeError(
                f"a step of this layer takes the modulators {sorted(self.names.modulators)}, not"
                f" {sorted(given)}"
            )
        raised = {
            "outcome": outcome,
            "decide": decide,
            "clear_trial": clear_trial,
            "clear_traces": clear_traces,
        }
        flags = {name: integers(name, value, (steps,)) != 0 for name, value in raised.items()}
        if flags["outcome"].any() and self._critic is None:
            raise ValueError("outcome needs a critic: set PlasticLayerSpec.critic_shift")
        if flags["decide"].any() and not self.neuron.winner_take_all:
            raise ValueError("decide needs NeuronSpec.winner_take_all")
        if x.dtype not in (np.bool_, np.uint8):
            x = saturated_array(self.names.pre_spike, x, x.shape, BIT, np.dtype(np.int64))
        whole = {
            n: saturated_array(n, given[n], (steps,), self._inputs[n], np.dtype(np.int64))
            for n in self.names.modulators
        }
        return Stimulus(np.ascontiguousarray(x != 0), whole, flags)

    def _clear(self) -> None:
        cleared_trial = self._control("cleared_trial")
        if not cleared_trial and not self._control("cleared_traces"):
            return
        for field in self.rule.state:
            space = str(field.locality)
            if field.name != self.names.weight and (cleared_trial or space != "synapse"):
                self.state[space][field.name] = np.full(
                    self._shapes[space], field.initial, self._dtypes[space]
                )

    def _judge(self, shared: dict[str, NDArray[Any]], outcome: bool) -> None:
        """The critic's modulator in place of the reward."""
        if self._critic is None:
            return
        (reward,) = self.names.modulators
        values = {
            "mean": self._control("mean"),
            "reward": int(shared[reward][0, 0]),
            "outcome": int(outcome),
        }
        result = self._critic.apply(INTS, values)
        self.state["control"]["mean"] = np.array(result["mean"], self._dtypes["control"])
        shared[reward] = np.array([[result["modulator"]]], self._dtypes["synapse"])

    def _current(self, x: NDArray[Any]) -> NDArray[Any]:
        """Sum of the effective weights of the inputs that spike."""
        weights = self.state["synapse"][self.names.weight][x != 0]
        summed: NDArray[Any] = weights.astype(self._dtypes["neuron"], copy=False).sum(axis=0)
        return summed - len(weights) * self._offset

    def _learn(self, x: NDArray[Any], shared: Mapping[str, NDArray[Any]]) -> None:
        """The rule for all synapses: fields and spikes of an input stand in a column, those of a
        neuron in a row.
        """
        shape, dtype, names = self._shapes["synapse"], self._dtypes["synapse"], self.names
        learnt = self.state["neuron"]["fired_before"].astype(dtype)
        if self._control("cleared_trial") or self._control("cleared_trial_before"):
            learnt = np.zeros_like(learnt)
        state = {
            **self.state["synapse"],
            **{name: array[:, None] for name, array in self.state["pre"].items()},
            **{name: array[None, :] for name, array in self.state["post"].items()},
        }
        inputs = {names.pre_spike: x[:, None], names.post_spike: learnt[None, :], **shared}
        new = self.rule.apply(NumpyOps(dtype), state, inputs, self.params)
        full = {
            name: np.broadcast_to(np.asarray(value, dtype), shape) for name, value in new.items()
        }
        self.state["synapse"] = {name: full[name] for name in names.synapse}
        self.state["pre"] = {name: full[name][:, 0] for name in names.pre}
        self.state["post"] = {name: full[name][0] for name in names.post}
        if self.layer.counters:
            self.updates += self.layer.inputs * self.layer.neurons
            for name, value in evaluate(self._unclamped, NumpyOps(dtype), state | inputs).items():
                self.saturations[name] += int(np.count_nonzero(full[name] != value))

    def _fire(self, current: NDArray[Any], decide: bool) -> NDArray[np.bool_]:
        """The neurons' step: new state, and who fires."""
        dtype, neurons = self._dtypes["neuron"], self.state["neuron"]
        fired = neurons["fired"]
        values = {
            **neurons,
            "cleared": np.array(self._control("cleared_trial"), dtype),
            "current": current,
        }
        values["others"] = (fired.sum() - fired > 0).astype(dtype)
        values["decide"] = np.array(int(decide), dtype)
        if self._noise is not None:
            noise, after = self._noise.numbers(self._control("lfsr"))
            values["noise"] = noise.astype(dtype)
            self.state["control"]["lfsr"] = np.array(after, self._dtypes["control"])
        result = {
            name: np.broadcast_to(np.asarray(value, dtype), self._shapes["neuron"])
            for name, value in self._unit.apply(NumpyOps(dtype), values).items()
        }
        ready: NDArray[np.bool_] = result["ready"] != 0
        if self.neuron.winner_take_all and ready.any():
            best = result["score"] == result["score"][ready].max()
            winner = int(np.argmax(best & ready))
            ready = np.arange(self.layer.neurons) == winner
        self.state["neuron"] = {name: result[name] for name in self._unit.state} | {
            "fired": ready.astype(dtype),
            "fired_before": fired,
        }
        return ready
