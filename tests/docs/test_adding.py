"""The blocks of docs/adding.md are what the page says: each is loaded and used."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from amaranth.sim import Simulator
from support import ROOT

from sc_hw.bitstream.build import board_variant
from sc_hw.boards import Board
from sc_hw.boards.resources import ports_of
from sc_hw.build.elaborate import elaborate
from sc_hw.fabric.families import Family, family_names
from sc_hw.fabric.targets import Target
from sc_hw.proof.mutants.mutant import EQUIVALENT, Mutant
from sc_model.graph import IntOps, trace_function
from sc_model.layer_kinds import layer_kind_plugins
from sc_model.rules import rule_plugins
from sc_model.spec import Design
from sc_model.spec.host import HostSpec

PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.S | re.M))


def module_of(section: str) -> Any:
    """The one Python block of a section, run as a module."""
    (text,) = re.findall(r"^```python\n(.*?)^```", SECTIONS[section], flags=re.S | re.M)
    module = ModuleType("page")
    exec(text, module.__dict__)
    return module


def test_target() -> None:
    (target,) = module_of("A target").TARGETS
    assert isinstance(target, Target)
    assert target.family in family_names()
    assert target.limits[0].what == "clock tree"
    covered = {pattern for limit in target.limits for pattern in limit.cells}
    assert {*target.cells.bram, *target.cells.dsp} - set(target.absent) <= covered


def test_board() -> None:
    (board,) = module_of("A board").BOARDS
    assert isinstance(board, Board)
    assert [port.name for port in ports_of(board)][:3] == ["clock", "rx", "tx"]
    assert board_variant(Design(name="a", block="lane"), board).host.clock_mhz == 48


def test_door() -> None:
    """A write and a read by APB's two phases, of the registers behind the page's door."""
    door = module_of("A door").DOOR
    component = door.component(HostSpec(door="apb"), 12e6)
    assert set(door.ports(component)) >= {"psel", "penable", "paddr", "pready", "pslverr"}
    answers = []

    async def bench(context: Any) -> None:
        # one is acknowledged, the next refused
        for adr, word, answer in ((0x14, 7, "ack"), (0x18, 8, "err")):
            for port, value in (("psel", 1), ("penable", 0), ("pwrite", 1)):
                context.set(getattr(component, port), value)
            context.set(component.paddr, adr)
            context.set(component.pwdata, word)
            assert context.get(component.bus.cyc) == 0  # the setup phase is no access
            context.set(component.penable, 1)
            assert context.get(component.bus.stb) == 1
            assert context.get(component.pready) == 0
            context.set(getattr(component.bus, answer), 1)
            bus = component.bus
            answers.append((context.get(bus.adr), context.get(bus.dat_w), context.get(bus.we)))
            answers.append((context.get(component.pready), context.get(component.pslverr)))
            context.set(getattr(component.bus, answer), 0)

    simulator = Simulator(component)
    simulator.add_testbench(bench)
    simulator.run()
    assert answers == [(5, 7, 1), (1, 0), (6, 8, 1), (1, 1)]


def test_family() -> None:
    (family,) = module_of("A family").FAMILIES
    assert isinstance(family, Family)
    assert family.delay.carry_bits == 12


def test_neuron() -> None:
    unit = module_of("A neuron").neuron
    graph = trace_function(
        unit.name,
        unit.inputs,
        unit.outputs,
        lambda ops, values: unit.function(ops, SimpleNamespace(**values)),
    )
    assert "potential_next" in graph.lets
    potential, spikes = 0, []
    for _ in range(20):
        result = unit.apply(IntOps(), {"potential": potential, "current": 100})
        potential = result["potential"]
        spikes.append(result["spike"])
    assert sum(spikes) == 1


def test_mutant(tmp_path: Path) -> None:
    (mutant,) = module_of("A mutant").MUTANTS
    assert isinstance(mutant, Mutant)
    build = elaborate(Design(name="a", block="lane"), tmp_path)
    assert mutant.applies(build.design) is None
    (tmp_path / "mutant").mkdir()
    trial = mutant.make(build, tmp_path / "mutant")
    assert trial.compare(10.0) != EQUIVALENT
    assert any(claim["verdict"] == "refuted" for claim in trial.prove(10.0))


ROWS = re.findall(r"^\| (\w[\w ]*) \| `(.*?)` \| (.*?) ?\| (.*) \|$", PAGE, re.M)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_table(row: tuple[str, str, str, str]) -> None:
    """Folders exist, files in them define what the table says, and groups are asked for."""
    kind, folder, group, defines = row
    files = [file.read_text(encoding="utf-8") for file in (ROOT / folder).glob("[a-z]*.py")]
    for name in re.findall(r"`(\w+)`", defines):
        assert any(re.search(rf"^(def |class )?{name}\b", text, re.M) for text in files), name
    for name in re.findall(r"`(.*?)`", group):
        used = (ROOT / folder / "__init__.py").read_text(encoding="utf-8")
        assert f'"{name}"' in used or name == folder.strip("/").replace("/", "."), kind


def test_entry_points_of_the_page() -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.S | re.M)
    (group,) = tomllib.loads(text)["project"]["entry-points"]
    assert group == "sc_hw.targets"
    assert {plugin.group for plugin in (*rule_plugins(), *layer_kind_plugins())} == {
        "sc_model.rules",
        "sc_model.layer_kinds",
    }


def test_files_that_the_page_names_exist() -> None:
    for name in re.findall(r"`([\w/]+\.(?:py|json))`", PAGE):
        places = (ROOT / name, ROOT / "sc_model" / "layer_kinds" / name)
        assert any(place.exists() for place in places), name
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
