"""The clocks of a plastic layer hold what its parts assume of one another, for every size."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sc_hw.plastic.chain import ChainTiming
from sc_hw.plastic.lane_plan import FETCH, LaneTiming
from sc_hw.plastic.neurons import NeuronTiming
from sc_hw.plastic.timing import LayerTiming
from sc_model.spec import Placement

CLOCKS = st.integers(1, 60)


@given(
    place=st.tuples(st.integers(2, 1 << 14), st.integers(2, 1 << 12), st.integers(1, 512)),
    cluster=st.integers(1, 64),
    fetched=st.integers(FETCH, 40),
    late=CLOCKS,
    adding=st.integers(3, 6),
    firing=CLOCKS,
    traces=st.tuples(CLOCKS, CLOCKS),
    competes=st.booleans(),
    memory=st.sampled_from(("joined", "split", "single_port")),
)
@example(  # a register behind each lane: only the read of a neuron's spike holds such a group up
    place=(2, 3, 9),
    cluster=1,
    fetched=3,
    late=1,
    adding=3,
    firing=3,
    traces=(1, 1),
    competes=False,
    memory="joined",
)
@settings(max_examples=300)
def test_timing_of_every_size(
    place: tuple[int, int, int],
    cluster: int,
    fetched: int,
    late: int,
    adding: int,
    firing: int,
    traces: tuple[int, int],
    competes: bool,
    memory: str,
) -> None:
    """`LayerTiming`, for any latencies: what the parts' claims assume of one another."""
    rows, groups, columns = place
    hops = -(-columns // cluster)
    write, pre, post = fetched + late, *traces
    evaluated = adding + firing + 3
    timing = LayerTiming(
        Placement(inputs=rows, neurons=groups * columns, chains=1, columns=columns),
        LaneTiming(fetched, write, span=write + 2),
        ChainTiming(columns, cluster),
        NeuronTiming(adding, firing, competes),
        inputs_span=FETCH + pre + 3,
        outputs_latency=post,
        single_port=memory == "single_port",
    )
    slots = timing.slots
    assert slots > rows
    assert (
        groups * slots == timing.sweep >= timing.span
    )  # no synapse is read before its write has landed
    assert slots >= FETCH + pre + 3  # nor a row's fields
    assert memory != "single_port" or slots % 2 == 0  # even rows stay in even clocks
    # In clocks after a group's end, at any lane: the last value is shifted in (and the last sum
    # out) at `last_shift`, and stands in the chain's register a clock later. The next group's end
    # takes the values, FETCH clocks after it at the earliest, and captures the sums.
    last_shift = fetched + 3 + columns - 1
    assert timing.first_shift + columns - 1 == last_shift
    assert slots + FETCH > last_shift
    assert slots + fetched + 1 > last_shift
    # The last neuron of a step is decided on before the first of the next looks at who has fired.
    assert slots + adding >= columns - 1 + evaluated
    # In clocks after a group's end: neuron k of it is asked about (its spike is read) at `asked` +
    # k, when the values of the group after the next are fetched; its sum is out of the chain at
    # `out` + k, and what it has become is written by `out` + k + evaluated. A later step asks
    # `groups` - 2 groups after that; with 2 groups at the same end, which is before the write.
    asked, out = fetched - 2 + 2, fetched + 3 + hops + 1
    if groups > 2:
        assert (groups - 2) * slots + asked > out + evaluated
    else:
        assert asked < out + evaluated < 2 * slots + asked
    if competes or groups > 2:
        # the winner of a step is known before the step after the next begins to ask
        assert (groups - 1) * slots + fetched - 2 > out + columns - 1 + evaluated
    # The host samples the last sum, a clock after it is out, and the last new value can be read
    # 2 clocks after it has left its pipeline.
    assert timing.settle > out + columns - 1
    assert timing.settle >= last_shift + post + 2
    # The host waits for the last sum and the last write of a step.
    assert timing.drain >= last_shift + hops + evaluated
    assert timing.drain >= write + hops + 2


def test_timing_of_a_small_layer_worked_by_hand() -> None:
    """20 rows, 3 groups of 2 neurons: the read of a neuron's last spike makes a group longer."""
    timing = LayerTiming(
        Placement(inputs=40, neurons=6, chains=2, columns=2),
        LaneTiming(weight_fetched=3, write_weight=9, span=11),
        ChainTiming(columns=2, cluster=4),
        NeuronTiming(adding=3, firing=4, competes=True),
        inputs_span=9,
        outputs_latency=2,
        single_port=False,
    )
    # hops 1 + evaluated 10 + fetched 3 + 12, in one group; the rows and their pause need 21
    assert timing.slots == 26
    assert timing.sweep == 78
    assert timing.decided == 3 + 2 + 1 + 3 + 4 + 5 + 1
    assert timing.decision == 2 * 26 + 19
    assert timing.settle == 3 + 4 + 2 + 1 + 2 + 8
    assert timing.drain == 19 + 3 + 4


def test_single_port_memory_makes_groups_even() -> None:
    timings = [
        LayerTiming(
            Placement(inputs=2 * rows, neurons=8, chains=2, columns=2),
            LaneTiming(weight_fetched=3, write_weight=9, span=11),
            ChainTiming(columns=2, cluster=4),
            NeuronTiming(adding=3, firing=4, competes=False),
            inputs_span=9,
            outputs_latency=2,
            single_port=single_port,
        )
        for rows in (100, 101)
        for single_port in (False, True)
    ]
    assert [timing.slots for timing in timings] == [101, 102, 102, 102]


def test_a_winner_is_done_a_clock_later() -> None:
    each, winner = NeuronTiming(3, 5, competes=False), NeuronTiming(3, 5, competes=True)
    assert (each.latency, each.done, winner.latency, winner.done) == (11, 9, 11, 10)


def test_hops_of_a_chain() -> None:
    assert [ChainTiming(columns, 4).hops for columns in (1, 4, 5, 8, 9)] == [1, 1, 2, 2, 3]
    assert ChainTiming(9, 4).out == 4
