"""Measures of one pair of texts, the parts of the Code Quality Score."""
