"""Lab 3, losses that push and losses that do not."""
