"""What the golden network says that must come out of a network, from one reset to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sc_model.golden.encoder import Encoder
from sc_model.golden.network.network import Network
from sc_model.spec import PLASTIC, SLICE, NetworkSpec, TrainedLayerSpec
from sc_sim.benches.network.stimulus import Parameters, Teaching
from sc_sim.blocks.network.records import Stepped, flat
from sc_sim.layer_words import State


@dataclass(frozen=True)
class Row:
    """Words, or slices of words, that must come one after the other.

    Members
    -------
    steps : their steps, (n,).
    bits : (n, channels).
    known : 1 for each bit that has a meaning, of the same shape; None where all have.
    slices : transfers of a word; 1 where it comes as a whole.
    order : places and channels of an image whose spikes come place by place, or None.
    """

    steps: NDArray[np.int64]
    bits: NDArray[np.uint8]
    known: NDArray[np.uint8] | None = None
    slices: int = 1
    order: tuple[int, int] | None = None

    def match_length(self, words: Stepped, start: int = 0) -> int:
        """How many of the words, from `start` on, are this row's from its first."""
        count = min(len(words.steps) - start, len(self.steps))
        same = words.steps[start : start + count] == self.steps[:count]
        same &= ~self.differing(words.bits[start : start + count], slice(count)).any(axis=1)
        return count if same.all() else int(np.argmin(same))

    def differing(self, bits: NDArray[np.uint8], at: int | slice) -> NDArray[np.uint8]:
        """1 where a bit with a meaning is not that of the words `at` these places."""
        differs = bits ^ self.bits[at]
        return differs if self.known is None else differs & self.known[at]

    def without_bits(self) -> Row:
        """The words' steps alone."""
        return Row(self.steps, self.bits[:, :0])

    def neuron(self, at: int, place: int) -> int:
        """Number in the model of the neuron whose spike is in this place of a transfer."""
        number = at % self.slices * SLICE + place
        if self.order is None:
            return number
        places, channels = self.order
        return number % channels * places + number // channels

    def in_slices(
        self, slices: int, order: tuple[int, int] | None, answers: NDArray[np.uint8] | None = None
    ) -> Row:
        """The words slice by slice; what is behind the last channel has no meaning.

        Parameters
        ----------
        slices : of a word.
        order : places and channels of an image whose spikes travel place by place, or None.
        answers : bits that come beside the last slice of each word, (words, bits), and are 0 beside
            the others; None or no bits where nothing does.
        """
        bits = self.bits
        if order is not None:
            places, channels = order
            bits = bits.reshape(-1, channels, places).swapaxes(1, 2).reshape(bits.shape)
        behind = ((0, 0), (0, slices * SLICE - bits.shape[1]))
        padded, known = np.pad(bits, behind), np.pad(np.ones_like(bits), behind)
        steps = np.repeat(self.steps, slices)
        padded, known = padded.reshape(-1, SLICE), known.reshape(-1, SLICE)
        if answers is not None and answers.shape[1]:
            beside = np.zeros((len(steps), answers.shape[1]), np.uint8)
            beside[slices - 1 :: slices] = answers
            padded = np.concatenate([padded, beside], axis=1)
            known = np.concatenate([known, np.ones_like(beside)], axis=1)
        return Row(steps, padded, known, slices, order)


@dataclass(frozen=True)
class Expected:
    """What the golden network makes of some steps from a reset on.

    Members
    -------
    spec : the network.
    words : spikes of each layer's ticks (ticks, neurons).
    lost : by layer behind a `once` crossing, its words with which a spike was lost.
    state : what the host reads of each layer after them.
    saturations : of each layer's traces, None for a layer without.
    answers : bits of what a readout answers by the ticks so far, (ticks, bits); no bits without.
    plastic : the plastic layer's checkpoint after them, None without one.
    """

    spec: NetworkSpec
    words: Mapping[str, NDArray[np.uint8]]
    lost: Mapping[str, int]
    state: Mapping[str, Mapping[str, NDArray[np.int64]]]
    saturations: Mapping[str, int | None]
    answers: NDArray[np.uint8]
    plastic: State | None

    def row(self, layer: TrainedLayerSpec) -> Row:
        """A layer's words, with the numbers of their steps as those travel."""
        return self._row(layer.name, layer.tick_interval)

    @property
    def out(self) -> Row:
        """The network's output, word by word, with a readout's answer behind the spikes."""
        row = self._spikes
        if not self.answers.shape[1]:
            return row
        return Row(row.steps, np.concatenate([row.bits, self.answers], axis=1))

    @property
    def transfers(self) -> Row:
        """The network's output, transfer by transfer: slices where its words are wide.

        A readout's answer comes with the last slice of a word, and is 0 in those before.
        """
        slices = self.spec.o_slices()
        if not slices:
            return self.out
        order = self.spec.place_order(len(self.spec.layers))
        return self._spikes.in_slices(slices, order, self.answers)

    @property
    def _spikes(self) -> Row:
        """The spikes that leave the network."""
        last = self.spec.layers[-1]
        return self._row(last.name if self.spec.plastic is None else PLASTIC, last.tick_interval)

    def _row(self, name: str, interval: int) -> Row:
        ticks = np.arange(1, len(self.words[name]) + 1, dtype=np.int64) * interval
        return Row(ticks % (1 << self.spec.step_bits), self.words[name])


def last_ticks(spec: NetworkSpec, steps: int) -> dict[str, int]:
    """The step of each layer's last tick when the network has taken so many steps.

    A layer ticks as soon as no word in front of it is missing. One that is faster than its producer
    also ticks for steps that the network has not taken yet, up to the producer's next tick.
    """
    available, ticks = steps, {}
    for layer in spec.layers:
        ticks[layer.name] = available // layer.tick_interval * layer.tick_interval
        available = ticks[layer.name] + layer.tick_interval - 1
    return ticks


