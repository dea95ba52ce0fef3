"""The stages of the flow. Each reads files or frozen objects and writes files; none reads another stage's memory."""
