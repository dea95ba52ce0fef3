"""Amaranth says nothing of a 9-bit value assigned to 8 bits: here every assignment of every
component is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from amaranth.hdl import Fragment, Module, Shape, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from support import CONFIGS, RULE, params_of, random_params

import sc_hw.fabric.datapath
from sc_hw.fabric.datapath import Datapath, shape_of
from sc_hw.fabric.families import Family, family_names, load_family
from sc_hw.fabric.primitives import BlockRAM, PipelinedMultiplier
from sc_hw.network.cdc import DEPTHS, WordCrossing
from sc_hw.synapse.bank import SynapseBank, compiled_graph
from sc_hw.synapse.lane import SynapseLane
from sc_hw.synapse.sequencer import Sequencer
from sc_model.graph import REWRITES, Graph, rewrite, trace
from sc_model.graph.rewrite import product_as_adder_tree
from sc_model.spec import RuleParams

PARAMS = [*(params_of(values) for values in CONFIGS), *random_params(11, 3)]


@dataclass
class Recorder:
    """Assignments of components: how many were made, and those whose value is wider than what it is
    assigned to.
    """

    monkeypatch: pytest.MonkeyPatch

    def narrowings(
        self, make: Callable[[], wiring.Component], platform: Family | None = None
    ) -> list[str]:
        """Silent narrowings of a component and all its submodules, as text."""
        found: list[str] = []
        self.assignments = 0
        original = Value.eq

        def eq(target: Value, value: object, *, src_loc_at: int = 0) -> object:
            self.assignments += 1
            given = Value.cast(value)
            if len(given) > len(target):
                found.append(
                    f"{target!r} has {len(target)} bits, its value {len(given)}: {given!r}"
                )
            return original(target, value, src_loc_at=src_loc_at + 1)

        with self.monkeypatch.context() as patch:
            patch.setattr(Value, "eq", eq)
            Fragment.get(make(), platform)
        assert self.assignments, "no assignment was seen: the recorder does not work"
        return found


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder(monkeypatch)


def names(values: object) -> str:
    return str(values) if isinstance(values, RuleParams) else ""


@pytest.mark.parametrize("params", PARAMS, ids=names)
def test_lane_narrows_nothing_silently(params: RuleParams, recorder: Recorder) -> None:
    assert recorder.narrowings(lambda: SynapseLane(RULE, params)) == []
    assert recorder.assignments > 20


@pytest.mark.parametrize("params", PARAMS, ids=names)
def test_bank_narrows_nothing_silently(params: RuleParams, recorder: Recorder) -> None:
    for name in family_names():
        family = load_family(name)
        platform = None if name == "generic" else family
        assert (
            recorder.narrowings(
                lambda family=family: SynapseBank(RULE, params, 20, family), platform
            )
            == []
        )
        assert recorder.assignments > 50


@pytest.mark.parametrize("synapses", [1, 2, 3, 16, 17, 65_536])
def test_bank_of_any_depth(synapses: int, recorder: Recorder) -> None:
    params = params_of({})
    for name in ("generic", "ecp5"):
        family = load_family(name)
        assert (
            recorder.narrowings(
                lambda family=family: SynapseBank(RULE, params, synapses, family), family
            )
            == []
        )


@pytest.mark.parametrize("address_width", [1, 2, 7, 16])
@pytest.mark.parametrize("span", [4, 5, 8, 9, 33])
def test_sequencer(address_width: int, span: int, recorder: Recorder) -> None:
    assert recorder.narrowings(lambda: Sequencer(address_width, span)) == []


@pytest.mark.parametrize("depth", DEPTHS)
def test_crossing_narrows_nothing(recorder: Recorder, depth: int) -> None:
    assert recorder.narrowings(lambda: WordCrossing(5, depth)) == []


@pytest.mark.parametrize("depth", [1, 2, 3, 1025, 65_536])
def test_primitives(depth: int, recorder: Recorder) -> None:
    for platform in (None, *(load_family(name) for name in family_names())):
        assert recorder.narrowings(lambda: BlockRAM(depth, 52), platform) == []
        for stages in (2, 3, 5):
            assert (
                recorder.narrowings(
                    lambda stages=stages: PipelinedMultiplier(9, 13, stages), platform
                )
                == []
            )


# --- every node's signal has the shape of its interval --------------------------------------------


def graphs(params: RuleParams) -> Iterator[tuple[Graph, Family | None]]:
    for form in ((), REWRITES, (product_as_adder_tree, *REWRITES)):
        yield rewrite(trace(RULE, params), form), None
    for name in family_names():
        yield compiled_graph(RULE, params, load_family(name)), load_family(name)


def misshapen(datapath: Datapath, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nodes whose signal (in any stage) has another shape than their interval needs."""
    found: list[str] = []
    emitters: list[sc_hw.fabric.datapath._Emitter] = []
    original = sc_hw.fabric.datapath._Emitter.__init__

    def init(self: sc_hw.fabric.datapath._Emitter, *args: object) -> None:
        original(self, *args)  # type: ignore[arg-type]
        emitters.append(self)

    with monkeypatch.context() as patch:
        patch.setattr(sc_hw.fabric.datapath._Emitter, "__init__", init)
        Fragment.get(datapath, None)
    (emitter,) = emitters
    seen = {index for index, _ in emitter.values}
    for (index, stage), value in emitter.values.items():
        form = datapath.graph.nodes[index].interval.format
        wanted = signed(form.width) if form.signed else Shape(form.width)
        if value.shape() != wanted:
            found.append(
                f"{emitter.name(index)} in stage {stage} has {value.shape()}, not {wanted}"
            )
    found += [
        f"node {i} has no signal"
        for i, node in enumerate(datapath.graph.nodes)
        if i not in seen and node.op != "const"
    ]
    return found


