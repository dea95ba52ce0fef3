"""The table of `architecture.md`: which package may import what, read off the source of every
module.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import ROOT, python

MODEL = (
    "sc_model.spec",
    "sc_model.rules",
    "sc_model.graph",
    "sc_model.arithmetic",
    "sc_model.layer_kinds",
)
HARDWARE = ("amaranth", *MODEL, "sc_hw.wires", "sc_hw.fabric")
COMPONENTS = (
    *HARDWARE,
    "sc_hw.parts",
    "sc_hw.synapse",
    "sc_hw.plastic",
    "sc_hw.trained",
    "sc_hw.events",
    "sc_hw.learning",
    "sc_hw.recurrent",
    "sc_hw.network",
)
# plain functions on the standard library, for every layer: texts of errors, files, child processes,
# code of others
FOUNDATION = (
    *("sc_model.texts", "sc_model.files", "sc_model.endless", "sc_model.entry_points"),
    *("sc_model.environment", "sc_model.processes", "sc_model.forks"),
)
SHARED = ("sc_hw.errors", "sc_hw.files", "sc_hw.progress", "sc_hw.tools")
STAGE = (*COMPONENTS, *SHARED, "sc_hw.build", "sc_hw.host")


@dataclass(frozen=True)
class Layer:
    """What a package may import beside the standard library: prefixes of module names, and
    exceptions from them.
    """

    allowed: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


# The longest name that a module's begins with decides.
LAYERS: dict[str, Layer] = {
    "sc_model": Layer(),
    "sc_model.checks": Layer(("numpy", "sc_model.spec")),
    "sc_model.firing": Layer(),
    "sc_model.archives": Layer(("numpy",)),
    "sc_model.images": Layer(("numpy", "sc_model.archives", "sc_model.files", "sc_model.spec")),
    "sc_model.torch_files": Layer(("torch",)),
    # callbacks serve training and learning, and lie below both
    "sc_model.callbacks": Layer(
        ("tensorboard", "wandb", "sc_model.checks", "sc_model.files", "sc_model.packages")
    ),
    "sc_model.cache": Layer(("platformdirs",)),
    "sc_model.environment": Layer(("sc_model.cache",)),
    "sc_model.spec": Layer(("pydantic", "sc_model.spec")),
    # discovery: a layer's table names its kind, whose file is looked for when the table is read
    "sc_model.spec.network": Layer(("pydantic", "sc_model.spec", "sc_model.layer_kinds")),
    "sc_model.rules": Layer(("pydantic", "sc_model.spec", "sc_model.rules")),
    "sc_model.graph": Layer(("numpy", "bitwuzla", "sc_model.spec", "sc_model.graph")),
    "sc_model.arithmetic": Layer(("sc_model.spec", "sc_model.arithmetic")),
    "sc_model.layer_kinds": Layer(
        ("pydantic", "sc_model.spec", "sc_model.arithmetic", "sc_model.layer_kinds")
    ),
    "sc_model.golden": Layer(("numpy", *MODEL, "sc_model.archives", "sc_model.golden")),
    "sc_model.native": Layer(
        ("numpy", *MODEL, "sc_model.cache", "sc_model.golden", "sc_model.native")
    ),
    "sc_model.interchange": Layer(
        (
            "nir",
            "h5py",
            "numpy",
            "scipy",
            "sc_model.spec",
            "sc_model.network",
            "sc_model.quantisation",
            # an import shows the spikes that rounding changes
            "sc_model.evaluation",
            "sc_model.interchange",
            "sc_model.files",
            "sc_model.texts",
        )
    ),
    "sc_model.learning": Layer(
        # from joblib on: optional, loaded when they are used; sc_model.training brings torch
        (
            *(
                "sc_model.archives",
                "sc_model.checks",
                "numpy",
                *MODEL,
                "sc_model.golden",
                "sc_model.native",
                "sc_model.learning",
                "sc_model.temporal_hierarchy",
            ),
            "sc_model.network",
            *(
                "joblib",
                "distributed",
                "cryptography",
                "Crypto",
                "flwr",
                "rich",
                "sc_model.callbacks",
                "sc_model.files",
                "sc_model.packages",
                "sc_model.training",
            ),
        )
    ),
    "sc_model.temporal_hierarchy": Layer(
        (
            "sc_model.checks",
            "sc_model.firing",
            "numpy",
            "sc_model.spec",
            "sc_model.temporal_hierarchy",
        )
    ),
    "sc_model.network": Layer(
        (
            "sc_model.checks",
            "sc_model.firing",
            "numpy",
            "scipy",
            "rich",
            "sc_model.spec",
            "sc_model.temporal_hierarchy",
            "sc_model.network",
        )
    ),
    "sc_model.quantisation": Layer(
        ("numpy", "sc_model.spec", "sc_model.quantisation", "sc_model.files")
    ),
    # beside golden models it runs layers in floating point, and chooses widths by both
    "sc_model.evaluation": Layer(
        (
            "numpy",
            "scipy",  # synapses one by one are sparse matrices
            *MODEL,
            "sc_model.firing",
            "sc_model.archives",
            "sc_model.packages",  # scikit-learn's digits, loaded when they are asked for
            "sklearn",
            "sc_model.golden",
            "sc_model.native",
            "sc_model.quantisation",
            "sc_model.evaluation",
        )
    ),
    "sc_model.training": Layer(
        # network to differentiate it; durable files and callbacks for runs that go on after a kill
        (
            *(
                "torch",
                "sc_model.checks",
                "sc_model.firing",
                "numpy",
                "scipy",
                "rich",
                "sc_model.spec",
                "sc_model.quantisation",
                "sc_model.temporal_hierarchy",
            ),
            *(
                "sc_model.training",
                "sc_model.torch_files",
                "sc_model.network",
                "sc_model.files",
                "sc_model.callbacks",
            ),
        )
    ),
    # components: no stage, no golden model, no NumPy
    "sc_hw.wires": Layer(("amaranth", "sc_model.spec")),
    "sc_hw.fabric": Layer(HARDWARE),
    "sc_hw.parts": Layer((*HARDWARE, "sc_hw.parts")),
    "sc_hw.synapse": Layer((*HARDWARE, "sc_hw.parts", "sc_hw.synapse")),
    "sc_hw.plastic": Layer((*HARDWARE, "sc_hw.parts", "sc_hw.plastic")),
    "sc_hw.trained": Layer((*HARDWARE, "sc_hw.parts", "sc_hw.trained")),
    "sc_hw.events": Layer((*HARDWARE, "sc_hw.parts", "sc_hw.trained", "sc_hw.events")),
    "sc_hw.learning": Layer((*HARDWARE, "sc_hw.parts", "sc_hw.trained", "sc_hw.learning")),
    # one shift register rounds the steps of both kinds of networks that learn
    "sc_hw.recurrent": Layer((*HARDWARE, "sc_hw.parts", "sc_hw.learning.noise", "sc_hw.recurrent")),
    "sc_hw.network": Layer(COMPONENTS),
    # a block behind registers: it asks the build's blocks what they are, and makes no Verilog
    "sc_hw.host": Layer(
        (*COMPONENTS, "sc_hw.host", "sc_hw.build.blocks", "sc_hw.build.naming", "sc_hw.errors")
    ),
    # a door's options are a table of pydantic's
    "sc_hw.host.doors": Layer((*COMPONENTS, "pydantic", "sc_hw.host", "sc_hw.errors")),
    # stages: each sees the components and the stages in front of it, never the golden model
    "sc_hw": Layer(("sc_hw", "sc_model.spec")),  # the facade: stages, loaded when they are used
    "sc_hw.errors": Layer(),
    "sc_hw.files": Layer(("sc_model.files", "sc_hw.errors")),
    "sc_hw.progress": Layer(),
    "sc_hw.scripts": Layer(
        ("sc_hw.errors", "sc_model.packages", "sc_model.spec", "sc_driver.errors")
    ),
    "sc_hw.tools": Layer((*SHARED, "sc_model.spec", "pyosys", "bitwuzla")),
    "sc_hw.audit": Layer((*SHARED, "sc_hw.audit", "sc_hw.network", "bitwuzla")),
    "sc_hw.build": Layer((*STAGE, "sc_hw.audit", "sc_model")),
    "sc_hw.build.webassembly": Layer(("wasmtime", "sc_model.environment")),
    "sc_hw.proof": Layer((*STAGE, "sc_hw.proof", "bitwuzla")),
    "sc_hw.price": Layer((*STAGE, "sc_hw.price", "filelock")),
    # reads manifests; PeakRDL is an extra, loaded when it is used
    "sc_hw.export": Layer(
        (
            *SHARED,
            *("sc_model.spec", "sc_hw.build", "sc_hw.export"),
            *("systemrdl", "peakrdl_cheader", "peakrdl_html", "peakrdl_ipxact"),
        )
    ),
    # prices and proofs from the hardware's side, accuracy from the golden models'
    "sc_hw.sweep": Layer(
        (
            *(*STAGE, "sc_hw.price", "sc_hw.proof", "sc_hw.simulation", "sc_hw.reporting"),
            *("sc_hw.sweep", "sc_model", "pydantic", "matplotlib", "markupsafe", "tomli_w"),
            *("optuna", "distributed"),  # extras, loaded when they are used
        ),
        never=("sc_model.golden",),
    ),
    # data, and the pins that amaranth-boards has
    "sc_hw.boards": Layer(
        ("amaranth", "sc_hw.boards", "sc_hw.errors", "sc_hw.fabric.checked_fields", "sc_model.spec")
    ),
    "sc_hw.bitstream": Layer(
        (
            *STAGE,
            *("sc_hw.bitstream", "sc_hw.boards", "sc_hw.host", "sc_hw.price"),
            *("filelock", "serial"),
        )
    ),
    "sc_hw.reporting": Layer(
        (
            *SHARED,
            "sc_hw.reporting",
            "sc_hw.price",
            "sc_model",
            "numpy",
            "matplotlib",
            "jinja2",
            "markupsafe",
        ),
        never=("sc_model.golden",),
    ),
    "sc_hw.simulation": Layer((*STAGE, "sc_hw.simulation", "sc_model"), never=("sc_model.golden",)),
    "sc_hw.simulation.fst": Layer((*SHARED, "sc_model.packages", "pylibfst")),
    # viewers' files
    "sc_hw.simulation.wave_views": Layer((*STAGE, "sc_hw.simulation", "sc_model.spec", "vcd")),
    # where model and hardware meet: `Device` and what it is made of
    **{
        f"sc_hw.simulation.{name}": Layer(
            (*STAGE, "sc_hw.simulation", "sc_model", "numpy", "sc_sim", "sc_driver")
        )
        for name in (
            "device",
            "devices",
            "checkpoint",
            "comparison",
            "evaluation",
            "learning_run",
            "on_board",
            "running",
            "selftest",
            "stimulus",
            "board",
        )
    },
    # a board's top is that of its bitstream
    "sc_hw.simulation.board.top": Layer(
        (*STAGE, "sc_hw.bitstream", "sc_hw.boards", "sc_model.spec")
    ),
    "sc_hw.commands": Layer(("sc_hw", "sc_model"), never=("sc_model.golden", "sc_hw.cli")),
    "sc_hw.cli": Layer(
        ("sc_hw", "sc_model.spec", "sc_model.packages", "sc_driver.errors", "typer", "rich")
    ),
    # campaigns use the product as anybody may; nothing of the product may use them
    "campaigns": Layer(
        ("sc_hw", "sc_model", "campaigns", "amaranth", "numpy", "sc_sim", "sc_driver"),
        never=("sc_hw.cli",),
    ),
    # writes files that nir.write() would not
    "campaigns.fuzz.nir": Layer(
        ("sc_hw", "sc_model", "campaigns", "h5py", "nir", "numpy"), never=("sc_hw.cli",)
    ),
    # runs on small computers: nothing of the product, two packages
    "sc_driver": Layer(("numpy", "serial", "sc_driver")),
    "sc_sim": Layer(
        (
            "cocotb",
            "cocotb_tools",
            "filelock",
            "numpy",
            "sc_model.cache",
            "sc_model.files",
            "sc_model.spec",
            "sc_model.rules",
            "sc_model.golden",
            "sc_sim",
        )
    ),
}
# It names the stages for type checkers, and loads them when they are used.
FACADE = "sc_hw"


def begins(module: str, prefixes: tuple[str, ...]) -> bool:
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


def layer_of(module: str) -> Layer:
    return LAYERS[max((name for name in LAYERS if begins(module, (name,))), key=len)]


def imports(
    source: str, module: str, is_package: bool, type_checking: bool = True
) -> Iterator[str]:
    """Modules that a source imports, anywhere in it; `from a import b` counts as both a and a.b."""
    tree = ast.parse(source)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.If)
            and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
            and not type_checking
        ):
            skipped |= {id(inner) for statement in node.body for inner in ast.walk(statement)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            parts = parts[: len(parts) - node.level + is_package] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in (
            "import_module",
            "__import__",
            "optional_import",
        ):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """Imports that the module's layer does not allow."""
    layer = layer_of(module)
    found = []
    for name in imports(source, module, is_package, type_checking=module != FACADE):
        if name.split(".")[0] in sys.stdlib_module_names:
            continue
        if not begins(name, (*FOUNDATION, *layer.allowed)) or begins(name, layer.never):
            found.append(name)
    return found


