"""Compile the kernel and keep it: `python -m sim.compiled`.

Layer: sim.
"""

from sim.compiled.readiness import compile_now

if __name__ == "__main__":
    raise SystemExit(0 if compile_now() else 1)
