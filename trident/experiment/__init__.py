"""What a run is given and where it keeps its results.

``params`` is the schema of all parameters, with YAML files and checks; ``paths`` says which stage writes which folder;
``artifacts`` writes files atomically and keeps each stage's provenance.
"""
