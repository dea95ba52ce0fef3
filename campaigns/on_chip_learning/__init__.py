"""Networks that learn on the chip: `python -m campaigns.on_chip_learning`."""
