"""Co-simulation: what a Verilog user sees, against the golden model.

A bench here reads a build folder (`top.v` and `manifest.json`) and nothing else of the design: it
never imports the generator.

* `python -m sc_sim BUILD_FOLDER` runs the bench of the design's block, `sc_sim.benches.<block>`.
* `sc_sim.harness` runs benches in Python inside the simulator (cocotb).
* `sc_sim.driver` runs the compiled Verilog in this process, under one clock or several;
  `sc_sim.blocks` has the interfaces of the blocks on top of it, and `sc_sim.rtl` their names.

A new block is a file in `sim/benches` and one in `sim/blocks`, both found by the block's name.
"""
