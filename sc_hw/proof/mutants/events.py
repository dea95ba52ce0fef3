# amaranth: UnusedElaboratable=no
"""Mutants of a layer of the event engine: of its parts, and of what joins them."""

from __future__ import annotations

from typing import Any

from sc_hw.events.scanner import CHUNK
from sc_hw.proof.blocks.network.parts import EVENT_LANES, READER, SCANNER, SEQUENCER, WIPER
from sc_hw.proof.mutants.mutant import Mutant
from sc_hw.proof.mutants.network import ANY, text_mutant
from sc_hw.proof.mutants.wiring import wiring_mutant
from sc_model.spec import Design, NetworkSpec


def _first_event_layer(network: NetworkSpec) -> str:
    layer = next(layer for layer in network.layers if layer.engine == "events")
    return f"spike_network.layer_{layer.name}"


def _without_events(design: Design) -> str | None:
    layers = () if design.network is None else design.network.layers
    has_events = any(layer.engine == "events" for layer in layers)
    return None if has_events else "the network has no layer with engine 'events'"


def _sliced(network: NetworkSpec) -> list[int]:
    """Layers that take their spikes in slices."""
    return [index for index in range(len(network.layers)) if network.slices(index)]


def _gives_slices(network: NetworkSpec) -> list[int]:
    """Layers whose spikes leave in slices."""
    return [index for index in range(len(network.layers)) if network.o_slices(index)]


def _searched(network: NetworkSpec) -> list[str]:
    """Layers whose scanner takes its columns in slices."""
    layers = [network.layers[index] for index in _sliced(network)]
    return [layer.name for layer in layers if layer.engine == "events"]


def _first_scanner_of_slices(network: NetworkSpec) -> str:
    return f"spike_network.layer_{_searched(network)[0]}.scanner"


def _first_queue_of_slices(network: NetworkSpec) -> str:
    return f"spike_network.layer_{network.layers[_gives_slices(network)[0]].name}.slices"


def _without_slices(design: Design) -> str | None:
    has = design.network is not None and _searched(design.network)
    return None if has else "no event layer of the network takes its spikes in slices"


def _without_slices_of_a_step(design: Design) -> str | None:
    has = design.network is not None and design.network.slices()
    return None if has else "a step of the network is one word"


def _without_a_queue(design: Design) -> str | None:
    has = design.network is not None and _gives_slices(design.network)
    return None if has else "no layer of the network gives its spikes in slices"


def _side_by_side(network: NetworkSpec) -> list[str]:
    """Layers that decide several neurons in a clock."""
    return [layer.name for layer in network.layers if layer.neurons_a_clock > 1]


def _first_side_by_side(network: NetworkSpec) -> str:
    return f"spike_network.layer_{_side_by_side(network)[0]}"


def _one_after_the_other(design: Design) -> str | None:
    has = design.network is not None and _side_by_side(design.network)
    return None if has else "no layer of the network decides several neurons in a clock"


def _behind_an_image(network: NetworkSpec) -> list[int]:
    """Layers whose columns come place by place."""
    return [index for index in _sliced(network) if network.place_order(index)]


def _first_order_of_columns(network: NetworkSpec) -> str:
    return f"spike_network.layer_{network.layers[_behind_an_image(network)[0]].name}.order"


def _without_images(design: Design) -> str | None:
    has = design.network is not None and _behind_an_image(design.network)
    return None if has else "no layer of the network takes the spikes of a convolution in slices"


def _cleared(spec: Any) -> str | None:
    if spec.max_delay:
        return "sums are set to 0 with delays, and never overwritten"
    sparse = spec.CONNECTIVITY == "sparse"
    return "sums of a sparse layer are set to 0, and never overwritten" if sparse else None


def _never_cleared(spec: Any) -> str | None:
    return None if _cleared(spec) else "sums are overwritten, and never set to 0"


def _one_chunk(spec: Any) -> str | None:
    return f"the layer has {CHUNK} columns or fewer" if spec.columns <= CHUNK else None


def _at_once(spec: Any) -> str | None:
    if spec.CONNECTIVITY != "full":
        return "the layer has a sequencer of its own kind"
    return "an event of the layer has one or two words" if spec.groups <= 2 else None


def _not_spaced(spec: Any) -> str | None:
    spaced = spec.CONNECTIVITY == "full" and spec.groups > 1
    return None if spaced else "the scanner gives an event in each clock"


def _without_delays(spec: Any) -> str | None:
    return None if spec.max_delay else "the layer has no delays"


