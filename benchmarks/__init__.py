"""Stage 4: how fast, how large and how faithful every made file is, beside the paper's models."""
