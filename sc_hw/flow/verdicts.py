"""Words that prover, controls, certificates and reports share; importable without a solver."""

PROVED, REFUTED, UNKNOWN, VACUOUS = "proved", "refuted", "unknown", "vacuous"

# What a prover's process prints before the JSON of its claims.
VERDICT = "VERDICT "
