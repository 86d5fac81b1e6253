"""Stage 4: how fast, how large and how faithful every artefact is, beside the paper's models."""
