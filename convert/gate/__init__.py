"""The acceptance gate: every file against the torch network before it is kept."""
