r"""A recurrent layer that learns on the chip with e-prop, step by step, in exact integers.

A sample is a sequence of steps. In front of its first one everything but weights, settings and the
random register becomes 0. A step takes a spike or none on each of n lines, and a class if one is
told. The recurrent layer of H neurons has n + H rows: the lines, then its own neurons::

    1. rows      s_i = spike of line i in this step; behind them z_j of delay_j steps before, with
                 delay_j = 1 + (j mod max_delay); what lies before the sample is 0
       synapses  {weight_ij, eligibility_ij} and the rows' traces by the rule (`e_prop`), with s_i
                 and slope_j, signal_j of the step before
    2. neurons   I_j = sum of weight_ij * s_i over the rows, with the weights of before step 1
                 potential_j, z_j, slope_j, trace_j by `recurrent_neuron`
    3. readout   y_k by `score_leak`, + sum of w_jk over the neurons with z_j = 1
                 the answer is the class with the largest y, the lowest of equals
    4. errors    with a class told: e_k by `class_error`
    5. learning  with an error that is not 0: signal_j by `feedback_signal`, with the weights as
                 they were, and w_jk = rule(w_jk, trace_j, e_k) (`error_triggered`);
                 else every signal_j is 0

A layer that is frozen keeps its weights: the recurrent one takes every signal for 0. What step t
says to a synapse (slope, signal) changes it in step t + 1, with the sweep that adds up the
currents; what the last step of a sample says is not learned.

The noise of a word, `lanes` synapses of a row side by side (in the readout all classes of a
neuron), is the low `NOISE_BITS` bits of the register (`galois_step`), which then takes a step. In
each step all words of the recurrent layer draw, group by group of neurons and row by row in a
group; then, with an error, those of the readout, neuron by neuron.

Equations follow Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass 2020
(doi:10.1038/s41467-020-17236-y) and, for hardware, Frenkel & Indiveri 2022 (ReckOn,
doi:10.1109/ISSCC42614.2022.9731734). Deviations: time constants are powers of two; errors are those
of a squared hinge with a dead zone, not of a softmax; weights change a step later; thresholds do
not adapt, and firing rates are not regularised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sc_model.arithmetic.learning import class_error, galois_step
from sc_model.arithmetic.recurrent import (
    check_rules,
    feedback_signal,
    recurrent_neuron,
    score_leak,
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
from sc_model.spec import Locality
from sc_model.spec.learning import RecurrentNetworkSpec
from sc_model.spec.learning.layers import LearningLayerSpec
from sc_model.spec.learning.learning_network import REGISTER_BITS
from sc_model.spec.learning.recurrent_network import NOISE_BITS, SETTING, SHIFT_FORMAT

Integers = NDArray[np.int64]
UNTOLD = -1  # the target of a step in which no class is told


@dataclass
class Counts:
    """What was done since the last load.

    Members
    -------
    steps, errors : steps, and those with an error that is not 0.
    synapses : updates of synapses of the recurrent layer, and of the readout.
    spikes : of the recurrent layer.
    """

    steps: int = 0
    errors: int = 0
    synapses: int = 0
    spikes: int = 0


@cache
def _orbit() -> tuple[Integers, Integers]:
    """The register's states from 1 on, twice, and the place of each state in them."""
    states, state = [], 1
    for _ in range((1 << REGISTER_BITS) - 1):
        states.append(state)
        state = galois_step(state)
    orbit = np.array(states, np.int64)
    place = np.zeros(1 << REGISTER_BITS, np.int64)
    place[orbit] = np.arange(len(orbit))
    return np.concatenate([orbit, orbit]), place