def modules() -> Iterator[tuple[str, Path]]:
    for package in ("sc_model", "sc_hw", "sc_sim", "sc_driver", "campaigns"):
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


MODULES = dict(modules())


def test_all_modules_are_looked_at() -> None:
    assert {
        "sc_model.spec.design",
        "sc_hw.synapse.bank",
        "sc_hw.proof.prove",
        "sc_sim.harness",
        "sc_model.golden",
    } <= set(MODULES)
    assert len(MODULES) > 50


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_what_its_layer_allows(module: str) -> None:
    file = MODULES[module]
    assert violations(file.read_text(encoding="utf-8"), module, file.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source", "caught"),
    [
        ("sc_model.spec.new", "import numpy as np", ["numpy"]),
        (
            "sc_model.spec.new",
            "from sc_model.rules import load_rule",
            ["sc_model.rules", "sc_model.rules.load_rule"],
        ),
        ("sc_model.rules.new", "def f():\n    import numpy.linalg", ["numpy.linalg"]),
        (
            "sc_model.rules.new",
            "from ..golden import Bank",
            ["sc_model.golden", "sc_model.golden.Bank"],
        ),
        ("sc_model.graph.new", "from sc_model import golden", ["sc_model", "sc_model.golden"]),
        ("sc_model.golden.new", "import torch", ["torch"]),
        (
            "sc_model.golden.new",
            'optional_import("joblib.parallel", "extra", "who")',
            ["joblib.parallel"],
        ),
        ("sc_model.learning.new", "import torch\nimport joblib", ["torch"]),
        ("sc_model.temporal_hierarchy.new", "import torch", ["torch"]),
        ("sc_model.training.new", "import torch.nn\nimport sc_hw", ["sc_hw"]),
        ("sc_hw.synapse.new", "try:\n    import numpy\nexcept ImportError:\n    pass", ["numpy"]),
        (
            "sc_hw.synapse.new",
            "from sc_hw.build.emit import to_verilog",
            ["sc_hw.build.emit", "sc_hw.build.emit.to_verilog"],
        ),
        ("sc_hw.synapse.new", "from sc_hw import build", ["sc_hw", "sc_hw.build"]),
        (
            "sc_hw.fabric.families.new",
            "from . import family\nfrom ...build import emit",
            ["sc_hw.build", "sc_hw.build.emit"],
        ),
        ("sc_hw.synapse.new", "if TYPE_CHECKING:\n    import sc_sim", ["sc_sim"]),
        ("sc_hw.proof.new_stage", "import sc_model.golden.bank", ["sc_model.golden.bank"]),
        ("sc_hw.proof.new_stage", "from sc_model import golden", ["sc_model", "sc_model.golden"]),
        ("sc_hw.proof.new_stage", "import sc_sim.harness, tests", ["sc_sim.harness", "tests"]),
        ("sc_hw.proof.new_stage", 'importlib.import_module("sc_sim")', ["sc_sim"]),
        ("sc_sim.new", "import amaranth", ["amaranth"]),
        (
            "sc_sim.new",
            "from sc_hw.build.blocks import ports_of",
            ["sc_hw.build.blocks", "sc_hw.build.blocks.ports_of"],
        ),
        (
            "sc_sim.new",
            "from sc_model.graph import trace",
            ["sc_model.graph", "sc_model.graph.trace"],
        ),
        (
            "sc_hw.synapse.bank",
            "import amaranth.hdl, json\nfrom sc_model.graph.nodes import Op\nfrom . import lane",
            [],
        ),
    ],
)
def test_forbidden_import_is_caught(module: str, source: str, caught: list[str]) -> None:
    assert violations(source, module) == caught


