"""Ablation of loss, optimizer and data: one small student, many settings."""
