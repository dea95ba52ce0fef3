"""The price model: designs measured, and the model fitted to them (`python -m campaigns.price`)."""
