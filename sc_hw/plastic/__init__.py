"""Dense plastic layers.

A layer is a grid of lanes on a systolic bus (`chain`, `lane`), memories of traces at its edges
(`inputs`, `outputs`), neurons (`neurons`), and the control that gives their order (`sequencer`,
`step`, `bus`, `feed`, `host`, `control`). `timing` has all clocks.

Files here begin with Amaranth's linter option: a layer's parts are made to ask how long they take,
also where nothing is elaborated afterwards.
"""

from sc_hw.plastic.layer import PlasticLayer

__all__ = ["PlasticLayer"]