@pytest.mark.parametrize("params", PARAMS, ids=names)
def test_every_node_has_the_shape_of_its_interval(
    params: RuleParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    for graph, family in graphs(params):
        assert misshapen(Datapath(graph, family.delay if family else None), monkeypatch) == []


# --- components that are wrong on purpose ---------------------------------------------------------


class Narrow(wiring.Component):
    """Nine bits assigned to eight, at the top or in a submodule, combinational or registered."""

    def __init__(self, domain: str, deep: bool = False) -> None:
        self.domain, self.deep = domain, deep
        super().__init__({"i": In(8), "o": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if self.deep:
            m.submodules.inner = inner = Narrow(self.domain)
            m.d.comb += [inner.i.eq(self.i), self.o.eq(inner.o)]
        else:
            m.d[self.domain] += self.o.eq(self.i + 1)
        return m


@pytest.mark.parametrize("domain", ["comb", "sync"])
@pytest.mark.parametrize("deep", [False, True])
def test_a_silent_narrowing_is_caught(domain: str, deep: bool, recorder: Recorder) -> None:
    expected = "(sig o) has 8 bits, its value 9: (+ (sig i) (const 1'd1))"
    assert recorder.narrowings(lambda: Narrow(domain, deep)) == [expected]


def test_a_datapath_that_does_not_spell_its_narrowings_is_caught(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`fit` cuts in words; without it the datapath relies on Amaranth's silence."""
    monkeypatch.setattr(sc_hw.fabric.datapath, "fit", lambda value, width: value)
    assert recorder.narrowings(lambda: SynapseLane(RULE, params_of({"trace_decay_shift": 3})))


def test_a_lane_with_a_narrow_register_is_caught(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Signal

    def narrow(shape: object = None, **named: object) -> Signal:
        if named.get("name") == "weight_q":
            shape = 15
        return original(shape, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("sc_hw.synapse.lane.Signal", narrow)
    found = recorder.narrowings(lambda: SynapseLane(RULE, params_of({})))
    assert found
    assert all(text.startswith("(sig weight_q) has 15 bits, its value 16:") for text in found)


def test_a_signal_of_another_width_than_its_interval_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = shape_of
    monkeypatch.setattr(
        sc_hw.fabric.datapath,
        "shape_of",
        lambda interval: (
            original(interval) if interval.lo >= 0 else Shape(original(interval).width)
        ),
    )
    assert misshapen(Datapath(rewrite(trace(RULE, params_of({})))), monkeypatch)
