"""Co-simulation: what a Verilog user sees, against the golden model.

A bench here reads a build folder (`top.v` and `manifest.json`) and nothing else of the design: it
never meets the generator. `python -m sim BUILD_FOLDER` builds the verilated simulator once and runs
the bench of the design's block, `sim.bench_<block>`, found by that name.
"""
