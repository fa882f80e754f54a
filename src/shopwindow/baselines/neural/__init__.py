"""Neural baselines: what the literature would try instead of ours, on the same data and with the same budget."""
