"""The sandbox: Java classes and tests generated from templates."""
