"""From examples to a student: tokens, teacher, teacher cache, training."""
