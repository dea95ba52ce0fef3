"""A verilated recurrent network, with the interface of its golden model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from sc_model.golden.arrays import State
from sc_model.golden.recurrent_network import Integers, RecurrentNetwork
from sc_model.spec.learning import RecurrentNetworkSpec
from sc_sim.bits import Words, get_bits, put_bits, words_of
from sc_sim.driver.one_clock import Rtl
from sc_sim.learner import RtlLearner

EVENTS: dict[str, tuple[str, ...]] = {"done": ()}


class RtlRecurrentNetwork(RtlLearner):
    """A network with the interface of its golden model,
    :class:`~sc_model.golden.recurrent_network.RecurrentNetwork`.

    Members
    -------
    rtl : the verilated design.
    spec : the network.
    scores : sums of the classes after each step of the last run, shape (samples, steps, classes).
    clocks : of each of the last run's steps.
    stall : probability of an idle clock on every stream.
    """

    _model: RecurrentNetwork

    def __init__(self, rtl: Rtl) -> None:
        manifest = rtl.dut.manifest
        self.spec = RecurrentNetworkSpec.model_validate(manifest["design"]["recurrent"])
        super().__init__(rtl, RecurrentNetwork(self.spec))
        self.scores: Integers = np.zeros((0, 0, self.spec.readout.neurons), np.int64)
        self.clocks: Integers = np.zeros(0, np.int64)
        self.load({})

    def reset(self) -> None:
        """Reset the hardware; what its memories hold stays, unless a step was under way."""
        self.rtl.reset()

    # --- state ------------------------------------------------------------------------------------

    def restore(self, state: Mapping[str, Mapping[str, ArrayLike]]) -> None:
        """Set the state to that of a checkpoint, of this or of the model."""
        self._model.restore(state)
        checkpoint = self._model.checkpoint()
        hidden, readout = (checkpoint[name] for name in self._names)
        word, lane = self._places()
        cells = {name: hidden[name].ravel() for name in hidden if name != "learn"}
        self._memories.load("synapse", word, lane, cells)
        neuron, number = self._readout_places()
        self._memories.load("output", neuron, number, {"weight": readout["weight"].ravel()})
        learn = {"learn_hidden": hidden["learn"], "learn_readout": readout["learn"]}
        self._write_registers({**checkpoint["control"], **learn})

    def checkpoint(self) -> State:
        """The state, read back."""
        state = self._model.checkpoint()
        hidden, readout = (state[name] for name in self._names)
        word, lane = self._places()
        for name, values in self._memories.read("synapse", word, lane).items():
            hidden[name] = values.reshape(hidden[name].shape)
        neuron, number = self._readout_places()
        weights = self._memories.read("output", neuron, number)["weight"]
        readout["weight"] = weights.reshape(readout["weight"].shape)
        registers = self._registers()
        for name in state["control"]:
            state["control"][name] = registers[name]
        hidden["learn"], readout["learn"] = registers["learn_hidden"], registers["learn_readout"]
        return state

    def set_shift(self, layer: str, shift: int) -> None:
        """Set the size of a layer's steps."""
        self._model.set_shift(layer, shift)
        name = "hidden" if layer == self.spec.hidden.name else "readout"
        self._set_registers(**{f"{name}_shift": shift})

    @property
    def shifts(self) -> dict[str, int]:
        """The sizes of steps; see the model."""
        registers = self._registers()
        return {name: int(registers[name]) for name in self._model.shifts}

    def freeze(self, layer: str, *, learn: bool = False) -> None:
        """Freeze a layer, or let it learn."""
        self._model.freeze(layer, learn=learn)
        name = "hidden" if layer == self.spec.hidden.name else "readout"
        self._set_registers(**{f"learn_{name}": int(learn)})

    @property
    def _names(self) -> tuple[str, str]:
        return self.spec.hidden.name, self.spec.readout.name

    def _places(self) -> tuple[Integers, Integers]:
        """Word and lane of every synapse of the recurrent layer, row by row."""
        place = self._place
        rows, columns = np.indices((self.spec.rows, self.spec.hidden.neurons))
        words = columns // place["lanes"] * place["rows"] + rows
        return words.ravel(), (columns % place["lanes"]).ravel()

    def _readout_places(self) -> tuple[Integers, Integers]:
        """Word and lane of every weight of the readout, neuron by neuron."""
        neurons, classes = np.indices((self.spec.hidden.neurons, self.spec.readout.neurons))
        return neurons.ravel(), classes.ravel()

    # --- samples ----------------------------------------------------------------------------------

    def sample(self, spikes: ArrayLike, targets: ArrayLike | None = None) -> Integers:
        """The answers of a sample's steps; see the model."""
        classes = None if targets is None else np.asarray(targets)[None]
        answers: Integers = self.run(np.asarray(spikes)[None], classes)[0]
        return answers

    def run(self, spikes: ArrayLike, targets: ArrayLike | None = None) -> Integers:
        """The answers of S samples of T steps, shape (S, T); see the model."""
        lines, classes = self._model._samples(spikes, targets)
        samples, steps = classes.shape
        count = samples * steps
        _, outputs = self._memories.transact(
            {"i": self._steps(lines.reshape(count, -1), classes.ravel(), steps)},
            {"o": count, "done": count},
        )
        self.clocks = np.diff(outputs["done"][0], prepend=0)
        answers = {
            name: self._answer(outputs["o"][1], name)
            for name in (
                "winner",
                *(f"scores[{number}]" for number in range(self.spec.readout.neurons)),
            )
        }
        winners = answers.pop("winner").reshape(samples, steps)
        self.scores = np.stack(list(answers.values()), 1).reshape(samples, steps, -1)
        return winners

    def _answer(self, words: Words, name: str) -> Integers:
        """A field of answers."""
        slots = self.rtl.dut.sense.slots
        slot = slots[f"o__payload.{name}"]
        return get_bits(words, slot.offset - slots["o__payload"].offset, slot.form)

    def _steps(self, lines: Integers, classes: Integers, steps: int) -> Words:
        """Payloads of steps."""
        slots = self.rtl.dut.drive.slots
        base = slots["i__payload"]
        payloads = np.zeros((len(lines), words_of(base.form.width)), np.uint64)
        fields = {
            "first": (np.arange(len(lines)) % steps == 0).astype(np.int64),
            "told": (classes >= 0).astype(np.int64),
            "label": np.maximum(classes, 0),
        }
        for name, values in fields.items():
            slot = slots[f"i__payload.{name}"]
            put_bits(payloads, slot.offset - base.offset, slot.form.width, values)
        start = slots["i__payload.spikes"].offset - base.offset
        for number in range(lines.shape[1]):
            put_bits(payloads, start + number, 1, lines[:, number])
        return payloads


golden_interface = RtlRecurrentNetwork
