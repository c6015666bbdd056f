"""Ways to name a model, a file each; every one gives a Subject to the engine."""
