"""Campaigns that place and route whole networks."""
