"""Pruning: whole channels taken away until a budget is met."""
