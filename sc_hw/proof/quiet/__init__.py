"""Proof that synapses which hardware may skip keep their state: on the text of the rule."""
