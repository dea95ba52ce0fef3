"""A layer of plastic synapses and its neurons in NumPy, bit for bit equal to the hardware.

Step n, with x[n] the spikes of the inputs and y[n] those of the neurons:

1. If step n-1 had `clear_trial`, every field but the weights takes its initial value; if it had
   `clear_traces`, the fields of locality ``pre`` and ``post`` do.
2. With a critic, an outcome's reward is replaced by its advantage over what was expected: the
   running mean of outcomes, or the prediction of the last neuron (`sc_model.arithmetic.critic`).
3. Each neuron's current is the sum of its weights, as they were before this step, over the inputs
   that spike.
4. The rule updates all synapses with x[n] and y[n-2]: a neuron's spike takes two steps to reach
   them. If step n-1 or n-2 ended a trial, no neuron's spike reaches them. Fields of locality
   ``pre`` are stored once an input, those of ``post`` once a neuron. The synapses of a neuron that
   predicts get a spike where any neuron has fired.
5. The neurons integrate the current (`sc_model.arithmetic.integrate_and_fire`), each with the next
   number of the noise.
6. The neurons that are ready fire; with winner-take-all only the one with the highest score, and
   among equals the one with the lowest number. A neuron that predicts never fires: its current is
   the value that the critic compares with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic import layer_critic, neuron_unit
from sc_model.arithmetic.noise import SEED, WIDTH
from sc_model.golden.arrays import integers, saturated_array
from sc_model.golden.plastic.noise import NoiseTable
from sc_model.golden.registers import Registers, WithRegisters
from sc_model.graph import INTS, Graph, NumpyOps, Op, evaluate, trace, trace_function
from sc_model.graph.algebra import array_dtype
from sc_model.graph.nodes import Builder, prune
from sc_model.graph.plastic import layer_rule
from sc_model.spec import IntFormat, NeuronSpec, PlasticLayerSpec, Rule, RuleParams

Checkpoint = dict[str, dict[str, NDArray[Any]]]
BIT = IntFormat(1)
NO_CRITIC = "outcome needs a critic: set the layer's critic_shift or discount_shift"


def _unclamped(graph: Graph, names: Iterable[str]) -> Graph:
    """A graph whose outputs are the operands of the clamps that some outputs come out of."""
    nodes = {name: graph.nodes[graph.outputs[name]] for name in names}
    operands = {name: node.args[0] for name, node in nodes.items() if node.op is Op.CLAMP}
    return prune(Builder(list(graph.nodes)), graph.variables, operands, {})


@dataclass(frozen=True)
class Stimulus:
    """Inputs of T steps of a layer.

    Members
    -------
    spikes : shape (T, inputs).
    modulators, flags : arrays of shape (T,) by name.
    """

    spikes: NDArray[np.bool_]
    modulators: Mapping[str, NDArray[np.int64]]
    flags: Mapping[str, NDArray[np.bool_]]


class PlasticLayer(WithRegisters):
    """Inputs, synapses and neurons of one layer.

    Arithmetic is in 64-bit integers where the traced graphs prove that every intermediate fits, and
    in Python integers (exact, slow) where they do not.

    Parameters
    ----------
    rule, params : learning rule and its parameters.
    layer, neuron : the layer's size and options.
    initial : weights, a scalar or shape (inputs, neurons), saturated into their format.

    Members
    -------
    state : the complete state by space and name; the spaces are ``synapse`` (inputs, neurons),
        ``pre`` (inputs,), ``post`` and ``neuron`` (neurons,), and ``control`` (scalars).
    updates : synapse updates since the last `load`; counted only with ``counters``.
    saturations : for each synapse field whose last operation in the rule is a clamp, how often the
        clamp changed it since the last `load`; counted only with ``counters``.
    registers : the rule's run-time parameters, which are no part of `state`.

    Raises
    ------
    ConfigError
        the rule can't run in a layer.
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
        self.names = names = layer_rule(rule, params, critic=layer.has_critic)
        self.registers = Registers(rule, params)
        fields, self._inputs = rule.state_formats(params), rule.input_formats(params)
        weight = fields[names.weight]
        self._offset = 1 << (weight.width - 1) if layer.signed_weights else 0
        self._unit = neuron_unit(neuron, layer.current_format(weight), counters=layer.counters)
        layer.check_neuron(neuron)
        self._critic = (
            layer_critic(self._inputs[names.modulators[0]], weight, layer)
            if layer.has_critic
            else None
        )
        self._noise = NoiseTable(neuron.noise_bits, layer.neurons) if neuron.noise_bits else None
        control = dict.fromkeys(("cleared_trial", "cleared_traces", "cleared_trial_before"), BIT)
        if self._noise is not None:
            control["lfsr"] = IntFormat(WIDTH)
        if self._critic is not None:
            control |= {name: self._critic.inputs[name] for name in self._critic.state}
        if layer.value_neuron is not None:
            control |= dict.fromkeys(("value", "before"), layer.current_format(weight))
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

    @property
    def layout(self) -> dict[str, dict[str, tuple[int, int, tuple[int, ...]]]]:
        """Least and greatest value and shape of each field of a checkpoint, by space and name."""
        return {
            space: {
                # from 0 a shift register never gets away
                name: (1 if name == "lfsr" else form.lo, form.hi, self._shapes[space])
                for name, form in forms.items()
            }
            for space, forms in self._formats.items()
        }

    def load(self, weights: ArrayLike) -> None:
        """Write the weights and put all else to its state after reset.

        `weights` is a scalar or has shape (inputs, neurons).
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
        """A copy of the state, without the counts of updates and saturations."""
        return {
            space: {name: array.copy() for name, array in arrays.items()}
            for space, arrays in self.state.items()
        }

    def restore(self, checkpoint: Mapping[str, Mapping[str, ArrayLike]]) -> None:
        """Set the state to that of a checkpoint.

        Nothing is saturated, and after an error the state is unchanged.

        Raises
        ------
        TypeError
            the spaces or names are not those of :meth:`checkpoint`.
        ValueError
            a shape or a value does not fit.
        """
        spaces = {f"{space}.{name}" for space, forms in self._formats.items() for name in forms}
        present = {f"{space}.{name}" for space, arrays in checkpoint.items() for name in arrays}
        if spaces != present:
            raise TypeError(
                f"a checkpoint of this layer holds {sorted(spaces)}, not {sorted(present)}"
            )
        self.state = {
            space: {name: self._exactly(space, name, checkpoint[space][name]) for name in forms}
            for space, forms in self._formats.items()
        }

    def _exactly(self, space: str, name: str, values: ArrayLike) -> NDArray[Any]:
        """The values of a field, which must fit its shape and format."""
        lo, hi, shape = self.layout[space][name]
        array = integers(f"{space}.{name}", values, shape)
        wrong = array[(array < lo) | (array > hi)]
        if wrong.size:
            raise ValueError(f"{space}.{name} must be in [{lo}, {hi}], not {int(wrong.flat[0])}")
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
        outcome : with a critic, the modulator is the reward of an outcome.
        decide : with winner-take-all, a neuron has to fire in this step.
        clear_trial, clear_traces : the next step begins by clearing (see the module's docstring).

        Raises
        ------
        TypeError
            modulators are missing or unknown, or a value is no integer.
        ValueError
            `spikes` has another shape, or the layer has no use for a flag.
        """
        if outcome and self._critic is None:
            raise ValueError(NO_CRITIC)
        if decide and not self.neuron.winner_take_all:
            raise ValueError("decide needs neurons with winner_take_all")
        modulators = {} if modulators is None else modulators
        self._check_names(modulators)
        modulators = {**modulators, **self.registers.settings}
        dtype = self._dtypes["synapse"]
        x = saturated_array(self.names.pre_spike, spikes, (self.layer.inputs,), BIT, dtype)
        shared = {
            name: saturated_array(name, value, (), self._inputs[name], dtype).reshape(1, 1)
            for name, value in modulators.items()
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
        """The arguments of `step` for T steps, checked.

        `spikes` has shape (T, inputs); everything else is a scalar or has shape (T,). Raises what
        `step` raises.
        """
        x = np.asarray(spikes)
        if x.ndim != 2 or x.shape[1] != self.layer.inputs:
            raise ValueError(
                f"{self.names.pre_spike} must have shape (steps, {self.layer.inputs}), not"
                f" {x.shape}"
            )
        steps, modulators = len(x), {} if modulators is None else modulators
        self._check_names(modulators)
        values = {
            "outcome": outcome,
            "decide": decide,
            "clear_trial": clear_trial,
            "clear_traces": clear_traces,
        }
        flags = {name: integers(name, value, (steps,)) != 0 for name, value in values.items()}
        if flags["outcome"].any() and self._critic is None:
            raise ValueError(NO_CRITIC)
        if flags["decide"].any() and not self.neuron.winner_take_all:
            raise ValueError("decide needs neurons with winner_take_all")
        if x.dtype not in (np.bool_, np.uint8):
            x = saturated_array(self.names.pre_spike, x, x.shape, BIT, np.dtype(np.int64))
        inputs = {**modulators, **self.registers.settings}
        whole = {
            n: saturated_array(n, inputs[n], (steps,), self._inputs[n], np.dtype(np.int64))
            for n in self.names.modulators
        }
        return Stimulus(np.ascontiguousarray(x != 0), whole, flags)

    def _check_names(self, modulators: Mapping[str, Any]) -> None:
        """Check that the modulators are those of the rule."""
        if sorted(modulators) != sorted(self.names.taken):
            raise TypeError(
                f"a step of this layer takes the modulators {sorted(self.names.taken)}, not"
                f" {sorted(modulators)}"
            )

    def _clear(self) -> None:
        """Put fields to their initial values, if the step before asked for it."""
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
        """Put the critic's modulator in place of the reward."""
        if self._critic is None:
            return
        (reward,) = self.names.modulators
        values = {"reward": int(shared[reward][0, 0]), "outcome": int(outcome)}
        values |= {name: self._control(name) for name in self._critic.inputs if name not in values}
        result = self._critic.apply(INTS, values)
        for name in self._critic.state:
            self.state["control"][name] = np.array(result[name], self._dtypes["control"])
        if outcome and self.layer.value_neuron is not None:
            self.state["control"]["before"] = self.state["control"]["value"].copy()
        shared[reward] = np.array([[result["modulator"]]], self._dtypes["synapse"])

    def _current(self, x: NDArray[Any]) -> NDArray[Any]:
        """Sum of the effective weights of the inputs that spike."""
        weights = self.state["synapse"][self.names.weight][x != 0]
        summed: NDArray[Any] = weights.astype(self._dtypes["neuron"], copy=False).sum(axis=0)
        return summed - len(weights) * self._offset

    def _learn(self, x: NDArray[Any], shared: Mapping[str, NDArray[Any]]) -> None:
        """Update all synapses by the rule.

        Fields and spikes of an input are columns, those of a neuron are rows; NumPy broadcasts them
        over the synapses.
        """
        shape, dtype, names = self._shapes["synapse"], self._dtypes["synapse"], self.names
        post_spikes = self.state["neuron"]["fired_before"].astype(dtype)
        if self.layer.value_neuron is not None:
            # what has been decided was worth the prediction, whoever has won
            post_spikes[self.layer.value_neuron] = post_spikes.any()
        # a spike of the trial that ended must not teach the next one
        if self._control("cleared_trial") or self._control("cleared_trial_before"):
            post_spikes = np.zeros_like(post_spikes)
        state = {
            **self.state["synapse"],
            **{name: array[:, None] for name, array in self.state["pre"].items()},
            **{name: array[None, :] for name, array in self.state["post"].items()},
        }
        inputs = {names.pre_spike: x[:, None], names.post_spike: post_spikes[None, :], **shared}
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
        """Advance the neurons by one step, and return which of them fire."""
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
        if (predicts := self.layer.value_neuron) is not None:
            ready[predicts] = False
            self.state["control"]["value"] = np.array(current[predicts], self._dtypes["control"])
        if self.neuron.winner_take_all and ready.any():
            best = result["score"] == result["score"][ready].max()
            winner = int(np.argmax(best & ready))
            ready = np.arange(self.layer.neurons) == winner
        self.state["neuron"] = {name: result[name] for name in self._unit.state} | {
            "fired": ready.astype(dtype),
            "fired_before": fired,
        }
        return ready
