"""A verilated network that learns, with the interface of its golden model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.golden.arrays import State, checked, integers
from sc_model.golden.learning_network import LearningNetwork
from sc_model.spec import IntFormat
from sc_model.spec.learning import LearningNetworkSpec
from sc_sim.bits import Words, get_bits, put_bits, words_of
from sc_sim.driver.one_clock import Rtl
from sc_sim.learner import RtlLearner

EVENTS: dict[str, tuple[str, ...]] = {"done": ()}


class RtlLearningNetwork(RtlLearner):
    """A network with the interface of :class:`~sc_model.golden.learning_network.LearningNetwork`.

    Between `answer` and `learn` the sample waits in the hardware; another answer ends it without
    learning.

    Members
    -------
    rtl : the verilated design.
    spec : the network.
    clocks : of each of the last samples that were run.
    others_wrong : as of the model.
    stall : probability of an idle clock on every stream.
    """

    _model: LearningNetwork

    def __init__(self, rtl: Rtl) -> None:
        design = rtl.dut.manifest["design"]["learning"]
        self.spec = LearningNetworkSpec.model_validate(design)
        super().__init__(rtl, LearningNetwork(self.spec))
        self._waits = False  # an answer has been given, and nothing told of it
        self._explores = False
        self.clocks: NDArray[np.int64] = np.zeros(0, np.int64)
        self.load({})

    def reset(self) -> None:
        """Reset the hardware; what its memories hold stays, unless a sample was under way."""
        self.rtl.reset()
        self._waits = self._explores = False

    # --- state ------------------------------------------------------------------------------------

    def load(self, weights: Mapping[str, ArrayLike]) -> None:
        """Write the weights, by layer, and put all else to its state after a reset."""
        super().load(weights)
        self.others_wrong = self.spec.others_wrong

    def restore(self, state: Mapping[str, Mapping[str, ArrayLike]]) -> None:
        """Set the state to that of a checkpoint, of this or of the model."""
        self._model.restore(state)
        checkpoint = self._model.state
        word, lane = self._places()
        self._memories.load("synapse", word, lane, {"weight": self._weights(checkpoint)})
        for layer in self._hidden:
            ages = {"age": checkpoint[layer["name"]]["age"]}
            self._memories.load("neuron", *self._neurons(layer), ages)
        self._write_registers(self._control(checkpoint))

    def checkpoint(self) -> State:
        """The state, read back."""
        state = self._model.checkpoint()
        word, lane = self._places()
        (weights,) = self._memories.read("synapse", word, lane).values()
        first = 0
        for layer in self._place["layers"]:
            shape = (layer["rows"], layer["neurons"])
            size = shape[0] * shape[1]
            state[layer["name"]]["weight"] = weights[first : first + size].reshape(shape)
            first += size
        for layer in self._hidden:
            ages = self._memories.read("neuron", *self._neurons(layer))["age"]
            state[layer["name"]]["age"] = ages
        control = self._registers()
        for name in state["control"]:
            state["control"][name] = control[name]
        for layer in self._place["layers"]:
            state[layer["name"]]["learn"] = control[layer["learns"]]
        return state

    @property
    def step_shift(self) -> int:
        """By how many powers of two all steps are smaller than the layers' shifts say."""
        return int(self._registers()["step_shift"])

    @step_shift.setter
    def step_shift(self, shift: int) -> None:
        self._model.step_shift = shift
        self._set_registers(step_shift=shift)

    def freeze(self, layer: str, *, learn: bool = False) -> None:
        """Freeze a layer, or let it learn."""
        self._model.freeze(layer, learn=learn)
        (place,) = (each for each in self._place["layers"] if each["name"] == layer)
        self._set_registers(**{place["learns"]: int(learn)})

    def _control(self, state: State) -> dict[str, NDArray[np.int64]]:
        """The fields of the word of registers."""
        return {
            "lfsr": state["control"]["lfsr"],
            "step_shift": state["control"]["step_shift"],
            **{layer["learns"]: state[layer["name"]]["learn"] for layer in self._place["layers"]},
            **({"explore": np.array(self._explores)} if self.spec.exploration else {}),
        }

    def _weights(self, state: State) -> NDArray[np.int64]:
        """All weights in the order of `_places`."""
        return np.concatenate([state[layer.name]["weight"].ravel() for layer in self.spec.layers])

    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Word and lane of every weight, layer by layer and row by row."""
        place, words, lanes = self._place, [], []
        for layer in place["layers"]:
            rows, columns = np.indices((layer["rows"], layer["neurons"]))
            word, lane = np.divmod(columns, layer.get("lanes", place["lanes"]))
            words.append((layer["base"] + rows * layer["groups"] + word).ravel())
            lanes.append(lane.ravel())
        return np.concatenate(words), np.concatenate(lanes)

    @property
    def _hidden(self) -> list[Mapping[str, Any]]:
        """The places of the hidden layers."""
        return [layer for layer in self._place["layers"] if "ages" in layer]

    def _neurons(self, layer: Mapping[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Word and lane of the neurons of a hidden layer."""
        lanes = layer.get("lanes", self._place["lanes"])
        word, lane = np.divmod(np.arange(layer["neurons"]), lanes)
        return layer["ages"] + word, lane

    # --- samples ----------------------------------------------------------------------------------

    def answer(self, values: ArrayLike, *, explore: bool = False) -> Any:
        """The answer to a sample: `winner` and `played`, which differ where it explores."""
        self._explore(explore)
        sample = self._values(np.asarray(values)[None])
        self._forget()
        _, outputs = self._memories.transact({"i": self._samples(sample)}, {"o": 1})
        self._waits = True
        winner, played = (int(values[0]) for values in self._answers(outputs["o"][1]))
        return _Answer(winner, played)

    def _answers(self, payloads: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Winners, and the classes that were played."""
        bits = (self.spec.output.neurons - 1).bit_length()
        form = IntFormat(bits)
        winners = get_bits(payloads, 0, form)
        return winners, get_bits(payloads, bits, form) if self.spec.exploration else winners

    def _explore(self, explore: bool) -> None:
        """Let the samples to come explore, or not."""
        if self.spec.exploration and explore != self._explores:
            self._set_registers(explore=int(explore))
            self._explores = explore

    def learn(self, label: int, *, right: bool = True, single: bool = False) -> None:
        """Learn from the last answer; see the model."""
        if not 0 <= label < self.spec.output.neurons:
            raise ValueError(f"label must be in [0, {self.spec.output.neurons - 1}], not {label}")
        if self._waits:
            self._tell(learn=1, label=label, right=int(right), single=int(single))

    def sample(self, values: ArrayLike, target: int | None = None) -> int:
        """The class that is played for a sample; with its right class it is learned from."""
        targets = None if target is None else np.array([target])
        return int(self.run(np.asarray(values)[None], targets)[0])

    def run(self, values: ArrayLike, targets: ArrayLike | None = None) -> NDArray[np.int64]:
        """The played classes of S samples; see the model."""
        samples = self._values(np.asarray(values))
        self._forget()
        self._explore(False)
        if targets is not None and self.spec.feedback == "reward":
            return self._run_by_reward(samples, integers("targets", targets, (len(samples),)))
        lessons = self._lessons(len(samples), learn=int(targets is not None), right=1)
        if targets is not None:
            right = checked("targets", targets, (len(samples),), 0, self.spec.output.neurons - 1)
            self._put(lessons, "teach", "label", right)
        _, outputs = self._memories.transact(
            {"i": self._samples(samples), "teach": lessons},
            {"o": len(samples), "done": len(samples)},
        )
        self.clocks = np.diff(outputs["done"][0], prepend=0)
        return self._answers(outputs["o"][1])[1]

    def _run_by_reward(
        self, samples: NDArray[np.int64], targets: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        played = np.zeros(len(samples), np.int64)
        for number, (sample, target) in enumerate(zip(samples, targets, strict=True)):
            answer = played[number] = self.answer(sample, explore=True).played
            right = answer == target
            self.learn(answer, right=right, single=not (right and self.others_wrong))
        return played

    def _values(self, values: NDArray[Any]) -> NDArray[np.int64]:
        form, shape = self.spec.value_format, (len(values), self.spec.inputs)
        return checked("values", values, shape, form.lo, form.hi).astype(np.int64)

    def _forget(self) -> None:
        """End a sample that waits, without learning."""
        if self._waits:
            self._tell(learn=0)

    def _tell(self, **fields: int) -> None:
        self._memories.transact({"teach": self._lessons(1, **fields)}, {"done": 1})
        self._waits = False

    def _lessons(self, count: int, **fields: int) -> Words:
        width = self.rtl.dut.drive.slots["teach__payload"].form.width
        lessons = np.zeros((count, words_of(width)), np.uint64)
        for name, value in fields.items():
            self._put(lessons, "teach", name, value)
        return lessons

    def _put(self, words: Words, port: str, name: str, values: ArrayLike) -> None:
        slots = self.rtl.dut.drive.slots
        slot = slots[f"{port}__payload.{name}"]
        put_bits(words, slot.offset - slots[f"{port}__payload"].offset, slot.form.width, values)

    def _samples(self, samples: NDArray[np.int64]) -> Words:
        """Payloads of samples: a transfer for each value."""
        return samples.reshape(-1, 1).astype(np.uint64)


class _Answer:
    """What a sample gave."""

    def __init__(self, winner: int, played: int) -> None:
        self.winner, self.played = winner, played


golden_interface = RtlLearningNetwork
