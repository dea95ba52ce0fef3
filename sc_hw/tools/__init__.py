"""External tools: which of them are here, which versions, and how to call them."""
