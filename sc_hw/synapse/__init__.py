"""Single synapses and banks of them.

A lane keeps one synapse in registers and updates it in a clock. A bank keeps many in block RAM and
updates them one after the other, in the order that its sequencer gives.
"""
