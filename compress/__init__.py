"""Stage 2: a trained network in, a smaller one with its history of steps out."""
