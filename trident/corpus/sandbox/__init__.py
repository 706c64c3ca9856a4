"""The sandbox: Java classes and tests generated from templates.

`expressions` evaluates the ``//# hole = expression`` lines of a template, `template` reads a template file and fills
its holes, `generate` makes the examples of a corpus. ``templates/README.md`` says how to add a template.
"""
