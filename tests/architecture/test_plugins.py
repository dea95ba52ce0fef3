"""A rule, a family, a target is one file: dropped into its folder, it is there; nothing else knows
it by name.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support import INPUTS, LEAKY_COUNTER, ROOT, RULE, counterexample

import sc_hw.boards
import sc_hw.fabric.families
import sc_hw.fabric.targets
import sc_hw.host.doors
import sc_model.layer_kinds
import sc_model.rules
from sc_hw.boards import board_names, load_board
from sc_hw.build.elaborate import elaborate
from sc_hw.cli.price import _print_estimate
from sc_hw.commands.plugins import plugins
from sc_hw.fabric.families import family_names, load_family
from sc_hw.fabric.targets import load_target, target_names
from sc_hw.host.doors import load_door
from sc_hw.price.estimate import estimate
from sc_hw.synapse.bank import SynapseBank
from sc_model.golden import Bank, Synapse
from sc_model.graph import IntOps, rewrite, trace
from sc_model.layer_kinds import load_kind
from sc_model.rules import (
    load_rule,
    resolve,
    reward_modulated_stdp,
    rule_families,
    rule_from_module,
    rule_plugins,
)
from sc_model.spec import ConfigError, Design, RuleChoice, RuleInput, catalogue
from sc_model.spec.catalogue import Plugin, by_name

Drop = Callable[[ModuleType, str, str], None]
Install = Callable[[str, dict[str, dict[str, str]], dict[str, str]], Path]
CACHES = (
    sc_model.rules._families,
    sc_model.rules._installed_rule,
    sc_hw.fabric.families._families,
    sc_hw.fabric.targets._targets,
    sc_hw.boards._boards,
    sc_model.layer_kinds._kinds,
    sc_hw.host.doors.doors,
)


def forget() -> None:
    for cache in CACHES:
        cache.cache_clear()
    catalogue._LOADED.clear()  # an error that is still about keeps the one that raised it
    importlib.invalidate_caches()


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drop]:
    """Puts a file into a package's folder (a second folder of the package, so that the repository
    stays as it is).
    """
    before = set(sys.modules)

    def put(package: ModuleType, name: str, source: str) -> None:
        folder = tmp_path / package.__name__
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        forget()

    yield put
    monkeypatch.undo()
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            parent, _, child = name.rpartition(".")
            del sys.modules[name]
            delattr(sys.modules[parent], child)
    forget()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package of a name, with entry points by group, and modules by name."""
    before = set(sys.modules)

    def put(name: str, groups: dict[str, dict[str, str]], modules: dict[str, str]) -> Path:
        folder = tmp_path / name
        metadata = folder / f"{name.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(
            "".join(
                f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items())
                for group, points in groups.items()
            )
        )
        for module, source in modules.items():
            (folder / f"{module}.py").write_text(source, encoding="utf-8")
        monkeypatch.syspath_prepend(folder)
        forget()
        return folder

    yield put
    monkeypatch.undo()
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
    forget()


def test_a_new_rule_is_found(drop: Drop) -> None:
    assert "leaky_counter" not in rule_families()
    drop(sc_model.rules, "leaky_counter", LEAKY_COUNTER)
    assert set(rule_families()) == {"leaky_counter", "reward_modulated_stdp"} | set(rule_families())
    rule, params = resolve(RuleChoice(family="leaky_counter", parameters={"level_bits": 8}))
    assert (rule.family, rule.source, rule.state_bits(params)) == (
        "leaky_counter",
        LEAKY_COUNTER,
        16,
    )
    for vector in rule.vectors:
        assert rule.apply(IntOps(), vector.state, vector.inputs, params) == vector.expected
    with pytest.raises(ConfigError) as caught:
        load_rule("leaky_conter")
    known = ", ".join(rule_families())
    assert (
        str(caught.value)
        == f"rule family must be one of {known}, not 'leaky_conter'; did you mean 'leaky_counter'?"
    )


def test_a_rule_goes_with_its_file() -> None:
    assert "leaky_counter" not in rule_families()


def test_a_rule_of_another_package(install: Install) -> None:
    install(
        "nice-rules", {"sc_model.rules": {"leaky": "nice_leaky"}}, {"nice_leaky": LEAKY_COUNTER}
    )
    assert load_rule("leaky_counter").doc.startswith("A counter that leaks")
    assert rule_plugins()[-1] == Plugin(
        "sc_model.rules",
        "leaky",
        "package nice-rules 1.0, entry point sc_model.rules: leaky = nice_leaky",
        ("leaky_counter",),
    )


