"""Stage 4: time, size and fidelity of every artefact, compared with the paper's models."""
