"""A commented rule file to start from, and a design that uses it."""

from __future__ import annotations

from pathlib import Path

from sc_hw.commands.new import checked_design, commented
from sc_hw.files import PathLike, write_text
from sc_model.rules import load_rule, rule_families
from sc_model.spec import ConfigError, Design

_RULE = '''\
"""Pair-based STDP with additive steps: @NAME@.

One step, every shift towards minus infinity:

    potentiation = pre_trace  >> up_shift     if post_spike else 0
    depression   = post_trace >> down_shift   if pre_spike  else 0
    weight'      = saturate(weight + potentiation - depression, unsigned weight_bits)
    trace'       = trace - (trace >> decay_shift), or max_trace at a spike of its own
"""

from pydantic import Field

from sc_model.spec.rule import Locality, RuleInput, StateField
from sc_model.spec.rule_kit import WeightAndTraceParams, float_follow, follow, vectors_for

FAMILY = "@NAME@"  # the rule's name in reports


# What a design may set. WeightAndTraceParams brings weight_bits (16) and trace_bits (12), and from
# them max_weight and max_trace. Each field needs a default: VECTORS are worked for the defaults.
class Params(WeightAndTraceParams):
    decay_shift: int = Field(default=4, ge=0, description="time constant of about 2^D steps")
    up_shift: int = Field(default=4, ge=0, description="potentiation is pre_trace >> this")
    down_shift: int = Field(default=4, ge=0, description="depression is post_trace >> this")


# What is kept from step to step: a name, the parameter that holds its width in bits, and what it
# belongs to. A layer stores a field of locality PRE once an input and one of POST once a neuron.
STATE = (
    StateField("weight", "weight_bits", loadable=True),  # a user can set it
    StateField("pre_trace", "trace_bits", locality=Locality.PRE),
    StateField("post_trace", "trace_bits", locality=Locality.POST),
)

# What comes in at every step: spikes of 1 bit, or numbers, as RuleInput("reward", "reward_bits",
# signed=True).
INPUTS = (
    RuleInput("pre_spike", locality=Locality.PRE),
    RuleInput("post_spike", locality=Locality.POST),
)


# One step. The function runs on integers, arrays, hardware and terms of a proof: there is no `if`
# on a value but ops.mux(condition, if_true, if_false), and shifts are by constants.
def update(ops, state, inputs, params):
    top, shift = params.max_trace, params.decay_shift
    up = ops.mux(inputs.post_spike, state.pre_trace >> params.up_shift, 0)
    down = ops.mux(inputs.pre_spike, state.post_trace >> params.down_shift, 0)
    # ops.let names a value: a signal in the waves, a row in a counterexample
    change = ops.let("change", up - down)
    return {
        # without the clamp a weight could leave its field: `sc-hw` would say so, with this line
        "weight": ops.clamp(state.weight + change, 0, params.max_weight),
        "pre_trace": follow(
            ops, "pre_trace", state.pre_trace, inputs.pre_spike,
            shift=shift, increment=top, top=top,
        ),
        "post_trace": follow(
            ops, "post_trace", state.post_trace, inputs.post_spike,
            shift=shift, increment=top, top=top,
        ),
    }


# The same in real numbers, without rounding: it shows what rounding costs, and is never hardware.
def float_update(ops, state, inputs, params):
    top, shift = params.max_trace, params.decay_shift
    up = ops.mux(inputs.post_spike, state.pre_trace * 2.0**-params.up_shift, 0.0)
    down = ops.mux(inputs.pre_spike, state.post_trace * 2.0**-params.down_shift, 0.0)
    return {
        "weight": ops.clamp(state.weight + up - down, 0, params.max_weight),
        "pre_trace": float_follow(
            ops, state.pre_trace, inputs.pre_spike, shift=shift, increment=top, top=top
        ),
        "post_trace": float_follow(
            ops, state.post_trace, inputs.post_spike, shift=shift, increment=top, top=top
        ),
    }


# Steps worked by hand for the default parameters: why, state before, inputs, state after. They are
# checked whenever the rule is loaded. Have one for each limit.
vector = vectors_for(STATE, INPUTS)
VECTORS = (
    vector("all zero stays zero", (0, 0, 0), (0, 0), (0, 0, 0)),
    # 4095 - (4095 >> 4) = 4095 - 255 = 3840
    vector("decay without spikes", (100, 4095, 4095), (0, 0), (100, 3840, 3840)),
    # 1000 + (800 >> 4) = 1050; 800 - 50 = 750
    vector("post after pre: potentiation", (1000, 800, 0), (0, 1), (1050, 750, 4095)),
    # 1000 - (800 >> 4) = 950
    vector("pre after post: depression", (1000, 0, 800), (1, 0), (950, 4095, 750)),
    # 65500 + 255 = 65755 > 65535
    vector("weight saturates upwards", (65500, 4095, 0), (0, 1), (65535, 3840, 4095)),
    # 200 - 255 < 0
    vector("weight saturates downwards", (200, 0, 4095), (1, 0), (0, 4095, 3840)),
)
'''

