"""Code shared by all stages: pictures in and out, artefacts, errors, the console."""
