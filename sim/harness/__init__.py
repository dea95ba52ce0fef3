"""The harness of benches in Python: cocotb moves one word to the pins and one back, every clock."""
