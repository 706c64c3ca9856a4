"""Java as text and as programs.

assertions: find, classify and mask them. lexer: tokens and the canonical form. jdk: compile and run tests.
"""