ALL = "FAMILY, Params, STATE, INPUTS, VECTORS, update, float_update"


@pytest.mark.parametrize("lacking", [["VECTORS"], ["update", "float_update"], ["Params", "STATE"]])
def test_a_rule_file_that_lacks_something(lacking: list[str]) -> None:
    module = ModuleType("sc_model.rules.half_a_rule")
    exec(LEAKY_COUNTER, module.__dict__)
    for name in lacking:
        delattr(module, name)
    with pytest.raises(ConfigError) as caught:
        rule_from_module(module)
    assert (
        str(caught.value)
        == f"rule file sc_model.rules.half_a_rule must define {ALL}; it lacks {', '.join(lacking)}."
    )


def ports(manifest: dict[str, Any]) -> dict[str, tuple[str, int]]:
    return {port["name"]: (port["direction"], port["width"]) for port in manifest["ports"]}


def test_a_new_rule_becomes_a_lane_and_a_bank(drop: Drop, tmp_path: Path) -> None:
    drop(sc_model.rules, "leaky_counter", LEAKY_COUNTER)
    choice = RuleChoice(family="leaky_counter", parameters={"amount_bits": 4})
    lane = elaborate(Design(name="a", block="lane", rule=choice), tmp_path)
    expected = {
        "fired": ("input", 1),
        "amount": ("input", 4),
        "load_level": ("input", 8),
        "level": ("output", 8),
        "hits": ("output", 8),
    }
    assert expected.items() <= ports(lane.manifest).items()
    assert "load_hits" not in ports(lane.manifest)
    bank = elaborate(
        Design(name="a", block="bank", synapses=9, fabric="ice40_up", rule=choice), tmp_path
    )
    assert {
        "i__payload": ("input", 5),
        "updated_state": ("output", 16),
        "load__payload": ("input", 20),
    }.items() <= ports(bank.manifest).items()
    for build in (lane, bank):
        text = build.verilog.read_text()
        head = text[text.index(f"module {build.manifest['top']}(") :]
        declared = head[: head.index(");")]
        assert all(
            name in declared.replace(",", " ").split("(")[1].split()
            for name in ports(build.manifest)
        )
        assert [row["name"] for row in build.manifest["named_signals"]] == ["leaked", "topped_up"]
        assert not [
            name
            for name in (*INPUTS, "pre_trace", "eligibility")
            if name in text + json.dumps(build.manifest)
        ]
    rule, params = resolve(choice)
    graph = trace(rule, params)
    assert counterexample(graph, rewrite(graph)) is None
    synapse, models = Synapse(rule, params, {"level": 100}), Bank(rule, params, 4, {"level": 100})
    for fired in (1, 0, 1, 1, 0):
        new = models.step({"fired": fired, "amount": 9})
        assert synapse.step({"fired": fired, "amount": 9}) == {
            name: int(value[2]) for name, value in new.items()
        }


SHIPPED = set(board_names())
FAMILY = """
from sc_hw.fabric.families.family import Family
from sc_hw.fabric.schedule import DelayModel

SLOW = DelayModel(carry_bits=3, lut_levels=1, lut_inputs=3, multiplier_stages=5)
FAMILIES = (Family("slow_fabric", SLOW, products="adders"),)
"""


def test_a_new_family_is_found_and_used(drop: Drop, tmp_path: Path) -> None:
    before = family_names()
    drop(sc_hw.fabric.families, "slow_fabric", FAMILY)
    assert family_names() == tuple(sorted([*before, "slow_fabric"]))
    assert load_family("slow_fabric").delay.carry_bits == 3
    slow, generic = (
        elaborate(Design(name="a", block="bank", synapses=40, fabric=fabric), tmp_path)
        for fabric in ("slow_fabric", "generic")
    )
    assert slow.manifest["timing"]["span_clocks"] > generic.manifest["timing"]["span_clocks"]


TARGET = """
from sc_hw.fabric.targets.target import Cells, Target

CELLS = Cells({}, {}, {}, {}, "", "")
TARGETS = (Target("new-device", "A new device", "generic", "synth", CELLS, no_pnr="not yet"),)
"""


def test_a_new_target_is_found(drop: Drop) -> None:
    before = target_names()
    drop(sc_hw.fabric.targets, "new_device", TARGET)
    assert target_names() == tuple(sorted([*before, "new-device"]))
    assert load_target("new-device").title == "A new device"


