"""The claims about the register behind random inputs hold, and wrong hardware is refuted."""

from __future__ import annotations

from pathlib import Path

import pytest
from amaranth.hdl import Cat, Module

from sc_hw.build.emit import to_verilog
from sc_hw.proof.blocks.random_source import RandomBits, prove_random_source
from sc_hw.proof.netlist import parse_btor, read_back
from sc_hw.proof.prover import Prover
from sc_hw.proof.verdicts import PROVED, REFUTED
from sc_hw.synapse.random_source import RandomSource
from sc_model.graph.smt import Terms
from sc_model.spec import IntFormat

FIELDS = {"noise": IntFormat(15)}
KEPT: list[Terms] = []  # the solver crashes where terms outlive their manager


class OneShort(RandomSource):
    """Shifts by one place less: a bit comes twice."""

    def elaborate(self, platform: object) -> Module:
        inner = RandomSource({"noise": IntFormat(14)})
        m = Module()
        m.submodules.inner = inner
        m.d.comb += [
            inner.step.eq(self.step),
            inner.restart.eq(self.restart),
            inner.host.load.eq(self.host.load),
            inner.host.seed.eq(self.host.seed),
            self.host.state.eq(inner.host.state),
            self.word.eq(Cat(inner.word, inner.host.state[14])),
        ]
        return m


def verdicts(source: RandomSource, folder: Path) -> dict[str, str]:
    file = folder / "source.v"
    file.write_text(to_verilog(source, "random_source", None), encoding="utf-8")
    KEPT.append(Terms())
    net = parse_btor(read_back(file, "random_source", folder, "source"), KEPT[-1])
    prover = Prover(KEPT[-1], 20.0)
    register = net.state_of("host__state")
    prove_random_source(
        RandomBits(prover, FIELDS),
        step=prover.on(net.inputs["step"]),
        restart=prover.on(net.inputs["restart"]),
        rst=prover.on(net.inputs["rst"]),
        register=net.states[register],
        following=net.following[register],
        load=prover.on(net.inputs["host__load"]),
        seed=net.inputs["host__seed"],
    )
    return {claim.name: claim.verdict for claim in prover.claims}


def test_the_register_is_proved(tmp_path: Path) -> None:
    assert set(verdicts(RandomSource(FIELDS), tmp_path).values()) == {PROVED}


def test_a_shift_that_is_one_short_is_refuted(tmp_path: Path) -> None:
    found = verdicts(OneShort(FIELDS), tmp_path)
    assert found.pop("random: step") == REFUTED
    assert set(found.values()) == {PROVED}


@pytest.mark.parametrize("bits", [1, 32])
def test_no_number_of_shifts_leads_to_0(bits: int, tmp_path: Path) -> None:
    KEPT.append(Terms())
    prover = Prover(KEPT[-1], 20.0)
    random = RandomBits(prover, {"noise": IntFormat(bits)})
    register = KEPT[-1].var("register", 32)
    claim = prover.claim(
        "never 0",
        "",
        prover.both(
            prover.no(prover.equals(register, 0)), prover.equals(random.shifted(register), 0)
        ),
    )
    assert claim.verdict == PROVED