class RecurrentNetwork(Learner):
    """A recurrent layer and a readout.

    Parameters
    ----------
    spec : sizes, widths and constants.
    weights : by layer; of the recurrent one shape (inputs + neurons, neurons), of the readout
        (neurons, classes); -`max_weight` to `max_weight`; missing ones are 0.

    Members
    -------
    state : the complete state between two samples, by space and name. The space of a layer holds
        ``weight`` and ``learn`` (0: frozen), that of the recurrent one ``eligibility`` and what
        else its rule keeps of a synapse; ``control`` holds ``lfsr``, ``hidden_shift`` and
        ``readout_shift``, the sizes of steps as powers of two.
    scores : y of each class after the last step.
    counts : see :class:`Counts`.

    Raises
    ------
    ConfigError, RuleError
        a rule is not known, or not of the right form.
    TypeError, ValueError
        a weight of unknown layer, or of wrong kind, shape or range.
    """

    def __init__(
        self, spec: RecurrentNetworkSpec, weights: Mapping[str, ArrayLike] | None = None
    ) -> None:
        self.spec = spec
        check_rules(spec, load_rule(spec.hidden.rule.family), load_rule(spec.readout.rule.family))
        self._rule, self._params = resolve(spec.hidden_rule)
        self._readout_rule, self._readout_params = resolve(spec.readout_rule)
        self._delays = np.array(spec.hidden.delays)
        self._neuron = recurrent_neuron(spec)
        self._leak = score_leak(spec)
        self._error = class_error(spec.readout, spec.score_format)
        self._feedback = feedback_signal(spec)
        formats = self._rule.state_formats(self._params)
        self._fields = {
            field.name: formats[field.name]
            for field in self._rule.state
            if field.locality is Locality.SYNAPSE
        }
        self._pre = [field.name for field in self._rule.state if field.locality is Locality.PRE]
        self.load(weights or {})

    # --- state ------------------------------------------------------------------------------------

    @property
    def layout(self) -> Layout:
        """Least and greatest value and shape of each field of the state, by space and name."""
        spec, hidden = self.spec, self.spec.hidden
        shape = (spec.rows, hidden.neurons)
        fields = {name: (form.lo, form.hi, shape) for name, form in self._fields.items()}
        fields["weight"] = (-hidden.max_weight, hidden.max_weight, shape)
        most = spec.readout.max_weight
        shift = (SHIFT_FORMAT.lo, SHIFT_FORMAT.hi, ())
        return {
            hidden.name: {**fields, "learn": (0, 1, ())},
            spec.readout.name: {
                "weight": (-most, most, (hidden.neurons, spec.readout.neurons)),
                "learn": (0, 1, ()),
            },
            "control": {
                "lfsr": (1, (1 << REGISTER_BITS) - 1, ()),  # from 0 it never gets away
                "hidden_shift": shift,
                "readout_shift": shift,
            },
        }

    @property
    def learners(self) -> Sequence[LearningLayerSpec]:
        """The recurrent layer and the readout."""
        return self.spec.hidden, self.spec.readout

    @property
    def first_registers(self) -> dict[str, int]:
        """The seed of the random bits, and the sizes of steps."""
        return {
            "lfsr": self.spec.noise_seed,
            "hidden_shift": self.spec.hidden.shift,
            "readout_shift": self.spec.readout.shift,
        }

    def load(self, weights: Mapping[str, ArrayLike]) -> None:
        """Write the weights, by layer, and put all else to its state after a reset."""
        super().load(weights)
        self.counts = Counts()
        self._begin()

    def restore(self, state: Mapping[str, Mapping[str, ArrayLike]]) -> None:
        """Set the state to that of a checkpoint, see :meth:`Learner.restore`; a sample begins."""
        super().restore(state)
        self._begin()

    def set_shift(self, layer: str, shift: int) -> None:
        """Set the size of a layer's steps: signal * trace * 2^-`shift`, 0 to 15."""
        name = "hidden_shift" if layer == self.spec.hidden.name else "readout_shift"
        self.set_register(name, shift, f"shift of {layer}")

    @property
    def shifts(self) -> dict[str, int]:
        """The sizes of steps, as powers of two: `hidden_shift` and `readout_shift`."""
        control = self.state["control"]
        return {name: int(control[name]) for name in ("hidden_shift", "readout_shift")}

    # --- steps ------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """What a sample begins with: all but weights, settings and the register is 0."""
        neurons, classes = self.spec.hidden.neurons, self.spec.readout.neurons
        self._past = np.zeros((self.spec.hidden.max_delay, neurons), np.int64)  # the newest first
        self._rows = {name: np.zeros(self.spec.rows, np.int64) for name in self._pre}
        self._potential, self._spike, self._slope, self._trace, self._signal = (
            np.zeros(neurons, np.int64) for _ in range(5)
        )
        self.scores = np.zeros(classes, np.int64)
        hidden = self.state[self.spec.hidden.name]
        for name in self._fields:
            if name != "weight":
                hidden[name] = np.zeros_like(hidden[name])

    def step(self, spikes: Integers, target: int = UNTOLD) -> int:
        """A step of a sample; the class with the largest sum.

        Parameters
        ----------
        spikes : shape (inputs,), 0 or 1.
        target : the class that is told; `UNTOLD`: none.
        """
        rows = np.concatenate([spikes, self._past[self._delays - 1, np.arange(len(self._delays))]])
        weight = self.state[self.spec.hidden.name]["weight"]
        current = weight[rows == 1].sum(0)
        self._sweep(rows)
        outputs = unit_outputs(
            self._neuron,
            potential=self._potential,
            spike=self._spike,
            trace=self._trace,
            current=current,
        )
        self._potential, self._spike, self._trace, self._slope = (
            np.asarray(outputs[name]) for name in ("potential", "spike", "trace", "slope")
        )
        self._past = np.concatenate([self._spike[None], self._past[:-1]])
        out = self.state[self.spec.readout.name]["weight"]
        decayed = unit_outputs(self._leak, score=self.scores)["score"]
        self.scores = within(
            "score", decayed + out[self._spike == 1].sum(0), self.spec.score_format
        )
        self._learn(target)
        self.counts.steps += 1
        self.counts.spikes += int(self._spike.sum())
        return int(np.argmax(self.scores))

    def _sweep(self, rows: Integers) -> None:
        """Step 1: synapses and traces of rows by the rule."""
        spec = self.spec
        fields, lanes = self.state[spec.hidden.name], spec.hidden.lanes
        numbers = self._noise(spec.hidden.groups * spec.rows)
        noise = numbers.reshape(spec.hidden.groups, spec.rows).T
        signal = self._signal * fields["learn"]
        update = self._rule.apply(
            OPS,
            {name: fields[name] for name in self._fields}
            | {name: values[:, None] for name, values in self._rows.items()},
            {
                "pre_spike": rows[:, None],
                "slope": self._slope[None, :],
                "signal": signal[None, :],
                "noise": noise[:, np.arange(spec.hidden.neurons) // lanes],
                SETTING: self.state["control"]["hidden_shift"],
            },
            self._params,
        )
        for name, form in self._fields.items():
            fields[name] = within(f"{spec.hidden.name}: {name}", update[name], form)
        self._rows = {name: np.asarray(update[name])[:, 0] for name in self._pre}
        self.counts.synapses += fields["weight"].size

    def _learn(self, target: int) -> None:
        """Steps 4 and 5: errors, signals, and the readout's update."""
        spec, fields = self.spec, self.state[self.spec.readout.name]
        classes = np.arange(spec.readout.neurons)
        self._signal = np.zeros(spec.hidden.neurons, np.int64)
        if target == UNTOLD:
            return
        error = unit_outputs(
            self._error, score=self.scores, target=(classes == target).astype(np.int64), known=1
        )["error"]
        if not error.any():
            return
        self.counts.errors += 1
        weight = fields["weight"]
        values = {f"weight_{number}": weight[:, number] for number in classes}
        values |= {f"error_{number}": error[number] for number in classes}
        self._signal = np.asarray(unit_outputs(self._feedback, **values)["signal"])
        noise = self._noise(spec.hidden.neurons)
        if fields["learn"]:
            inputs = {
                "trace": self._trace[:, None],
                "signal": error[None, :],
                "shift": self.state["control"]["readout_shift"],
                "noise": noise[:, None],
            }
            update = self._readout_rule.apply(OPS, {"weight": weight}, inputs, self._readout_params)
            form = spec.readout.weight_format
            fields["weight"] = within(f"{spec.readout.name}: weight", update["weight"], form)
            self.counts.synapses += weight.size

    def _noise(self, words: int) -> Integers:
        """The noise of so many words; the register moves on."""
        orbit, place = _orbit()
        first = int(place[self.state["control"]["lfsr"]])
        period = len(orbit) // 2
        self.state["control"]["lfsr"] = orbit[(first + words) % period].copy()
        places = (first + np.arange(words)) % period
        numbers: Integers = orbit[places] & (1 << NOISE_BITS) - 1
        return numbers

    # --- samples ----------------------------------------------------------------------------------

    def sample(self, spikes: ArrayLike, targets: ArrayLike | None = None) -> Integers:
        """The answers of a sample's steps; see :meth:`run`."""
        classes = None if targets is None else np.asarray(targets)[None]
        answers: Integers = self.run(np.asarray(spikes)[None], classes)[0]
        return answers

    def run(self, spikes: ArrayLike, targets: ArrayLike | None = None) -> Integers:
        """The answers of S samples of T steps, shape (S, T).

        Parameters
        ----------
        spikes : shape (S, T, inputs), 0 or 1.
        targets : shape (S, T), the class that is told in a step, or `UNTOLD`; None: none is.

        Raises
        ------
        TypeError, ValueError
            values of another kind, shape or range.
        """
        samples, classes = self._samples(spikes, targets)
        answers = np.zeros(classes.shape, np.int64)
        for number, sample in enumerate(samples):
            self._begin()
            for step, lines in enumerate(sample):
                answers[number, step] = self.step(lines, int(classes[number, step]))
        return answers

    def _samples(self, spikes: ArrayLike, targets: ArrayLike | None) -> tuple[Integers, Integers]:
        """Spikes and targets of samples as integers."""
        array = np.asarray(spikes)
        shape = array.shape
        if array.ndim != 3 or shape[2] != self.spec.inputs:
            raise ValueError(
                f"spikes must have shape (samples, steps, {self.spec.inputs}), not {shape}"
            )
        lines = checked("spikes", array, shape, 0, 1).astype(np.int64)
        if targets is None:
            return lines, np.full(shape[:2], UNTOLD, np.int64)
        most = self.spec.readout.neurons - 1
        return lines, checked("targets", targets, shape[:2], UNTOLD, most).astype(np.int64)
