"""Single synapses and banks of them.

A lane keeps one synapse in registers, a bank many of them in block RAM; a sequencer gives the order
of a bank's sweep.
"""