def test_every_target_has_a_family() -> None:
    assert {load_target(name).family for name in target_names()} <= set(family_names())


# --- nothing knows the rule by name ---------------------------------------------------------------

WORDS = tuple(sorted({field.name for field in RULE.state} | set(INPUTS)))
# Files that may say a word of the rule, by pattern, and why.
EXCEPTIONS = {
    ("sc_hw/cli/interchange.py", "weight"): "the option --weight-bits of `sc-hw import`",
    ("sc_hw/cli/width_options.py", "weight"): "the same",
    ("sc_hw/reporting/*.py", "weight"): "weights read back and drawn as a map, where a recording"
    " says what its columns mean",
    ("sc_hw/price/*.py", "weight"): "how much a cell counts",
    (
        "sc_hw/cli/learning.py",
        "weight",
    ): "the help of `sc-hw bench adaptation`, about the O(1) synapse",
    ("sc_hw/cli/learning.py", "reward"): "an option of the same",
    ("sc_hw/learning/*.py", "*"): "the network that learns, whose rule has fields of these names",
    ("sc_hw/build/blocks/learning_network.py", "*"): "the same network's block",
    ("sim/blocks/learning_network.py", "*"): "the same network in simulation",
    ("sim/benches/learning_network.py", "*"): "the same",
    ("sc_hw/host/blocks/learning_network.py", "*"): "the same behind a host's registers",
    ("sc_hw/recurrent/*.py", "*"): "the recurrent network, whose rule has fields of these names",
    ("sc_hw/build/blocks/recurrent_network.py", "*"): "the same network's block",
    ("sc_hw/proof/blocks/recurrent/*.py", "*"): "its claims",
    ("sc_hw/proof/mutants/recurrent.py", "*"): "its mutants",
    ("sim/blocks/recurrent_network.py", "*"): "the same network in simulation",
    ("sim/benches/recurrent_network.py", "*"): "the same",
    ("sim/sample_bench.py", "weight"): "weights that a bench loads into networks that learn",
    ("sim/learner.py", "weight"): "weights that are loaded into networks that learn",
    ("sc_hw/simulation/devices/learning_network.py", "reward"): "the feedback that it is told of",
    ("sc_hw/commands/benchmark.py", "reward"): "an option of the same",
    ("sc_hw/commands/new_rule.py", "*"): "the rule file that is written to start from",
    ("sc_hw/simulation/device.py", "weight"): "the argument `weights` of a device",
    ("sc_hw/simulation/devices/*.py", "weight"): "the loadable field, which a device calls weights",
    ("sc_hw/simulation/learning_run.py", "weight"): "first ones, which a device draws and loads",
    ("sc_hw/simulation/on_board.py", "weight"): "the same argument of a device on a board",
    ("sc_hw/simulation/running.py", "weight"): "the same, shown while a design runs",
    ("sc_hw/cli/devices.py", "weight"): "the help of `sc-hw run`, which shows them",
    ("sc_hw/simulation/selftest.py", "weight"): "the same argument: a self-test loads random ones",
}
# What deals with layers says the parts that names play there (members of `LayerRule`), whatever a
# rule calls them, and the critic's own input; it never says a trace.
LAYER_FILES = (
    "sc_hw/plastic/*.py",
    "sc_hw/trained/*.py",
    "sc_hw/events/*.py",
    "sc_hw/proof/*.py",
    "sim/benches/layer/*.py",
    "sim/benches/network/*.py",
    "sim/blocks/layer.py",
    "sim/blocks/network/*.py",
    "sim/layer_*.py",
)
LAYER_WORDS = {"weight", "pre_spike", "post_spike", "reward"}


def words_in(source: str, words: tuple[str, ...] = WORDS) -> set[str]:
    """Words that the code itself says, in names or strings; docstrings and comments may say
    anything.
    """
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and node.body and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    text = ast.unparse(tree)
    return {word for word in words if word in text}


def test_no_code_of_the_hardware_or_the_benches_knows_the_rule_by_name() -> None:
    found = {
        (str(file.relative_to(ROOT)), word)
        for package in ("sc_hw", "sim")
        for file in sorted((ROOT / package).rglob("*.py"))
        for word in words_in(file.read_text(encoding="utf-8"))
    }
    parts = {
        (file, word)
        for file, word in found
        if word in LAYER_WORDS and any(fnmatch(file, name) for name in LAYER_FILES)
    }
    excused = {
        (file, word)
        for file, word in found
        if any(fnmatch(file, pattern) and fnmatch(word, said) for pattern, said in EXCEPTIONS)
    }
    assert found - parts - excused == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('"""Says reward."""\n# eligibility\nx = 1', set()),
        ('def f():\n    """pre_trace"""\n    return state["eligibility"]', {"eligibility"}),
        ("value = bank.pre_trace", {"pre_trace"}),
        ('name = f"load_{x}_reward"', {"reward"}),
        ("def f(post_spike): pass", {"post_spike"}),
    ],
)
def test_a_name_is_found(source: str, found: set[str]) -> None:
    assert words_in(source) == found


