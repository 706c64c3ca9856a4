"""From a source of Java tests to examples in splits."""
