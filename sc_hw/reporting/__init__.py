"""Reports in HTML, Markdown and JSON from what the other stages left."""