def test_a_bank_is_not_made_for_too_many_or_no_synapses() -> None:
    for count in (0, 65_537):
        with pytest.raises(ValueError, match="synapses") as caught:
            SynapseBank(RULE, RULE.params_type(), count)
        assert str(caught.value) == f"Synapse bank needs 1 to 65536 synapses, not {count}"


def test_two_of_the_same_name_are_an_error() -> None:
    with pytest.raises(ConfigError) as error:
        by_name("target", [("a", 1, "one.py"), ("b", 2, "two.py"), ("a", 3, "three.py")])
    assert str(error.value) == "target 'a' is defined twice, in one.py and in three.py: rename one."


@pytest.mark.parametrize("name", ["step", "load", "done", "load_weight", "clk"])
def test_a_rule_can_not_take_a_port_of_the_block(name: str) -> None:
    module = ModuleType("greedy")
    for attribute in ("FAMILY", "Params", "STATE", "VECTORS", "update", "float_update"):
        setattr(module, attribute, getattr(reward_modulated_stdp, attribute))
    module.INPUTS = (RuleInput(name),)  # type: ignore[attr-defined]
    with pytest.raises(ConfigError) as error:
        rule_from_module(module)
    assert (
        str(error.value)
        == f"rule file greedy must not name a field or input '{name}': blocks have ports clk, rst,"
        " step, load, done and load_<field> of their own."
    )


# --- plug-ins of other packages -------------------------------------------------------------------

COMPLETE_TARGET = """
from sc_hw.fabric.targets.target import Cells, ClockLimit, Target

CELLS = Cells({"LUT": 1}, {"FF": 1}, {}, {}, "RAM", "MUL")
CLOCK = ClockLimit("clock tree", None, "no data sheet yet", "not found")
NEW = Target("new-device", "New", "generic", "synth", CELLS, no_pnr="no tool", limits=(CLOCK,))
TARGETS = (NEW,)
"""


def test_a_new_target_needs_no_edit_to_a_test(install: Install) -> None:
    """The checks of all targets run with it; it is not measured yet, which is no failure."""
    modules = {"nice_target": COMPLETE_TARGET}
    folder = install("nice-board", {"sc_hw.targets": {"new": "nice_target"}}, modules)
    assert "new-device" in target_names()
    checks = ("tests/sc_hw/price/test_limits.py", "tests/sc_hw/price/test_estimate.py")
    wanted = "every_target or ecp5_figures or baseline or unknown_target"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
            *checks,
            "-k",
            wanted,
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "new-device is not measured yet: `make reports` measures it" in done.stdout


BOARD = """
from dataclasses import replace

from sc_hw.boards import load_board

BOARDS = (replace(load_board("colorlight-i5"), name="new-board"),)
"""


def test_a_board_of_another_package(install: Install) -> None:
    install("nice-boards", {"sc_hw.boards": {"new-board": "nice_boards"}}, {"nice_boards": BOARD})
    assert "new-board" in board_names()
    assert load_board("new-board").flow == "ecp5"
    assert [plugin.provides for plugin in plugins()] == [("new-board",)]


BROKEN = {
    "sc_model.rules": (
        "bad_rule",
        'RuleInput("x", widht=3)',
        "from sc_model.spec import RuleInput",
    ),
    "sc_hw.families": ("bad_family", "1 / 0", ""),
    "sc_hw.targets": ("bad_target", "1 / 0", ""),
    "sc_hw.boards": ("bad_board", "1 / 0", ""),
    "sc_model.layer_kinds": ("bad_kind", "1 / 0", ""),
    "sc_hw.host.doors": ("bad_door", "1 / 0", ""),
}


