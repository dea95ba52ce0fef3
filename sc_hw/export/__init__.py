"""A design's system for other people's tools: its register map in their languages, its files."""
