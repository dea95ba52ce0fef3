"""A network behind its registers: a window for each layer, spikes in, the last layer's spikes out.

A state has a space for each layer, the plastic one's fields as `<space>.<field>`, and the number of
steps. Spikes that wait between two layers are not in it, for no window shows them; `why_not_from`
says which states can be gone on from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sc_driver.archives import read_arrays
from sc_driver.bits import Bits, Words, bits_of
from sc_driver.blocks.board_block import (
    BoardBlock,
    Memory,
    State,
    Stimulus,
    rule_initial,
    rule_weight,
    weights_of,
)
from sc_driver.blocks.layer import LayerMemory, common_part
from sc_driver.errors import ManifestError
from sc_driver.registers import Registers
from sc_driver.trained_memory import FIRED, memory_of

NETWORK, STEPS, PLASTIC = "network", "steps", "plastic"
WINNER = "winner"  # of an output packet

Layers = Sequence[Mapping[str, Any]]


def period_of(layers: Layers) -> int:
    """Steps after which all layers tick in one step; `layers`: as in a design file."""
    return math.lcm(*(layer["tick_interval"] for layer in layers))


def why_not_from(name: str, layers: Layers, steps: int, sample_steps: int = 0) -> str | None:
    """Why no network can go on from a state, for spikes may wait behind a layer; None if it can.

    Parameters
    ----------
    name : of the network.
    layers : as in a design file.
    steps : of the state, since the reset.
    sample_steps : steps after which the layers start anew, from where hardware counts its ticks;
        0: never.
    """
    if sample_steps and steps % sample_steps:
        return (
            f"network '{name}' has a state to go on from at the end of a sample, after each"
            f" {sample_steps} steps, not after {steps}"
        )
    period, before, waits = period_of(layers), 1, False
    for layer in layers:
        interval = layer["tick_interval"]
        # with `once` a word's spikes are taken in one by one, and a tick takes one word
        waits |= interval < before or (layer["policy"] == "once" and interval > before)
        before = interval
    if steps == 0 or (steps % period == 0 and not waits):
        return None
    rule = (
        "before the first step, for spikes may wait in its crossings"
        if waits
        else f"after each {period} steps, when all layers tick and no spike waits"
    )
    return f"network '{name}' has a state to go on from {rule}, not after {steps}"


class BoardNetwork(BoardBlock):
    """A network; steps take `spikes` (T, inputs), and what its plastic layer is taught.

    With an encoder they are sets of `values` (T, values), and what comes out are the spikes of each
    set's last step.
    """

    step_axes = 2

    def __init__(self, registers: Registers, manifest: Mapping[str, Any]) -> None:
        """Raise ManifestError for a network of which a layer ticks before it has words."""
        super().__init__(registers, manifest)
        design = manifest["design"]
        self._name: str = design["name"]
        self._specs: Layers = design["network"]["layers"]
        self._encoder: Mapping[str, Any] | None = design["network"].get("encoder")
        self._sample_steps: int = design["network"].get("sample_steps", 0)
        before = 1
        for spec in self._specs:
            if spec["tick_interval"] < before:
                raise ManifestError(
                    f"A board runs networks whose layers wait for their producers; layer"
                    f" '{spec['name']}' of '{self._name}' ticks before words come."
                )
            before = spec["tick_interval"]
        self._layers = {
            spec["name"]: memory_of(window, spec, described)
            for window, spec, described in zip(
                self.windows[: len(self._specs)], self._specs, manifest["layers"], strict=True
            )
        }
        self._plastic: LayerMemory | None = None
        if PLASTIC in manifest:
            self._plastic = LayerMemory(self.windows[-1], manifest[PLASTIC]["placement"])
        self._begin = 0  # steps of the state that was restored
        self._last: Bits | None = None  # word of the last layer, where it is known
        self._winner = 0  # answer of the last packet since the reset

    # --- state ------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Reset all layers: parameters stay, states are those after a reset, steps are 0."""
        super().reset()
        self._begin, self._last, self._winner = 0, None, 0

    def initial(self) -> State:
        """Every field, as after power-on."""
        state = {name: layer.initial() for name, layer in self._layers.items()}
        if self._plastic is not None:
            state[PLASTIC] = _flat(self._plastic.initial(rule_initial(self.manifest)))
        state.setdefault(NETWORK, {})[STEPS] = np.array(0, np.int64)
        return state

    def state(self) -> State:
        """Every field of each layer, and the number of steps."""
        state = {name: layer.read() for name, layer in self._layers.items()}
        if self._plastic is not None:
            state[PLASTIC] = _flat(self._plastic.read())
        (steps_taken,) = self.registers.read("STEPS_TAKEN")
        steps = self._begin + steps_taken * (1 if self._encoder is None else self._encoder["steps"])
        state.setdefault(NETWORK, {})[STEPS] = np.array(steps, np.int64)
        return state

    def unrestorable(self, state: State) -> str | None:
        """Why no network can go on from a state: spikes may wait between two layers."""
        steps = int(state[NETWORK][STEPS])
        return why_not_from(self._name, self._specs, steps, self._sample_steps)

    def restore(self, state: State) -> None:
        """Reset the network, and write every field."""
        self.reset()
        self._begin = int(state[NETWORK][STEPS])
        for name, layer in self._layers.items():
            # what can be restored with samples is their beginning
            fresh = self._begin == 0 or self._sample_steps > 0
            layer.write(state[name], fresh=fresh)
        if self._plastic is not None:
            self._plastic.write(_by_space(state[PLASTIC]))
        fired = state[PLASTIC]["neuron.fired"] if self._plastic else self._fired(state)
        self._last = np.asarray(fired).astype(np.uint8)

    def _fired(self, state: State) -> NDArray[Any]:
        """Spikes of the last trained layer."""
        return state[self._specs[-1]["name"]][FIRED]

    def load(self, weights: Any) -> None:
        """Write the parameters, by `<layer>.<parameter>`; all else is as after power-on.

        `weights`: a dictionary, or the path of an .npz file. Missing ones are 0, or the least that
        they may be; `plastic.weight` are those of the rule.
        """
        if not isinstance(weights, Mapping):
            if not isinstance(weights, (str, Path)):
                raise TypeError(
                    "a network loads arrays by '<layer>.<parameter>' (a dictionary, or the path of"
                    f" an .npz file), not {type(weights).__name__}."
                )
            weights = read_arrays("parameter file", Path(weights))
        state = self.initial()
        for name, values in weights.items():
            layer, _, field = name.partition(".")
            if layer == PLASTIC and self._plastic is not None:
                self._put_weights(state, field, values)
            elif layer in self._layers and field in self._layers[layer].parameters:
                limits = self._layers[layer].parameters[field]
                state[layer][field] = _within(name, values, state[layer][field].shape, limits)
            else:
                raise ValueError(f"parameters must be among {self._known()}, not '{name}'.")
        self.restore(state)

    def _put_weights(self, state: State, field: str, values: Any) -> None:
        if field != "weight":
            raise ValueError(f"parameters must be among {self._known()}, not '{PLASTIC}.{field}'.")
        weight = rule_weight(self.manifest)
        key, fields = f"synapse.{weight}", self.windows[-1].spaces["synapse"]["fields"]
        state[PLASTIC][key] = weights_of(values, state[PLASTIC][key], weight, fields)

    def _known(self) -> str:
        names = [f"{layer}.{n}" for layer, one in self._layers.items() for n in one.parameters]
        return ", ".join(names + [f"{PLASTIC}.weight"] * (self._plastic is not None))

    def memories(self) -> list[Memory]:
        """All spaces of all layers."""
        trained = [memory for layer in self._layers.values() for memory in layer.memories()]
        return trained + (self._plastic.memories() if self._plastic is not None else [])

    # --- steps ------------------------------------------------------------------------------------

    def packets(self, stimulus: Stimulus) -> Words:
        """Spikes of T steps, and what is taught; of a network with an encoder T sets of values."""
        if self._encoder is not None:
            return self._value_packets(stimulus)
        if "spikes" not in stimulus:
            raise TypeError("a step of a network takes spikes, shape (inputs,)")
        array, inputs = np.asarray(stimulus["spikes"]), int(self._specs[0]["inputs"])
        if array.ndim != 2 or array.shape[1] != inputs:
            raise ValueError(f"inputs must have shape (T, {inputs}), not {array.shape}.")
        spikes = _within("inputs", array, array.shape, (0, 1)).astype(np.uint8)
        taught = {name: values for name, values in stimulus.items() if name != "spikes"}
        if taught and self._plastic is None:
            raise TypeError(
                f"a network without a plastic layer takes spikes alone, not {sorted(taught)}."
            )
        transfers, bits = self.step.transfers, self.step.transfer_bits
        # In slices, the last of which has room behind the last input.
        padded = np.pad(spikes, ((0, 0), (0, transfers * bits - inputs)))
        packed = padded.reshape(len(spikes), transfers, bits)
        return self.step.pack(common_part(self.step.common, taught), packed)

    def _value_packets(self, stimulus: Stimulus) -> Words:
        """T sets of values."""
        transfers, bits = self.step.transfers, self.step.transfer_bits
        if set(stimulus) != {"values"}:
            raise TypeError("a network with an encoder takes values, shape (values,), and no more")
        array = np.asarray(stimulus["values"])
        if array.ndim != 2 or array.shape[1] != transfers:
            raise ValueError(f"values must have shape (T, {transfers}), not {array.shape}.")
        values = _within("values", array, array.shape, (0, (1 << bits) - 1))
        return self.step.pack({}, bits_of(values, bits))

    def results(self, bits: Bits, ticks: NDArray[np.bool_]) -> Bits:
        """The last layer's latest spikes after each step, (T, neurons)."""
        fields = self.output.fields(bits)
        if WINNER in fields and len(bits):
            self._winner = int(fields[WINNER][-1])
        bits = bits[:, : self._neurons]  # behind them is the readout's answer
        if not len(ticks):
            return np.zeros((0, self._neurons), np.uint8)
        last = bits[0] if ticks[0] else self._latest_spikes()
        known = np.concatenate([last[None], bits])
        words: Bits = known[np.cumsum(ticks)]
        self._last = words[-1].copy()
        return words

    @property
    def _neurons(self) -> int:
        """Neurons whose spikes come out."""
        if self._plastic is not None:
            return self.output.bits
        return int(self._specs[-1]["neurons"])

    def answer(self) -> tuple[int, NDArray[Any]]:
        """The answer by the ticks since the reset, and the scores of the last layer's neurons."""
        last = self._layers[self._specs[-1]["name"]]
        scores = last.scores(of_fresh=self._sample_steps > 0)
        if scores is None:
            raise TypeError(f"network '{self._name}' has no readout to answer samples by")
        return self._winner, scores

    def _latest_spikes(self) -> Bits:
        """The last layer's latest spikes, which a board that was not restored has to be asked."""
        if self._last is None:
            if self._plastic is not None:
                return np.asarray(self._plastic.read()["neuron"][FIRED], np.uint8)
            return np.asarray(self._layers[self._specs[-1]["name"]].read()[FIRED], np.uint8)
        return self._last


def _flat(state: State) -> dict[str, NDArray[Any]]:
    """A layer's state with its fields as `<space>.<field>`."""
    return {f"{space}.{name}": v for space, fields in state.items() for name, v in fields.items()}


def _by_space(fields: Mapping[str, NDArray[Any]]) -> State:
    """The same the other way round."""
    state: State = {}
    for name, values in fields.items():
        space, _, field = name.partition(".")
        state.setdefault(space, {})[field] = values
    return state


def _within(
    name: str, numbers: Any, shape: tuple[int, ...], limits: tuple[int, int]
) -> NDArray[np.int64]:
    """Integers of a shape; TypeError or ValueError for others."""
    values = np.asarray(numbers)
    if values.dtype.kind not in "biu":
        raise TypeError(f"{name} must be integers, not {values.dtype}")
    if values.shape not in ((), shape):
        raise ValueError(f"{name} must have shape {shape}, not {values.shape}")
    low, high = limits
    wrong = values[(values < low) | (values > high)]
    if wrong.size:
        raise ValueError(f"{name} must be in [{low}, {high}], not {wrong.flat[0]}")
    return np.broadcast_to(values.astype(np.int64), shape)


BOARD_BLOCK = BoardNetwork