def own_lessons(spec: NetworkSpec, teach: Teaching, steps: int) -> Teaching:
    """What a plastic layer is taught in each of its own steps.

    `teach` has a value for each of the network's `steps` steps; the plastic layer steps with the
    ticks of the last layer. Ticks for steps beyond those get 0.
    """
    interval = spec.layers[-1].tick_interval
    count = last_ticks(spec, steps)[spec.layers[-1].name] // interval
    own = {}
    for name, values in teach.items():
        at_ticks = values[interval - 1 : steps : interval][:count]
        own[name] = np.concatenate([at_ticks, np.zeros(count - len(at_ticks), np.int64)])
    return own


class _GoldenRun:
    """The golden network from a reset on, and what is collected of it.

    Each layer is followed as far as its ticks do not depend on steps that are not there.
    """

    def __init__(
        self, spec: NetworkSpec, parameters: Parameters, steps: int, plastic: State | None
    ) -> None:
        self.spec, self.steps = spec, steps
        self.network, self.last = Network(spec, parameters), last_ticks(spec, steps)
        if self.network.plastic is not None and plastic is not None:
            self.network.plastic.restore(plastic)
        self.interval = spec.layers[-1].tick_interval
        self.plastic_words: list[NDArray[np.uint8]] = []
        self.answers: list[int] = []
        self.words: dict[str, list[NDArray[np.uint8]]] = {layer.name: [] for layer in spec.layers}
        self.lost = {layer.name: 0 for layer in spec.layers if layer.policy == "once"}
        self.state = {layer.name: self._state(layer.name) for layer in spec.layers}
        self.saturations = {
            layer.name: self.network.layers[layer.name].saturations for layer in spec.layers
        }

    def _state(self, name: str) -> dict[str, NDArray[np.int64]]:
        """What the host must read of a layer; before its first tick its memories may hold
        anything.
        """
        layer = self.network.layers[name]
        ticked = self.spec.in_sample(self.network.steps) >= layer.spec.tick_interval
        state = layer.state if ticked else {}
        readout = self.network.readout
        if readout is not None and ticked and name == self.network.last:
            state = {**state, "score": readout.scores}
        return {**layer.parameters, "fresh": np.array([not ticked], np.int64), **state}

    def step(self, number: int, x: NDArray[np.uint8], lesson: Mapping[str, int]) -> None:
        """Take step `number`, counted from 1, and collect what it makes."""
        network, last_layer = self.network, self.spec.layers[-1]
        lost_before = {name: network.crossings[name].lost for name in self.lost}
        network.step(x, lesson)
        is_tick = number % self.interval == 0 and number <= self.last[last_layer.name]
        if network.plastic is not None and is_tick:
            self.plastic_words.append(network.outputs[PLASTIC].copy())
            self.state[PLASTIC] = flat(network.plastic.checkpoint())
        if network.readout is not None and is_tick:
            self.answers.append(network.readout.answer)
        available = self.steps  # the last step of which a word can be in front of the layer
        for layer in self.spec.layers:
            if layer.policy == "once" and number <= available:
                self.lost[layer.name] += (
                    network.crossings[layer.name].lost != lost_before[layer.name]
                )
            available = self.last[layer.name]
            if number % layer.tick_interval == 0 and number <= available:
                self.words[layer.name].append(network.outputs[layer.name].copy())
            if number == available:
                self.state[layer.name] = self._state(layer.name)
                self.saturations[layer.name] = network.layers[layer.name].saturations

    def expected(self) -> Expected:
        """What has been collected."""
        words = {
            layer.name: np.array(self.words[layer.name], np.uint8).reshape(-1, layer.neurons)
            for layer in self.spec.layers
        }
        plastic = self.network.plastic
        if plastic is not None:
            neurons = len(self.network.outputs[PLASTIC])
            words[PLASTIC] = np.array(self.plastic_words, np.uint8).reshape(-1, neurons)
            self.state.setdefault(PLASTIC, flat(plastic.checkpoint()))
        return Expected(
            self.spec,
            words,
            self.lost,
            self.state,
            self.saturations,
            self._answers(),
            None if plastic is None else plastic.checkpoint(),
        )

    def _answers(self) -> NDArray[np.uint8]:
        """Bits of the readout's answers, the lowest first."""
        readout = self.network.readout
        bits = 0 if readout is None else max(1, (readout.neurons - 1).bit_length())
        numbers = np.array(self.answers, np.int64).reshape(-1, 1)
        return (numbers >> np.arange(bits) & 1).astype(np.uint8)


def expected(
    spec: NetworkSpec,
    parameters: Parameters,
    x: NDArray[np.uint8],
    teach: Teaching | None = None,
    plastic: State | None = None,
) -> Expected:
    """Run the golden network on steps (T, inputs), or on sets of values, from a reset on.

    `teach`: what the plastic layer is taught in each of its own steps (see `own_lessons`);
    `plastic`: its state at the beginning, by default that of its parameters.
    """
    if spec.encoder is not None:
        x = Encoder(spec.encoder, spec.values).shown(x)
    run = _GoldenRun(spec, parameters, len(x), plastic)
    lessons = {name: dict(enumerate(values.tolist())) for name, values in (teach or {}).items()}
    silence = np.zeros(x.shape[1], np.uint8)
    # layers that run ahead tick for steps beyond x
    for number in range(1, max(len(x), *run.last.values()) + 1):
        lesson = {}
        if number % run.interval == 0:
            own_step = number // run.interval - 1
            lesson = {name: values.get(own_step, 0) for name, values in lessons.items()}
        run.step(number, x[number - 1] if number <= len(x) else silence, lesson)
    return run.expected()
