"""What is claimed of the bus of each chain: every lane's signal, in the clock that the lane needs.

Clocks are counted from a synapse's turn, as in the claims about a lane (`LaneFacts`), and from a
group's end for tokens.
"""

from __future__ import annotations

from typing import Any

from sc_hw.proof.blocks.plastic.facts import LayerFacts
from sc_hw.proof.blocks.plastic.wiring.feed import token
from sc_hw.proof.blocks.plastic.wiring.glue import Glue, Next
from sc_hw.proof.facts import Field
from sc_model.graph.smt import K
from sc_model.spec import Placement

REGISTERS = {"evaluates": 1}  # and its bits

# `end` is high in the clock after a group's last row.
_END = 1
# A step's modulators stand 2 clocks after its first synapse's turn.
_STEP = 2

# Fields that act by themselves and not beside another: a reset clears them on their way.
_STROBES = (
    *("write_en", "write_early_en", "look", "take", "capture", "load", "shift", "sample"),
    "drive",
)


def prove_bus(glue: Glue, facts: LayerFacts, place: Placement) -> None:
    """Add the claims about the buses of all chains, and about the values that enter them."""
    glue.registers(
        "whose sums",
        "until the next token it is known whether the sums that come out are a step's",
        {
            "evaluates": Next(
                glue.choice(token(glue, 0), glue.at("sequencer.end"), glue.at("evaluates")), None
            )
        },
    )
    for chain in range(place.chains):
        expected = _fields(glue, facts, place, chain)
        name = f"chain_{chain}.bus"
        bus = glue.at(name)
        for kind, running in (("strobes", False), ("data", True)):
            rows = [row for row in facts.bus if (row.name in _STROBES) != running]
            _prove_fields(glue, f"bus {chain}, {kind}", name, bus, rows, expected, running)
        glue.outputs(
            f"values into chain {chain}",
            "the values of the neuron whose turn it is enter the chain",
            {f"chain_{chain}.shift_in": glue.wide("outputs.values", f"chain_{chain}.shift_in")},
            running=False,
        )


def _prove_fields(
    glue: Glue,
    name: str,
    output: str,
    bus: Any,
    rows: list[Field],
    expected: dict[str, Any],
    running: bool,
) -> None:
    """Claim some fields of a bus."""
    when = "while nothing resets" if running else "also through resets"
    glue.fields(
        name,
        f"in each clock {', '.join(row.name for row in rows)} are what the lanes need, {when}",
        output,
        {
            row.name: (
                glue.t(K.BV_EXTRACT, bus, indices=(row.offset + row.width - 1, row.offset)),
                expected[row.name],
            )
            for row in rows
        },
        running=running,
    )


def _fields(glue: Glue, facts: LayerFacts, place: Placement, chain: int) -> dict[str, Any]:
    """What the fields of a chain's bus must be, by name."""
    return {
        **_of_all_chains(glue, facts),
        **_of_modulators(glue, facts),
        **_of_one_chain(glue, facts, place, chain),
    }


def _address(glue: Glue, ago: int, width: int) -> Any:
    """The number of the word that is worked on: the host's while it reads a lane."""
    word = glue.low(glue.at("host.word", ago), width)
    return glue.choice(
        glue.at("host.slot", ago), word, glue.low(glue.at("sequencer.address", ago), width)
    )


def _write_address(glue: Glue, clocks: int, width: int) -> Any:
    """The address of a write: that of an update, or that of a load, a clock behind its strobe."""
    loads = glue.strobe(lambda ago: glue.at("host.load_synapse_d", ago), 1)
    word = glue.low(glue.at("host.word_d", 1), width)
    return glue.choice(loads, word, _address(glue, clocks, width))


def _of_all_chains(glue: Glue, facts: LayerFacts) -> dict[str, Any]:
    """The fields that all chains share."""
    lane = facts.lane
    widths = {row.name: row.width for row in facts.bus}
    bits = widths["read"]
    # The address is registered as often as the memory answers early.
    fetch = lane.fetch - lane.read_at

    def delayed(name: str, clocks: int) -> Any:
        return glue.strobe(lambda ago: glue.at(name, ago), clocks)

    def group_end(ago: int, host: str) -> Any:
        return glue.any_of(glue.at("sequencer.end", ago), glue.at(f"host.{host}", ago))

    def sample(ago: int) -> Any:
        number = glue.at("number", ago)
        return glue.all_of(glue.at("feeding", ago), glue.equal(number, glue.at("host.number", ago)))

    return {
        "read": _address(glue, lane.read_at, bits),
        "write": _write_address(glue, lane.write_weight + 1, bits),
        "write_en": delayed("sequencer.issue", lane.write_weight),
        "read_late": _address(glue, lane.weight_fetched - fetch, bits),
        "write_early": _write_address(glue, lane.write_others + 1, bits),
        "write_early_en": delayed("sequencer.issue", lane.write_others),
        "look": delayed("host.look", lane.fetch),
        "clear": glue.all_of(glue.at("cleared_trial"), glue.no(glue.at("sequencer.at_start", 1))),
        "take": glue.strobe(lambda ago: group_end(ago, "take"), lane.take),
        "capture": glue.strobe(lambda ago: group_end(ago, "capture"), facts.summed - _END),
        "load_number": glue.low(glue.at("host.number"), widths["load_number"]),
        "load_data": glue.low(glue.at("host.data"), widths["load_data"]),
        "shift": delayed("feeding", facts.feed),
        "evaluate": glue.at("evaluates", 1),
        "sample": glue.strobe(sample, facts.feed),
        "last": glue.at("sequencer.last", lane.write_weight + 1),
    }


def _of_modulators(glue: Glue, facts: LayerFacts) -> dict[str, Any]:
    """The step's modulators."""
    fields = {}
    for value, port in facts.lane.ports.items():
        if port.port == f"mod_{value}":
            fields[port.port] = glue.at(f"step_{value}", port.clock - _STEP)
    return fields


def _of_one_chain(glue: Glue, facts: LayerFacts, place: Placement, chain: int) -> dict[str, Any]:
    """The fields that come from the memory at the chain's head, and its load."""
    lane, head = facts.lane, f"inputs_{chain}"
    rows = rows_of(place, chain)

    def spike(ago: int) -> Any:
        return glue.at(f"{head}.spike", ago)

    # The head shows a row's values `fetch` clocks after its turn.
    drive = glue.strobe(spike, lane.weight_fetched - lane.fetch)
    weigh = glue.strobe(lambda ago: glue.at("host.weigh", ago), lane.weight_fetched)
    here = glue.is_number(glue.at("host.chain"), chain)
    row = glue.at("sequencer.row", lane.write_weight + 1)
    lacks = glue.const(0) if rows == place.rows else glue.no(glue.below(row, rows))
    fields = {
        "drive": glue.any_of(drive, weigh),
        "load": glue.all_of(glue.at("host.load_synapse_d"), here),
        "absent": lacks,
    }
    for value, port in lane.ports.items():
        ago = port.clock - lane.fetch
        if port.port == "pre_spike":
            fields["pre_spike"] = spike(ago)
        elif port.port == f"pre_{value}":
            (place_of,) = (each for each in facts.pre if each.name == value)
            word = glue.at(f"{head}.fields_out", ago)
            high = place_of.offset + place_of.width - 1
            fields[port.port] = glue.t(K.BV_EXTRACT, word, indices=(high, place_of.offset))
    return fields


def rows_of(place: Placement, chain: int) -> int:
    """Inputs of a chain: row r of chain c is input c x rows + r, if there is one."""
    return max(0, min(place.rows, place.inputs - chain * place.rows))
