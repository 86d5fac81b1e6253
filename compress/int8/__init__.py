"""int8: ranges and scales decided once, in torch, for every target of convert."""
