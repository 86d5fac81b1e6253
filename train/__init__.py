"""Stage 1: pairs of photo and painted picture in, a trained network out."""
