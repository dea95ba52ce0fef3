r"""A network of which several layers learn on the chip: one sample at a time, in exact integers.

A sample is a value for each input. With T steps, n inputs and a bias as input number n:

1. *Code.* Input i spikes once, in step t_i (`spike_time`), or never; the bias spikes in step 0. Its
   trace is x_i = T - t_i, what is left of the sample, or 0 without a spike.
2. *Forward*, for t = 0 .. T - 1, through all layers in the same step::

       first hidden layer    I_j = I_j + sum of w_ij over the inputs with t_i = t
       further hidden layer  I_j = sum of w_ij over the neurons in front that spike in step t
       both                  potential, spike, near by `hidden_neuron`;  x_j = x_j + spike
       readout               y_k = y_k + sum of w_jk over the neurons in front that spike in step t

   An input's spike so acts for x_i steps, without a memory for its current. Everything but the
   weights and ages begins at 0 with each sample.
3. *Answer*: the class with the largest y, the lowest of equals. With exploration, in a sample that
   asks for it, the register takes 16 steps, and where its low byte is below `exploration` the class
   (high byte * classes) >> 8 is played instead.
4. *Error* of each class (`class_error`). `label`, `right` and `single` say what is known: of all
   classes, or with `single` of the label alone; the label is the target if it is `right`, and no
   other class is. If all errors are 0, nothing changes: learning is triggered by errors.
5. *Backward and update*, from the readout down to the lowest layer that learns. For the neurons j
   in front of a layer, and the weights as they were::

       F_j = sum of w_jk * signal_k;  age_j by `next_age`;  signal_j by `learning_signal` and
       `gated_signal`
       w_jk = rule(w_jk, trace x_j, signal_k, shift by `step_size`, noise)

   A layer that is frozen passes signals on and keeps its weights.

The noise of a word, the `lanes` weights of a row side by side, are the low `noise_bits` of the
register (`galois_step`), which then takes a step. Words are visited, and draw, only where the
row's trace is not 0 and some signal of the word's neurons is not 0: layer by layer as above; in a
layer row by row, and word by word in a row, upwards; but in the first layer the inputs of step 0
first, then those of step 1 ..., and of one step the highest input (with the bias) first.

Forward pass and learning signal follow Payvand, Fouda, Kurdahi, Eltawil & Neftci 2020
(arXiv:1910.06152) and Neftci, Mostafa & Zenke 2019; docs/learning_on_chip.md
has what differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic.learning import (
    class_error,
    galois_step,
    gated_signal,
    hidden_neuron,
    learning_signal,
    next_age,
    spike_time,
    step_size,
)
from sc_model.golden.arrays import (
    OPS,
    Layout,
    checked,
    unit_outputs,
    within,
)
from sc_model.golden.learner import Learner
from sc_model.rules import load_rule, resolve
from sc_model.spec import Rule
from sc_model.spec.errors import RuleError
from sc_model.spec.learning import HiddenLayerSpec, LearningNetworkSpec
from sc_model.spec.learning.layers import LearningLayerSpec
from sc_model.spec.learning.learning_network import REGISTER_BITS, STEP_SHIFT_BITS

Integers = NDArray[np.int64]
INPUTS = ("trace", "signal", "shift", "noise")


@dataclass(frozen=True)
class Answer:
    """What a sample gave.

    Members
    -------
    winner : class with the largest score.
    played : the class that is answered: the winner, or one that is explored.
    scores : y of each class.
    """

    winner: int
    played: int
    scores: Integers


@dataclass
class Counts:
    """What was done since the last load.

    Members
    -------
    samples, errors : samples that could be learned from, and those of them with an error.
    words : words that were written, by layer.
    events : spikes that a layer took in, each a row of weights that is added, by layer.
    rescued : signals that let a neuron rise which was silent for long.
    """

    samples: int = 0
    errors: int = 0
    words: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    rescued: int = 0


def check_learning_rule(rule: Rule) -> None:
    """RuleError where a rule has not the fields that a layer of a learning network gives it."""
    fields = [state.name for state in rule.state]
    inputs = [item.name for item in rule.inputs]
    if fields != ["weight"] or sorted(inputs) != sorted(INPUTS):
        raise RuleError(
            f"rule '{rule.family}' must have the field weight and the inputs {', '.join(INPUTS)}"
            f" for a learning network, not the fields {', '.join(fields)} and the inputs"
            f" {', '.join(inputs)}."
        )


class LearningNetwork(Learner):
    """Inputs, hidden layers and a readout.

    Parameters
    ----------
    spec : sizes, widths and constants.
    weights : by layer, shape (rows, neurons), -`max_weight` to `max_weight`; missing ones are 0.

    Members
    -------
    state : the complete state between two samples, by space and name. The space of a layer holds
        ``weight``, ``learn`` (0: frozen) and, of a hidden one, ``age``; ``control`` holds ``lfsr``
        and ``step_shift``, which makes every step smaller by a power of two.
    traces : of the last sample, for the inputs and each hidden layer.
    others_wrong : what :meth:`sample` makes of a right answer with feedback ``reward``; that of
        `spec` after a load.
    counts : see :class:`Counts`.

    Raises
    ------
    ConfigError, RuleError
        a rule is not known, or not of the right form.
    TypeError, ValueError
        a weight of unknown layer, or of wrong kind, shape or range.
    """

    def __init__(
        self, spec: LearningNetworkSpec, weights: Mapping[str, ArrayLike] | None = None
    ) -> None:
        self.spec = spec
        for layer in spec.layers:
            check_learning_rule(load_rule(layer.rule.family))
        self._rules = [resolve(spec.rule(index)) for index in range(len(spec.layers))]
        self._times = spike_time(spec)
        self._neurons = [
            hidden_neuron(layer, spec.current_format(n)) for n, layer in enumerate(spec.hidden)
        ]
        self._errors = class_error(spec.output, spec.score_format)
        self._signals = [
            learning_signal(layer, spec.feedback_format(n)) for n, layer in enumerate(spec.hidden)
        ]
        self._ages = [next_age(layer, spec.trace_format) for layer in spec.hidden]
        self._gates = [gated_signal(layer, spec.trace_format, spec.steps) for layer in spec.hidden]
        self._steps = [step_size(spec, index) for index in range(len(spec.layers))]
        self.load(weights or {})

    # --- state ------------------------------------------------------------------------------------

    @property
    def layout(self) -> Layout:
        """Least and greatest value and shape of each field of the state, by space and name."""
        layout: Layout = {}
        for index, layer in enumerate(self.spec.layers):
            shape, most = (self.spec.rows(index), layer.neurons), layer.max_weight
            fields = {"weight": (-most, most, shape), "learn": (0, 1, ())}
            if isinstance(layer, HiddenLayerSpec):
                fields["age"] = (0, layer.age_format.hi, (layer.neurons,))
            layout[layer.name] = fields
        layout["control"] = {
            "lfsr": (1, (1 << REGISTER_BITS) - 1, ()),  # from 0 it never gets away
            "step_shift": (0, (1 << STEP_SHIFT_BITS) - 1, ()),
        }
        return layout

    @property
    def learners(self) -> Sequence[LearningLayerSpec]:
        """All layers."""
        return self.spec.layers

    @property
    def first_registers(self) -> dict[str, int]:
        """The seed of the random bits."""
        return {"lfsr": self.spec.noise_seed}

    def load(self, weights: Mapping[str, ArrayLike]) -> None:
        """Write the weights, by layer, and put all else to its state after a reset."""
        super().load(weights)
        names = [layer.name for layer in self.spec.layers]
        self.others_wrong = self.spec.others_wrong
        self.counts = Counts(words=dict.fromkeys(names, 0), events=dict.fromkeys(names, 0))
        self.traces: list[Integers] = [np.zeros(n, np.int64) for n in self.spec.sizes[:-1]]
        self._near: list[Integers] = [
            np.zeros(layer.neurons, np.int64) for layer in self.spec.hidden
        ]
        self._answer = Answer(0, 0, np.zeros(self.spec.output.neurons, np.int64))

    @property
    def step_shift(self) -> int:
        """By how many powers of two all steps are smaller than the layers' shifts say."""
        return int(self.state["control"]["step_shift"])

    @step_shift.setter
    def step_shift(self, shift: int) -> None:
        self.set_register("step_shift", shift, "step_shift")

    # --- a sample ---------------------------------------------------------------------------------

    def answer(self, values: ArrayLike, *, explore: bool = False) -> Answer:
        """The answer to a sample; with `explore` it may be a random one.

        Parameters
        ----------
        values : shape (inputs,), of `value_bits` bits.
        explore : whether the network may explore, if it has `exploration`.

        Raises
        ------
        TypeError, ValueError
            a value of another kind, shape or range.
        """
        spec = self.spec
        low, high = spec.value_format.lo, spec.value_format.hi
        integers = checked("values", values, (spec.inputs,), low, high).astype(np.int64)
        times = unit_outputs(self._times, value=integers)["time"]
        times = np.append(times, np.zeros(int(spec.bias), np.int64))
        scores = self._forward(times)
        winner = int(np.argmax(scores))
        played = self._explored(winner) if explore and spec.exploration else winner
        self._answer = Answer(winner, played, scores)
        return self._answer

    def _forward(self, times: Integers) -> Integers:
        """All steps of a sample; the scores of the classes."""
        spec = self.spec
        weights = [self.state[layer.name]["weight"] for layer in spec.layers]
        traces = [spec.steps - times, *(np.zeros(n, np.int64) for n in spec.sizes[1:-1])]
        potentials = [np.zeros(layer.neurons, np.int64) for layer in spec.hidden]
        ramp = np.zeros(spec.hidden[0].neurons, np.int64)
        scores = np.zeros(spec.output.neurons, np.int64)
        for step in range(spec.steps):
            spikes = times == step
            for index in range(len(spec.hidden)):
                current = weights[index][spikes].sum(0)
                if index == 0:
                    ramp = current = ramp + current
                outputs = unit_outputs(
                    self._neurons[index], potential=potentials[index], current=current
                )
                potentials[index], self._near[index] = outputs["potential"], outputs["near"]
                traces[index + 1] = traces[index + 1] + outputs["spike"]
                spikes = outputs["spike"] == 1
            scores = within("score", scores + weights[-1][spikes].sum(0), spec.score_format)
        self.traces = [within("trace", trace, spec.trace_format) for trace in traces]
        self.counts.events[spec.layers[0].name] += int(np.count_nonzero(traces[0]))
        for layer, trace in zip(spec.layers[1:], traces[1:], strict=True):
            self.counts.events[layer.name] += int(trace.sum())
        return scores

    def _explored(self, winner: int) -> int:
        """The winner, or a random class."""
        state = int(self.state["control"]["lfsr"])
        for _ in range(REGISTER_BITS):
            state = galois_step(state)
        self.state["control"]["lfsr"] = np.array(state)
        if state & 0xFF >= self.spec.exploration:
            return winner
        return (state >> 8) * self.spec.output.neurons >> 8

    def learn(self, label: int, *, right: bool = True, single: bool = False) -> None:
        """Learn from the last answer.

        Parameters
        ----------
        label : a class.
        right : whether the label is the right class.
        single : whether only this is known; else all other classes are wrong.
        """
        self._check_label(label)
        classes = np.arange(self.spec.output.neurons)
        known = (classes == label) | (not single)
        errors = unit_outputs(
            self._errors,
            score=self._answer.scores,
            target=((classes == label) & right).astype(np.int64),
            known=known.astype(np.int64),
        )["error"]
        self.counts.samples += 1
        if not errors.any():
            return
        self.counts.errors += 1
        self._backward(errors)

    def _check_label(self, label: int) -> None:
        """ValueError for what is no class."""
        if not 0 <= label < self.spec.output.neurons:
            raise ValueError(f"label must be in [0, {self.spec.output.neurons - 1}], not {label}")

    def _backward(self, signal: Integers) -> None:
        """Pass the errors of the readout back, and update what learns."""
        spec = self.spec
        learning = [index for index, one in enumerate(spec.layers) if self.state[one.name]["learn"]]
        for index in reversed(range(min(learning, default=len(spec.layers)), len(spec.layers))):
            weight = self.state[spec.layers[index].name]["weight"]
            below = self._signal(index - 1, weight @ signal) if index > learning[0] else signal
            if index in learning:
                self._update(index, signal)
            signal = below

    def _signal(self, index: int, feedback: Integers) -> Integers:
        """The gated signals of a hidden layer's neurons, whose ages go on."""
        fields, trace = self.state[self.spec.hidden[index].name], self.traces[index + 1]
        signal = unit_outputs(self._signals[index], feedback=feedback)["signal"]
        age = fields["age"] = unit_outputs(self._ages[index], trace=trace, age=fields["age"])["age"]
        near = self._near[index]
        gated: Integers = unit_outputs(
            self._gates[index], trace=trace, near=near, age=age, signal=signal
        )["gated"]
        self.counts.rescued += int(((trace == 0) & (near == 0) & (gated > 0)).sum())
        return gated

    def _update(self, index: int, signal: Integers) -> None:
        """Update a layer's weights, word by word in the order of the module's docstring."""
        layer, trace = self.spec.layers[index], self.traces[index]
        rows = np.flatnonzero(trace)
        if index == 0:  # by step, and the highest input first
            rows = np.array(sorted(rows.tolist(), key=lambda row: (-trace[row], -row)), np.int64)
        groups = [
            group
            for group in range(layer.groups)
            if signal[group * layer.lanes : (group + 1) * layer.lanes].any()
        ]
        if not len(rows) or not groups:
            return
        columns = np.concatenate(
            [
                np.arange(group * layer.lanes, min((group + 1) * layer.lanes, layer.neurons))
                for group in groups
            ]
        )
        numbers = np.fromiter(self._noise(len(rows) * len(groups)), np.int64)
        place = np.searchsorted(groups, columns // layer.lanes)
        noise = numbers.reshape(len(rows), len(groups))[:, place]
        count = {"count": np.array(np.count_nonzero(trace))} if index == 0 else {}
        shift = unit_outputs(self._steps[index], step_shift=np.array(self.step_shift), **count)[
            "shift"
        ]
        fields = self.state[layer.name]
        where = np.ix_(rows, columns)
        rule, params = self._rules[index]
        forms = rule.input_formats(params)
        inputs = {
            "trace": trace[rows][:, None],
            "signal": signal[columns][None, :],
            "shift": shift,
            "noise": noise,
        }
        for name, values in inputs.items():
            within(f"{layer.name}: {name}", values, forms[name])
        update = rule.apply(OPS, {"weight": fields["weight"][where]}, inputs, params)["weight"]
        fields["weight"][where] = within(f"{layer.name}: weight", update, layer.weight_format)
        self.counts.words[layer.name] += len(rows) * len(groups)

    def _noise(self, words: int) -> Iterable[int]:
        """The noise of so many words; the register moves on."""
        state = int(self.state["control"]["lfsr"])
        for _ in range(words):
            yield state & (1 << self.spec.noise_bits) - 1
            state = galois_step(state)
        self.state["control"]["lfsr"] = np.array(state)

    # --- samples with their classes ---------------------------------------------------------------

    def sample(self, values: ArrayLike, target: int | None = None) -> int:
        """The class that is played for a sample; with its right class it is learned from.

        With feedback ``reward`` the network is told no more than whether the played class is right.
        """
        answer = self.answer(values, explore=target is not None)
        if target is None:
            return answer.played
        if self.spec.feedback == "label":
            self.learn(target)
        else:
            right = answer.played == target
            self.learn(answer.played, right=right, single=not (right and self.others_wrong))
        return answer.played

    def run(self, values: ArrayLike, targets: ArrayLike | None = None) -> Integers:
        """The played classes of S samples.

        Parameters
        ----------
        values : shape (S, inputs).
        targets : shape (S,), the right classes; None: nothing is learned.
        """
        samples = np.asarray(values)
        if targets is None:
            return np.array([self.sample(each) for each in samples], np.int64)
        right = checked("targets", targets, (len(samples),), 0, self.spec.output.neurons - 1)
        pairs = zip(samples, right, strict=True)
        return np.array([self.sample(each, int(target)) for each, target in pairs], np.int64)
