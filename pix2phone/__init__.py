"""What all stages share: pictures in and out, artefacts, errors, the console."""
