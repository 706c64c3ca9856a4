"""Four labs of 90 minutes on knowledge distillation, made from one source each. README.md explains the conventions.

A lab is a notebook ``source/labN.ipynb`` and a package ``labN`` with its checks, faults and pictures; the modules here
are what all labs share. This package imports ``trident``, never the reverse.
"""
