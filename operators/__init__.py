"""One entry for each operator: how it moves channels, how it is quantised, how each target writes it."""
