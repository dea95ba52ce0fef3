"""Makes `tests/vectors/short_term_brian2.json`: short-term plasticity of Tsodyks & Markram as
Brian2 computes it.

Run once, in an environment of its own (Brian2 2.9.0 does not import with newer NumPy)::

    python -m venv brian && brian/bin/pip install numpy==2.3.5 brian2==2.9.0
    brian/bin/python tests/sc_model/learning/record_brian2.py tests/vectors/short_term_brian2.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import brian2 as b
import numpy as np

TAU_D, TAU_F, U_SE, STEPS, LINES = 200.0, 600.0, 0.2, 400, 5

MODEL = """
du/dt = (U - u) / tau_f : 1 (clock-driven)
dx/dt = (1 - x) / tau_d : 1 (clock-driven)
release : 1
"""
ON_SPIKE = """
u += U * (1 - u)
release = u * x
x -= release
"""


def trace(method: str, spikes: np.ndarray) -> list[list[float]]:
    """What each spike releases, in the order of `np.argwhere(spikes)`, as [step, line, release]."""
    b.start_scope()
    b.defaultclock.dt = 1 * b.ms
    steps, lines = np.nonzero(spikes)
    source = b.SpikeGeneratorGroup(LINES, lines, steps * b.ms)
    target = b.NeuronGroup(LINES, "v : 1")
    space = {"U": U_SE, "tau_f": TAU_F * b.ms, "tau_d": TAU_D * b.ms}
    synapses = b.Synapses(source, target, MODEL, on_pre=ON_SPIKE, method=method, namespace=space)
    synapses.connect(j="i")
    synapses.u, synapses.x = U_SE, 1.0
    monitor = b.StateMonitor(synapses, "release", record=True, when="end")
    network = b.Network(source, target, synapses, monitor)
    network.run(STEPS * b.ms, namespace=space)
    released = np.asarray(monitor.release)
    return [[int(k), int(i), float(released[i, k])] for k, i in zip(steps, lines, strict=True)]


def main() -> None:
    """Write the traces of both methods."""
    b.prefs.codegen.target = "numpy"
    draws = np.random.default_rng(7)
    spikes = draws.random((STEPS, LINES)) < np.array([0.005, 0.02, 0.05, 0.1, 0.3])
    spikes[0] = False
    found = {
        "made_with": {"brian2": b.__version__, "numpy": np.__version__, "codegen": "numpy"},
        "parameters": {
            "tau_d": TAU_D,
            "tau_f": TAU_F,
            "u_se": U_SE,
            "dt": 1.0,
            "steps": STEPS,
            "lines": LINES,
        },
        "release": {method: trace(method, spikes) for method in ("exact", "euler")},
    }
    Path(sys.argv[1]).write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
