"""Single synapses and banks of them: a lane in registers, a bank in block RAM, and the order of a
sweep.
"""