LOADED = (
    "import importlib, sys; [importlib.import_module(n) for n in sys.argv[1:]];"
    " print(*sorted(sys.modules))"
)


@pytest.mark.parametrize(
    ("start", "never"),
    [
        (
            ["sc_model.spec"],
            ["numpy", "sc_model.rules", "sc_model.graph", "sc_model.golden", "amaranth", "sc_hw"],
        ),
        (["sc_model.rules"], ["numpy", "sc_model.golden", "amaranth", "sc_hw", "torch"]),
        (
            ["sc_model.temporal_hierarchy"],
            ["amaranth", "sc_hw", "torch", "sc_model.golden", "sc_model.training"],
        ),
        (
            ["sc_model.network"],
            ["amaranth", "sc_hw", "torch", "numba", "rich", "sc_model.golden", "sc_model.training"],
        ),
        (
            ["sc_model.quantisation"],
            ["amaranth", "sc_hw", "torch", "sc_model.golden", "sc_model.training"],
        ),
        (
            ["sc_model.golden", "sc_model.learning"],
            ["amaranth", "sc_hw", "torch", "bitwuzla", "sc_sim"],
        ),
        (
            ["sc_hw", "sc_hw.synapse.bank", "sc_hw.build.blocks", "sc_hw.fabric.families.ecp5"],
            ["sc_model.golden", "sc_hw.proof", "sc_sim", "torch", "matplotlib"],
        ),
        (
            ["sc_hw.build.elaborate", "sc_hw.proof.prove"],
            ["sc_model.golden", "sc_sim", "torch", "matplotlib", "pyosys"],
        ),
        (
            ["sc_sim.harness", "sc_sim.benches.bank", "sc_sim.benches.network"],
            ["amaranth", "sc_hw", "torch"],
        ),
    ],
)
def test_nothing_forbidden_comes_in_by_a_back_door(start: list[str], never: list[str]) -> None:
    """What is loaded in the end, in a process of its own."""
    loaded = set(python(LOADED, *start).split())
    assert set(start) <= loaded
    assert [name for name in never if name in loaded] == []