MUTANTS: tuple[Mutant, ...] = (
    text_mutant(
        ANY,
        EVENT_LANES,
        "sum of another tick",
        "a tick's first event is added to the sum of an earlier tick",
        (r"assign empty = [^;]+;", "assign empty = fetch & ~counts;"),
        applies=_cleared,
    ),
    text_mutant(
        ANY,
        EVENT_LANES,
        "unused sums count",
        "partial sums to which no event of the tick has gone count",
        (r"assign empty = [^;]+;", "assign empty = first & ~fetch;"),
        applies=_cleared,
    ),
    text_mutant(
        ANY,
        EVENT_LANES,
        "sums stay",
        "a bank of sums keeps what was fetched, for a tick to come",
        (r"assign clears = [^;]+;", "assign clears = wipe_d3;"),
        applies=_never_cleared,
    ),
    text_mutant(
        ANY,
        EVENT_LANES,
        "delay of one lane",
        "a lane's products go to the bank of a synapse without a delay",
        (r"assign ahead_0 = (place_d2\S*) \+ [^;]+;", r"assign ahead_0 = \1;"),
        applies=_without_delays,
    ),
    text_mutant(
        ANY,
        EVENT_LANES,
        "ring without an end",
        "a delayed product goes on behind the last bank, not to the first one",
        (r"ahead_0 >= ", "1'h0 & ahead_0 >= "),
        applies=_without_delays,
    ),
    text_mutant(
        ANY,
        WIPER,
        "one sum is left",
        "after a reset the first sum is not set to 0",
        (r"assign wipe = ([^;]+);", r"assign wipe = (\1) & |place;"),
        applies=_never_cleared,
    ),
    text_mutant(
        ANY,
        EVENT_LANES,
        "weight beside it",
        "an event adds the weights of another word than its own",
        (
            r"assign addr = address \| host_address;",
            "assign addr = (address | host_address) ^ 1'h1;",
        ),
    ),
    text_mutant(
        ANY,
        SCANNER,
        "event again and again",
        "the first column of a chunk is still there behind its event",
        (r"= ~ lowest(?:\[0\])?\s*;", "= ~ 1'h0;"),
    ),
    text_mutant(
        ANY,
        SCANNER,
        "columns in one event",
        "all columns of a chunk are in one event",
        (r"(assign lowest = [^&;]*) & [^;]+;", r"\1;"),
    ),
    text_mutant(
        ANY,
        SCANNER,
        "scanner stands still",
        "the scanner does not go on behind a chunk of columns without an event",
        (r"\bnumber <= [^;]+;", "number <= 0;"),
        applies=_one_chunk,
    ),
    text_mutant(
        ANY,
        SCANNER,
        "event behind its transfer",
        "an event stays at the scanner's output when it has been taken",
        (r"if \(o_event__ready\)", "if (1'h0)"),
        applies=_not_spaced,
    ),
    text_mutant(
        ANY,
        SEQUENCER,
        "one word of an event",
        "an event ends behind its first word, whatever the number of groups",
        (r"\bat_last <= [^;]+;", "at_last <= 1'h1;"),
        applies=_at_once,
    ),
    text_mutant(
        ANY,
        SEQUENCER,
        "event and fetch at once",
        "an event's word is issued in the clock in which the neurons' sums are fetched",
        (r"assign issue = busy & [^;]+;", "assign issue = busy;"),
    ),
    text_mutant(
        ANY,
        SEQUENCER,
        "sums never begin anew",
        "no event counts as the first one of a tick",
        (r"assign first = [^;]+;", "assign first = 1'h0;"),
        applies=_cleared,
    ),
    text_mutant(
        ANY,
        READER,
        "all sets count",
        "sets of sums without an event are read as if they had one",
        (r"\b(held|counts) <= [^;]+;", r"\1 <= ~0;"),
    ),
    wiring_mutant(
        "one bank for two ticks",
        "the events of the next tick go to the sums that the neurons take",
        _first_event_layer,
        (r"\bbank <= [^;]+;", "bank <= 1'h0;"),
        _without_events,
    ),
    wiring_mutant(
        "hand-over too early",
        "the neurons take sums while products are in flight",
        _first_event_layer,
        (r"assign hands_over = [^;]+;", "assign hands_over = ended & ~deciding & ~waiting;"),
        _without_events,
    ),
    wiring_mutant(
        "a tick too far ahead",
        "the scanner takes in a tick while two are on their way to the neurons",
        _first_event_layer,
        (r"\bahead <= [^;]+;", "ahead <= 1'h0;"),
        _without_events,
    ),
    wiring_mutant(
        "slice over a slice",
        "a slice is taken while spikes of the one before are left",
        _first_scanner_of_slices,
        (r"assign wants = [^;]+;", "assign wants = scanning;"),
        _without_slices,
    ),
    wiring_mutant(
        "step of a slice",
        "the slices of a step have numbers of several steps",
        lambda network: "spike_network.stamp",
        (r"\bpart <= [^;]+;", "part <= ~0;"),
        _without_slices_of_a_step,
    ),
    wiring_mutant(
        "a slice of a tick",
        "the spikes of a tick are packed into its last slice alone",
        _first_queue_of_slices,
        (r"assign complete = [^;]+;", "assign complete = valid & last;"),
        _without_a_queue,
    ),
    wiring_mutant(
        "a slice too soon",
        "a slice is offered when the one before it is taken, whether it is complete or not",
        _first_queue_of_slices,
        (r"\boffered <= [^;]+;", "offered <= 1'h1;"),
        _without_a_queue,
    ),
    wiring_mutant(
        "lanes of one pipeline",
        "of the neurons of a clock all take the sum of the first one",
        _first_side_by_side,
        (r"\.sums\(\\sums\S* \)", ".sums(sums)"),
        _one_after_the_other,
    ),
    wiring_mutant(
        "one place for all",
        "columns behind a convolution have the numbers of its first place",
        _first_order_of_columns,
        (r"\bfound <= [^;]+;", "found <= 0;"),
        _without_images,
    ),
)
