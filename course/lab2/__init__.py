"""Lab 2, when a teacher helps: its images and models, experiments, checks, bug hunt and pictures."""
