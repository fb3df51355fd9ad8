"""Benchmarks: how fast the model is, beside other tools, beside what is physically possible, and as it grows.

Run with `make bench`. Everything here compares things side by side in one run; nothing here is a test.
"""
