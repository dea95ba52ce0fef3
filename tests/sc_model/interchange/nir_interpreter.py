"""NIR run node by node, as its equations read: nothing folded, nothing of the package under
test.
"""

from __future__ import annotations

from typing import Any

import nir
import numpy as np


class Interpreter:
    """A flat graph of one-dimensional nodes.

    `places` gives each node that has a state its place in the order of a step: what comes from a
    later one, or from itself, is that of the step before.
    """

    def __init__(
        self, graph: Any, places: dict[str, int], dt: float, resets: dict[str, tuple[str, bool]]
    ) -> None:
        self.graph, self.places, self.dt, self.resets = graph, places, dt, resets
        self.outputs: dict[str, Any] = {}
        self.states: dict[str, dict[str, Any]] = {}
        self.lines: dict[tuple[str, str], list[Any]] = {}

    def given(self, name: str, reader: str, now: dict[str, Any]) -> Any:
        """What a node gives to the stateful node that reads it."""
        node = self.graph.nodes[name]
        if name in self.places:
            late = self.places[name] >= self.places[reader]
            return self.outputs.get(name, 0.0) if late else now[name]
        total = sum(
            self.given(source, reader, now) for source, target in self.graph.edges if target == name
        )
        if isinstance(node, nir.Delay):
            line = self.lines.setdefault((name, reader), [])
            line.append(np.broadcast_to(total, node.delay.shape).copy())
            steps = np.rint(node.delay / self.dt).astype(int)
            return np.array(
                [line[-1 - d][i] if d < len(line) else 0.0 for i, d in enumerate(steps)]
            )
        if isinstance(node, nir.Scale):
            return total * node.scale
        weight = np.asarray(node.weight)
        out = weight @ np.broadcast_to(total, weight.shape[1])
        return out + node.bias if isinstance(node, nir.Affine) else out

    def step(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """One step: what each node with a state gives."""
        now: dict[str, Any] = {}
        for name in sorted(self.places, key=self.places.__getitem__):
            node = self.graph.nodes[name]
            if isinstance(node, nir.Input):
                now[name] = np.asarray(inputs[name], float)
                continue
            current = sum(
                self.given(source, name, now)
                for source, target in self.graph.edges
                if target == name
            )
            now[name] = (
                current + np.zeros(node.output_type["output"])
                if isinstance(node, nir.Output)
                else self.neuron(name, node, current)
            )
        self.outputs = now
        return now

    def neuron(self, name: str, node: Any, current: Any) -> Any:
        """Euler's step of one node, and its reset."""
        if isinstance(node, nir.Threshold):
            return (current > node.threshold).astype(float)
        rest = getattr(node, "v_leak", getattr(node, "v_reset", 0.0 * node.r))
        state = self.states.setdefault(
            name, {"v": rest.copy(), "i": 0.0 * node.r, "z": 0.0 * node.r}
        )
        mode, late = self.resets.get(name, ("zero", False))
        v, fired = state["v"], state["z"] > 0
        if isinstance(node, nir.CubaLI | nir.CubaLIF):
            state["i"] = state["i"] + self.dt / node.tau_syn * (node.w_in * current - state["i"])
            current = state["i"]
        if isinstance(node, nir.I | nir.IF):
            v = v + self.dt * node.r * current
        else:
            tau = node.tau_mem if hasattr(node, "tau_mem") else node.tau
            v = v + self.dt / tau * (node.v_leak - v + node.r * current)
        if isinstance(node, nir.I | nir.LI | nir.CubaLI):
            state["v"] = v
            return v
        down = node.v_threshold - node.v_reset
        if late:
            v = np.where(fired, v - down if mode == "subtract" else node.v_reset, v)
        z = v > node.v_threshold
        if not late:
            v = np.where(z, v - down if mode == "subtract" else node.v_reset, v)
        state["v"], state["z"] = v, z.astype(float)
        return state["z"]


def interpret(
    graph: Any,
    places: dict[str, int],
    dt: float,
    resets: dict[str, tuple[str, bool]],
    inputs: dict[str, Any],
) -> dict[str, Any]:
    """What each node with a state gives, (steps, n)."""
    machine = Interpreter(graph, places, dt, resets)
    steps = len(next(iter(inputs.values())))
    rows = [
        machine.step({name: values[step] for name, values in inputs.items()})
        for step in range(steps)
    ]
    return {name: np.array([row[name] for row in rows]) for name in places}
