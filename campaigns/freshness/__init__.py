"""Which reports are older than the code that they speak of: `python -m campaigns.freshness`."""
