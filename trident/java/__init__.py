"""Java as text and as a program: assertions, tokens, the JDK."""
