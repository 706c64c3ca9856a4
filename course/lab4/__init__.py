"""Lab 4, is it better: splits, scores, intervals and tests of a comparison between two students."""
