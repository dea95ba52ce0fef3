"""Hardware for rules: Amaranth components, and the stages from a design to priced, proven Verilog.

The stages are importable from here and return typed results without printing::

    design = sc_hw.load_design("lane.toml")
    build = sc_hw.elaborate(design)
    certificate = sc_hw.prove(design)
    results = sc_hw.cosim(design, steps=20_000)
    answers = sc_hw.evaluate("net/digits_snn.toml", "digits.npz")
    metrics = sc_hw.estimate(design, ["ice40-up5k"])
    sc_hw.report(build.folder)
    device = sc_hw.Device.open(design, on="rtl")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sc_hw.build.audit_design import audit_design
    from sc_hw.build.elaborate import Build, elaborate
    from sc_hw.commands.demo import demo
    from sc_hw.commands.new import new
    from sc_hw.price.estimate import estimate
    from sc_hw.proof.prove import check, prove, prove_many
    from sc_hw.reporting.report import report
    from sc_hw.simulation.cosim import cosim, lint
    from sc_hw.simulation.device import Device
    from sc_hw.simulation.evaluation import evaluate
    from sc_hw.tools import doctor
    from sc_model import __version__ as __version__
    from sc_model.spec import Design, load_design

# Loaded when first used: a component must not drag in plots, and a proof no report.
_HOMES = {
    "__version__": "sc_model",
    "Build": "sc_hw.build.elaborate",
    "Design": "sc_model.spec",
    "Device": "sc_hw.simulation.device",
    "audit_design": "sc_hw.build.audit_design",
    "check": "sc_hw.proof.prove",
    "cosim": "sc_hw.simulation.cosim",
    "demo": "sc_hw.commands.demo",
    "doctor": "sc_hw.tools",
    "elaborate": "sc_hw.build.elaborate",
    "estimate": "sc_hw.price.estimate",
    "evaluate": "sc_hw.simulation.evaluation",
    "lint": "sc_hw.simulation.cosim",
    "load_design": "sc_model.spec",
    "new": "sc_hw.commands.new",
    "prove": "sc_hw.proof.prove",
    "prove_many": "sc_hw.proof.prove",
    "report": "sc_hw.reporting.report",
}

__all__ = [
    "Build",
    "Design",
    "Device",
    "audit_design",
    "check",
    "cosim",
    "demo",
    "doctor",
    "elaborate",
    "estimate",
    "evaluate",
    "lint",
    "load_design",
    "new",
    "prove",
    "prove_many",
    "report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sc_hw' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
