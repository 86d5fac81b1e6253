"""The shipped students compared with the paper's U-Net: one interleaved run for README and docs/students.md."""
