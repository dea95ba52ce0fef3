"""Long runs that fill `reports/`: each is a command of its own, none is part of the product."""
