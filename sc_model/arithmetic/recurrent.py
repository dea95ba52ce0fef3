r"""What a recurrent network computes beside its rules: neurons, readout and learning signals.

A neuron is `sc_model.arithmetic.lif` with a leak by shift and a reset by subtraction, and gives its
pseudo-derivative, a triangle over the distance of the potential from the threshold (Bellec et al.
2020, doi:10.1038/s41467-020-17236-y), in `slope_bits` bits::

    slope = clamp((threshold - |v' - threshold|) >> slope_shift, 0, 2^slope_bits - 1)

The readout's leaky sum of a class takes up the weights of the neurons that spike in the step, and
its trace of a neuron the spikes, with the same time constant::

    score'  = score - (score >> readout_shift) + sum of weights
    trace'  = min(trace - ceil(trace / 2^readout_shift) + trace_increment * spike, 255)

The learning signal of a neuron is the sum of weight * error over the classes, rounded and clamped
by `sc_model.arithmetic.learning.learning_signal`: symmetric feedback.
"""

from __future__ import annotations

from typing import Any

from sc_model.arithmetic.learning import BIT, learning_signal
from sc_model.arithmetic.lif import lif_unit
from sc_model.arithmetic.unit import Unit
from sc_model.spec import IntFormat, Locality, Ops, Rule
from sc_model.spec.errors import RuleError
from sc_model.spec.learning import RecurrentNetworkSpec
from sc_model.spec.learning.recurrent_network import SETTING, TRACE_FORMAT
from sc_model.spec.rule_kit import decay, decay_to_zero


def check_rules(spec: RecurrentNetworkSpec, hidden: Rule, readout: Rule) -> None:
    """RuleError where the layers' rules have not what a recurrent network gives and asks of them.

    `hidden`, `readout` : the rules that the layers of `spec` choose.
    """
    contract = {"pre_spike": "pre", "slope": "post", "signal": "post", "noise": "synapse"}
    localities = {item.name: str(item.locality) for item in hidden.inputs}
    settings = [setting.name for setting in hidden.settings]
    fields = {field.name: field.locality for field in hidden.state}
    if (
        localities != contract
        or settings != [SETTING]
        or fields.get("weight") is not Locality.SYNAPSE
        or Locality.POST in fields.values()
    ):
        raise RuleError(
            f"rule '{hidden.family}' must have the field weight, no field of locality post, the"
            f" inputs {', '.join(contract)} and the run-time parameter {SETTING} for the recurrent"
            f" layer, not the fields {', '.join(fields)}, the inputs {', '.join(localities)} and"
            f" the run-time parameters {', '.join(settings) or 'none'}."
        )
    inputs = sorted(item.name for item in readout.inputs)
    names = [field.name for field in readout.state]
    if names != ["weight"] or inputs != ["noise", "shift", "signal", "trace"]:
        raise RuleError(
            f"rule '{readout.family}' must have the field weight and the inputs noise, shift,"
            f" signal, trace for a readout, not the fields {', '.join(names)} and the inputs"
            f" {', '.join(inputs)}."
        )
    for rule, parameters in ((hidden, spec.hidden_parameters), (readout, spec.readout_parameters)):
        known = rule.params_type.model_fields
        if missing := [name for name in parameters if name not in known]:
            raise RuleError(
                f"the Params of rule '{rule.family}' must have {', '.join(parameters)} in a"
                f" recurrent network, which sets them, and there is no {', '.join(missing)}."
            )


def recurrent_neuron(spec: RecurrentNetworkSpec) -> Unit:
    """A step of a neuron: ``potential``, ``spike`` (of the step before), ``trace`` (the readout's)
    and ``current`` to ``potential``, ``spike``, ``trace`` and ``slope``.
    """
    hidden, potential = spec.hidden, spec.potential_format
    lif = lif_unit(hidden.neuron, spec.current_format)
    state = {"potential": potential, "spike": BIT, "trace": TRACE_FORMAT}

    def run(ops: Ops, now: Any) -> dict[str, Any]:
        membrane = lif.apply(
            ops,
            {
                "potential": now.potential,
                "fired": now.spike,
                "current": now.current,
                "threshold": hidden.threshold,
            },
        )
        above = ops.let("above", membrane["potential"] - hidden.threshold)
        distance = ops.let("distance", ops.mux(above < 0, -above, above))
        near = (hidden.threshold - distance) >> hidden.slope_shift
        decayed = decay_to_zero(ops, now.trace, spec.readout_shift, TRACE_FORMAT.hi)
        increment = ops.mux(membrane["ready"], spec.trace_increment, 0)
        return {
            "potential": membrane["potential"],
            "spike": membrane["ready"],
            "trace": ops.clamp(decayed + increment, 0, TRACE_FORMAT.hi),
            "slope": ops.clamp(near, 0, hidden.slope_format.hi),
        }

    return Unit(
        "recurrent neuron",
        {**state, "current": spec.current_format},
        {**state, "slope": hidden.slope_format},
        dict.fromkeys(state, 0),
        run,
    )


def score_leak(spec: RecurrentNetworkSpec) -> Unit:
    """What a step leaves of a class's sum: ``score`` to ``score``."""
    form = spec.score_format

    def run(ops: Ops, now: Any) -> dict[str, Any]:
        del ops
        return {"score": decay(now.score, spec.readout_shift)}

    return Unit("score leak", {"score": form}, {"score": form}, {"score": 0}, run)


def feedback_signal(spec: RecurrentNetworkSpec) -> Unit:
    """The learning signal of a neuron: ``weight_<class>`` and ``error_<class>`` to ``signal``."""
    readout = spec.readout
    classes = range(readout.neurons)
    width = readout.weight_bits + readout.error_format.width + (readout.neurons - 1).bit_length()
    signal = learning_signal(spec.hidden, IntFormat(width, signed=True))

    def run(ops: Ops, now: Any) -> dict[str, Any]:
        total: Any = 0
        for number in classes:
            product = getattr(now, f"weight_{number}") * getattr(now, f"error_{number}")
            total = ops.let(f"feedback_{number}", product + total)
        return signal.apply(ops, {"feedback": total})

    weight = IntFormat(readout.weight_bits, signed=True)
    inputs = {f"weight_{number}": weight for number in classes}
    inputs |= {f"error_{number}": readout.error_format for number in classes}
    return Unit("feedback signal", inputs, {"signal": spec.hidden.signal_format}, {}, run)
