"""Commands that are no stage of a build: new design files, NIR import, the demo, benchmarks."""
