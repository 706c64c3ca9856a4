"""Lab 1, what a teacher knows: soft targets, temperature, KL divergence, T²."""
