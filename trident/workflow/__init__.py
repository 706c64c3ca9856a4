"""Notebooks as the stages of a workflow."""