def test_broken_plugins_hurt_nothing_else(install: Install, tmp_path: Path) -> None:
    """Every command works, but for who asks for the broken one; doctor names each in one line."""
    modules = {name: f"{head}\n{text}\n" for name, text, head in BROKEN.values()}
    groups = {group: {name: name} for group, (name, _, _) in BROKEN.items()}
    folder = install("bad-things", groups, modules)
    assert "pair_stdp" in rule_families()
    elaborate(Design(name="a", block="lane"), tmp_path / "build")
    problems = {}
    for group, (name, text, _) in BROKEN.items():
        cause = (
            "ZeroDivisionError: division by zero"
            if text == "1 / 0"
            else "TypeError: RuleInput.__init__() got an unexpected keyword argument 'widht'"
        )
        problems[name] = (
            f"plug-in {name} (package bad-things 1.0, entry point {group}: {name} = {name}) is"
            f" broken: {cause} ({folder / name}.py:2)."
        )
    asked = {
        "bad_rule": load_rule,
        "bad_family": load_family,
        "bad_target": load_target,
        "bad_board": load_board,
        "bad_kind": load_kind,
        "bad_door": load_door,
    }
    for name, load in asked.items():
        with pytest.raises(ConfigError) as caught:
            load(name)
        assert str(caught.value) == problems[name]
    assert {plugin.name: plugin.problem for plugin in plugins()} == problems


# Imports well, and is of no use: by the name of its entry point, and what is said.
USELESS = {
    "bad_target": (
        "sc_hw.targets",
        TARGET.replace('"generic"', '"generik"'),
        "Target.family of 'new-device' must be one of",
    ),
    "misspelt_tool": (
        "sc_hw.targets",
        TARGET.replace('no_pnr="not yet"', 'pnr="nextpnr-ice4"'),
        "Target.pnr must be one of nextpnr-ice40,",
    ),
    "text_for_a_table": (
        "sc_hw.targets",
        TARGET.replace("Cells({},", "Cells('SB_LUT4',"),
        "Cells.lut must be Mapping[str, float], not 'SB_LUT4' (str)",
    ),
    "place_as_text": (
        "sc_hw.boards",
        BOARD.replace("name=", "place='--25k', name="),
        "Board.place must be tuple[str, ...], not '--25k' (str)",
    ),
    "no_door": ("sc_hw.host.doors", "DOOR = 3", "no_door.DOOR must be a subclass of Door, not 3"),
    "no_kind": (
        "sc_model.layer_kinds",
        "SPEC = 3",
        "layer kind no_kind must define SPEC, synapse, neuron; it lacks synapse, neuron",
    ),
    "misspelt_target": (
        "sc_hw.boards",
        BOARD.replace("name=", "target='ecp5-25f', name="),
        "Board.target of 'new-board' must be one of",
    ),
}
TARGETS = "sc_hw.targets"
SC_HW = (str(Path(sys.executable).parent / "sc-hw"),)


def run_command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SC_HW, *words],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_commands_go_on_without_broken_plugins_and_name_each(install: Install) -> None:
    groups: dict[str, dict[str, str]] = {}
    for name, (group, _, _) in USELESS.items():
        groups.setdefault(group, {})[name] = name
    folder = install("bad-things", groups, {name: text for name, (_, text, _) in USELESS.items()})
    done = run_command(folder, "boards", "--json")
    assert done.returncode == 0
    assert [row["board"] for row in json.loads(done.stdout)] == sorted(set(board_names()) & SHIPPED)
    lines = done.stderr.splitlines()
    met = {name: each for name, each in USELESS.items() if each[0] in ("sc_hw.boards", TARGETS)}
    assert len(lines) == len(met)
    for name, (_, _, says) in met.items():
        own = f"plug-in {name} (package bad-things 1.0" if name != "misspelt_target" else says
        (line,) = (line for line in lines if line.startswith(f"warning: {own}"))
        assert says in line
    # who asks for the broken one gets its line once, and those of others as warnings
    done = run_command(folder, "build", "--board", "place_as_text")
    assert done.returncode == 2
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert "Board.place must be tuple[str, ...], not '--25k' (str)" in line
    assert done.stderr.count("Board.place must be") == 1
    # in this process: those of kinds that other commands read
    problems = {plugin.name: plugin.problem for plugin in plugins()}
    for name in ("no_door", "no_kind"):
        assert USELESS[name][2] in str(problems[name])


