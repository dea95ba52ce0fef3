"""Benches of the doors: inside the simulator, models of buses that others wrote."""
