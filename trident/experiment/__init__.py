"""What a run is given and where it keeps what: parameters, folders, finished files."""