def test_metadata_and_plugins_of_libraries_that_are_broken_end_no_command(
    install: Install, tmp_path: Path
) -> None:
    """Pydantic, and what makes pages of a register map, look for plug-ins of their own."""
    folder = install("bad-plugin", {"pydantic": {"bad": "bad_plugin"}}, {"bad_plugin": "1 / 0"})
    install("bad-list", {}, {})
    info = tmp_path / "bad-list" / "bad_list-1.0.dist-info"
    (info / "entry_points.txt").write_text("[console_scripts]\nno pair\n", encoding="utf-8")
    path = os.pathsep.join(map(str, (folder, info.parent)))
    (tmp_path / "lane.toml").write_text('[design]\nname = "a"\nblock = "lane"\n')
    words = ("registers", str(tmp_path / "lane.toml"), "--format", "html", "--out")
    done = run_command(Path(path), *words, str(tmp_path / "out"), "--build", str(tmp_path / "b"))
    assert done.returncode == 0, done.stderr
    warned = [line for line in done.stderr.splitlines() if not line.startswith("... ")]
    assert warned == [
        "warning: package bad-list 1.0 has a broken list of plug-ins, so none of them is found:"
        f" {info / 'entry_points.txt'} must have NAME = MODULE in line 2, not 'no pair'; mend or"
        " uninstall the package."
    ]


BAD_FAMILY = """
from dataclasses import dataclass

from sc_hw.fabric.families import load_family
from sc_hw.fabric.families.family import Family


class Bad(Family):
    def get_multiplier(self, multiplier):
        return 1 / 0


FAMILIES = (Bad("bad", load_family("generic").delay),)
"""


def test_a_family_that_fails_in_a_design_keeps_no_other_target_from_being_measured(
    install: Install, tmp_path: Path
) -> None:
    """Its own code is named, with file and line."""
    target = TARGET.replace('"generic", "synth"', '"bad", "synth_ice40"')
    groups = {
        "sc_hw.families": {"bad": "bad_family"},
        "sc_hw.targets": {"new-device": "bad_target"},
    }
    modules = {"bad_family": BAD_FAMILY, "bad_target": target}
    folder = install("bad-things", groups, modules)
    failures: dict[str, str] = {}
    rows = estimate(
        Design(name="a", block="bank", synapses=40),
        ["new-device"],
        root=tmp_path,
        on_failure=lambda name, error: failures.update({name: str(error)}),
    )
    assert rows == []
    line = f"{folder / 'bad_family.py'}:10"
    assert failures == {
        "new-device": f"family 'bad' is broken: ZeroDivisionError: division by zero ({line})."
    }


def test_a_target_that_a_design_is_not_made_for_has_a_row_of_nothing_but_the_reason(
    install: Install, tmp_path: Path
) -> None:
    modules = {
        "bad_family": "from sc_model.spec import ConfigError\n"
        + BAD_FAMILY.replace("return 1 / 0", "raise ConfigError('products must be narrower.')"),
        "bad_target": TARGET.replace('"generic", "synth"', '"bad", "synth_ice40"'),
    }
    groups = {
        "sc_hw.families": {"bad": "bad_family"},
        "sc_hw.targets": {"new-device": "bad_target"},
    }
    install("bad-things", groups, modules)
    design, failures = Design(name="a", block="bank", synapses=40), []
    with pytest.raises(ConfigError, match=r"^products must be narrower\.$"):
        estimate(design, ["new-device"], root=tmp_path)
    (row,) = estimate(
        design, ["new-device"], root=tmp_path, on_failure=lambda name, _: failures.append(name)
    )
    assert failures == ["new-device"]
    assert row["target"] == "new-device"
    assert row["fits_reason"] == row["fmax"]["reason"] == "products must be narrower."
    figures = ("lut", "ff", "bram", "dsp", "fits", "quoted_mhz", "updates_per_s")
    assert {row[name] for name in figures} == {None}
    _print_estimate([row])  # a table of dashes
    assert not list(tmp_path.rglob("metrics.json"))


def test_a_rule_that_breaks_the_contract_is_listed(install: Install) -> None:
    wrong = LEAKY_COUNTER.replace('"level": 206', '"level": 207')
    folder = install("bad-things", {"sc_model.rules": {"leaky": "bad_leaky"}}, {"bad_leaky": wrong})
    (plugin,) = plugins()
    line = 1 + wrong.splitlines().index(
        next(each for each in wrong.splitlines() if "leaks and is topped up" in each)
    )
    assert plugin.problem == (
        "plug-in leaky (package bad-things 1.0, entry point sc_model.rules: leaky = bad_leaky) is"
        f" broken: {folder / 'bad_leaky.py'}:{line}: vector 'leaks and is topped up' does not hold:"
        " it expects level = 207, and update gives 206."
    )