_DESIGN = """\
# @WHAT@ that runs the rule of @NAME@.py.
[design]
name = "@NAME@"
block = "@BLOCK@"  # @OTHERS@; see `sc-hw new --help`
@SIZE@
[rule]
family = "@NAME@.py"  # a path, from this file's folder; parameters of the rule may follow
"""

# what a design file says of its own block, and of the others
_WHAT = {
    "lane": "A lane (one synapse in registers)",
    "bank": "A bank (many synapses in block RAM)",
    "layer": "A layer (dense, with its neurons)",
}
_OTHERS = {
    "lane": "lane: one synapse",
    "bank": "bank: many synapses in block RAM",
    "layer": "layer: with neurons",
}

_LISTED = "lane, bank or layer"

_NEXT = """\
wrote {rule} and {design}
next: sc-hw prove {design}       proves the hardware equal to the rule, and shows that it can fail
      sc-hw cosim {design}       runs the Verilog against the rule
      sc-hw estimate {design} --target ice40-up5k --seeds 1    what it costs
Then edit {rule} and prove it again; docs/writing_a_rule.md explains each part."""


def new_rule(
    name: str,
    folder: PathLike = Path(),
    *,
    block: str = "lane",
    synapses: int = 1024,
    inputs: int = 64,
    neurons: int = 16,
    lanes: int = 1,
) -> str:
    """Write `<name>.py`, a rule that works, and `<name>.toml`, a design that uses it.

    Parameters
    ----------
    block : ``lane``, ``bank`` or ``layer``.
    synapses : size of a bank.
    inputs, neurons, lanes : size of a layer.

    Returns
    -------
    What was written and what to type next, for a person.

    Raises
    ------
    ConfigError
        the name is not allowed or is that of an installed rule, the block or a size is not allowed,
        or one of the files exists: nothing is overwritten.
    """
    if block not in _WHAT:
        raise ConfigError(f"the block of a new rule must be {_LISTED}, not '{block}'.")
    values = checked_design(
        name, block=block, synapses=synapses, inputs=inputs, neurons=neurons, lanes=lanes
    )
    if name in rule_families():
        raise ConfigError(f"rule family '{name}' is installed already; choose another name.")
    rule, design = Path(folder) / f"{name}.py", Path(folder) / f"{name}.toml"
    for path, what in ((rule, "rule"), (design, "design")):
        if path.exists():
            raise ConfigError(
                f"{what} file {path} exists already; choose another name or remove it."
            )
    write_text(rule, _RULE.replace("@NAME@", name))
    write_text(design, _design_text(values))
    load_rule(str(rule.absolute()))
    return _NEXT.format(rule=rule, design=design)


def _design_text(design: Design) -> str:
    """The design file: the block with its size, and the rule by its path."""
    size = [f"synapses = {design.synapses}  # 1 to 65,536", ""] if design.block == "bank" else [""]
    size += commented("layer", design.layer) + commented("neuron", design.neuron)
    values = {
        "NAME": design.name,
        "WHAT": _WHAT[design.block],
        "BLOCK": design.block,
        "OTHERS": "; ".join(text for block, text in _OTHERS.items() if block != design.block),
        "SIZE": "\n".join(size),
    }
    text = _DESIGN
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
