"""The parts of tools/train_series.py."""
