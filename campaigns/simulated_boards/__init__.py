"""Simulated boards that learn: their results are the golden model's, bit for bit."""
